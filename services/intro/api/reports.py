"""The place for a round's report and proof in JSON."""

from collections.abc import Sequence
from typing import Any

from services.intro.api.words import listed_person
from services.intro.domain.matching import Verdict, check_certificate, plain_words
from services.intro.domain.proposals import Proposal
from services.intro.domain.rounds import Round, plan_again, unpacked
from services.intro.store.views import RoundShown

NUMBERS = (
    "people",
    "introduced",
    "suggested",
    "newcomers",
    "newcomers_welcomed",
    "newcomers_who_could_be",
    "introductions",
    "scores",
)


def report(shown: RoundShown) -> dict[str, Any]:
    """The numbers, who was left out and why, and in one sentence how much better any round could be."""
    kept, said = shown.round, shown.round.report
    return {
        "id": kept.id or None,
        "gathering_id": kept.gathering_id,
        "state": kept.state,
        "cause": kept.cause,
        "asked_at": kept.asked_at,
        "ran_at": kept.ran_at,
        "seed": kept.seed,
        "digest": kept.digest,
        **{name: said.get(name) for name in NUMBERS},
        "left_out": [
            {**_person(shown, number), "code": code, "reason": sentence}
            for number, code, sentence in said.get("left_out", [])
        ],
        "certificate": _in_words(kept),
    }


def tried_out(shown: RoundShown, proposals: Sequence[Proposal]) -> dict[str, Any]:
    """The report of a round that was not kept, with whom it would have introduced."""
    would = [
        {
            "people": [listed_person(shown.rsvps.get(person)).model_dump() for person in proposal.people],
            "score": proposal.score,
            "reasons": list(dict.fromkeys(text for said in proposal.reasons.values() for text in said)),
            "opener": proposal.opener,
        }
        for proposal in proposals
    ]
    return {**report(shown), "state": "dry_run", "introductions_it_would_make": would}


def checked(kept: Round) -> Verdict:
    """What one pass over the kept candidates finds, without the solver."""
    met = {kept.people[n] for n in kept.certificate.get("met", [])}
    return check_certificate(plan_again(kept), unpacked(kept.edges, kept.people), met=met)


def certificate(kept: Round, *, with_edges: bool) -> dict[str, Any]:
    """Everything that the check needs, by the people's numbers, and the check's own verdict."""
    number: dict[str, int] = {person: n for n, person in enumerate(kept.people)}
    edges = unpacked(kept.edges, kept.people) if with_edges else []
    verdict = checked(kept)
    return {
        "round": kept.id,
        "people": list(kept.people),
        **kept.certificate,
        "pairs": kept.report.get("pairs", []),
        **({"edges": [[number[a], number[b], score] for a, b, score in edges]} if with_edges else {}),
        "verdict": {
            "sound": verdict.sound,
            "problems": list(verdict.problems),
            "weight": verdict.weight,
            "bound": verdict.bound,
            "sentence": verdict.sentence,
        },
    }


def _in_words(kept: Round) -> dict[str, Any]:
    weight, bound = kept.report.get("weight", 0), kept.report.get("bound", 0.0)
    return {
        "weight": weight,
        "bound": bound,
        "solved_by": kept.report.get("solved_by", ""),
        "exact": kept.report.get("exact", False),
        "sentence": plain_words(weight, bound),
    }


def _person(shown: RoundShown, number: int) -> dict[str, Any]:
    return listed_person(shown.rsvps.get(shown.round.people[number])).model_dump()
