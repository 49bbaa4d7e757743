"""The place for computing a round from its inputs: what it comes to, and everything that is kept of it."""

from dataclasses import replace

from services.intro.domain.matching import run_round
from services.intro.domain.proposals import Proposal, from_plan
from services.intro.domain.rounds import Inputs, Round, certificate_of, everybody, packed, report_of


def computed(wanted: Round, inputs: Inputs) -> tuple[Round, list[Proposal]]:
    """The round as it is kept, and what it proposes. The same inputs give the same, bit for bit."""
    done = run_round(inputs.people, rules=inputs.rules, forbidden=inputs.forbidden, sent=inputs.sent)
    people = everybody(inputs)
    met = {
        person for person, has_somebody in zip(done.people.ids, done.people.met.tolist(), strict=True) if has_somebody
    }
    kept = replace(
        wanted,
        state="ran",
        seed=inputs.rules.seed,
        digest=inputs.digest,
        people=people,
        report=report_of(inputs, done.plan),
        certificate=certificate_of(inputs, done.plan, met=met),
        edges=packed(done.edges(), people),
    )
    return kept, from_plan(done.plan)
