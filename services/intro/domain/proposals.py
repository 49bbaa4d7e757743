"""The place for a proposal: what matching found, before the store has agreed to it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import combinations
from typing import Any

from services.intro.domain.capacity import places
from services.intro.domain.coming import Rsvp, person_of
from services.intro.domain.expiry import expires_at
from services.intro.domain.gatherings import Gathering, rules
from services.intro.domain.introductions import Introduction, Seat, settled
from services.intro.domain.matching import Pair, Plan, Table
from shared.ids import AttendeeId, GatheringId, IntroductionId, RoundId

Couple = tuple[AttendeeId, AttendeeId]


@dataclass(frozen=True, slots=True)
class Proposal:
    """People to introduce to one another, with what is said to each."""

    people: tuple[AttendeeId, ...]
    score: int
    opener: str = ""
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    components: Mapping[str, Any] = field(default_factory=dict)

    @property
    def couples(self) -> list[Couple]:
        """Every two of them, the lower id first."""
        return list(combinations(sorted(self.people), 2))


def from_pair(pair: Pair) -> Proposal:
    return Proposal(
        people=(AttendeeId(pair.a), AttendeeId(pair.b)),
        score=pair.score,
        opener=pair.opener,
        reasons={pair.a: pair.reasons_for_a, pair.b: pair.reasons_for_b},
        components={name: list(met) for name, met in pair.components.items()},
    )


def from_table(table: Table) -> Proposal:
    people = tuple(AttendeeId(person) for person in table.people)
    return Proposal(people, table.score, table.opener, {i: tuple(said) for i, said in table.reasons.items()})


def from_plan(plan: Plan) -> list[Proposal]:
    """Everything a plan proposes, in one order whoever asks."""
    return sorted((*map(from_pair, plan.pairs), *map(from_table, plan.tables)), key=lambda p: sorted(p.people))


def room_of(gathering: Gathering, rsvp: Rsvp) -> int:
    """How many introductions somebody has place for at this gathering, taken ones included."""
    return places(person_of(rsvp), rules(gathering, seed=0, tips=(), hold_back=False))


def fits(proposal: Proposal, room: Mapping[AttendeeId, int]) -> bool:
    """Whether everybody is there, may be introduced, and has a place; `room` is of those who may."""
    return all(room.get(person, 0) > 0 for person in proposal.people)


def introduction(
    proposal: Proposal,
    *,
    id: str,  # noqa: A002 - the field's name
    gathering: Gathering,
    rsvps: Mapping[AttendeeId, Rsvp],
    tippers: Collection[AttendeeId],
    round_id: RoundId | None,
    now: datetime,
) -> Introduction:
    """The introduction that a proposal becomes: in `direct` mode only those are asked who must be asked first."""
    seats = tuple(
        Seat(
            person,
            asked=gathering.mode == "ask" or rsvps[person].asked_first,
            reasons=tuple(proposal.reasons.get(person, ())),
        )
        for person in proposal.people
    )
    return Introduction(
        id=IntroductionId(id),
        gathering_id=GatheringId(gathering.id),
        seats=seats,
        expires_at=expires_at(gathering, now),
        status=settled(seats),
        score=proposal.score,
        opener=proposal.opener,
        tip_by=_tipper(proposal.people, tippers),
        round_id=round_id,
        components=dict(proposal.components),
    )


def _tipper(people: Iterable[AttendeeId], tippers: Collection[AttendeeId]) -> AttendeeId | None:
    """Whose tip closes the mails: somebody else's, chosen by a hash so that each tip has its turn."""
    others = sorted(set(tippers) - set(people))
    if not others:
        return None
    turn = int.from_bytes(sha256("|".join(sorted(people)).encode()).digest()[:8], "big")
    return others[turn % len(others)]
