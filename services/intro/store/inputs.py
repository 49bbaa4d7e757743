"""The place for what matching is given: everybody of a gathering at once, or what has changed since it last looked."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import combinations
from sys import intern
from typing import Any

import sqlalchemy as sa

from services.intro.domain.coming import Rsvp, person_of
from services.intro.domain.gatherings import Gathering, GatheringUnknown, round_to_come, rules
from services.intro.domain.introductions import occupying, takes_places
from services.intro.domain.learning import weights_for
from services.intro.domain.people import Person
from services.intro.domain.rounds import Inputs
from services.intro.store import SqlStore
from services.intro.store.coming import AT_ONCE, in_parts, read_rsvp, with_attendee
from services.intro.store.introductions import INTRODUCTION, read_introductions, taking_places
from services.intro.store.tables import introductions, pairs, rsvps, seats, waiting

Couple = tuple[str, str]
MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Changes:
    """What an index of a gathering has to learn: who takes part as they are now, who does not any more, and couples.

    `taken` are those who have a place of each other; `apart` are all others who may not be proposed to one another.
    `basis` says what the index was built on; a different one means building it anew, from `everything`.
    """

    gathering: Gathering
    everything: bool
    basis: tuple[Any, ...]
    tips: tuple[str, ...]
    people: Sequence[Person]
    gone: Sequence[str]
    apart: Collection[Couple]
    taken: Collection[Couple]
    waiting: Sequence[str]
    occupied: Counter[str]


def waits(store: SqlStore) -> list[str]:
    """Gatherings where somebody waits for suggestions, the longest wait first."""
    first = sa.func.min(waiting.c.since)
    rows = store.sql.execute(sa.select(waiting.c.gathering_id).group_by(waiting.c.gathering_id).order_by(first))
    return list(rows.scalars())


def changes_since(
    store: SqlStore, gathering_id: str, stamp: int, basis: tuple[Any, ...], now: datetime
) -> Changes | None:
    """What has changed in a gathering since its stamp was `stamp`; everything when it was built on something else."""
    gathering = store.coming.gathering(gathering_id)
    if gathering is None:
        return None
    tips = tuple(store.coming.tips(gathering_id).values())
    present = (gathering.version, tips, round_to_come(gathering, now))
    # a gathering that a replay brought back counts its changes anew
    since = stamp if basis == present and stamp <= gathering.stamp else -1
    people, gone = _people_since(store, gathering_id, since)
    proposed, taken = _couples_since(store.sql, gathering_id, since, now)
    known = _known_pairs(store.sql, gathering_id, None if since < 0 else [person.id for person in people])
    listed = _waiting_at(store.sql, gathering_id)
    return Changes(
        gathering=gathering,
        everything=since < 0,
        basis=present,
        tips=tips,
        people=people,
        gone=gone,
        apart=proposed.union(known) - taken,
        taken=taken,
        waiting=listed,
        occupied=store.introductions.occupied(gathering_id, listed, now=now),
    )


def inputs_of(store: SqlStore, gathering_id: str, *, seed: int, now: datetime) -> Inputs:
    """Everything a round of this gathering is computed from. Raises GatheringUnknown."""
    gathering = store.coming.gathering(gathering_id)
    if gathering is None:
        raise GatheringUnknown
    had = _introductions_elsewhere(store.sql, gathering_id)
    everybodys = store.learning.everybodys()
    people = tuple(
        person_of(rsvp, had=had[rsvp.attendee_id], weights=weights_for(rsvp.learnt, everybodys))
        for rsvp in _rsvps_since(store.sql, gathering_id, -1)
        if rsvp.may_be_introduced
    )
    going = {person.id for person in people}
    sent = _sent(store.sql, gathering_id, now)
    tips = tuple(store.coming.tips(gathering_id).values())
    still_open = gathering.closes_at is None or now < gathering.closes_at
    return Inputs(
        people=people,
        rules=rules(gathering, seed=seed, tips=tips, hold_back=still_open and round_to_come(gathering, now)),
        forbidden=frozenset(c for c in _known_pairs(store.sql, gathering_id, None) if going.issuperset(c)),
        sent=tuple(sorted(couple for couple in sent if going.issuperset(couple))),
    )


def seed_of(text: str) -> int:
    """A seed that depends on nothing but an id, so that a round can be replayed."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big")


def _rsvps_since(sql: sa.Connection, gathering_id: str, stamp: int) -> Iterator[Rsvp]:
    """One after another: what somebody told takes many times the memory of what matching needs of it."""
    rows = sql.execute(
        with_attendee().where(rsvps.c.gathering_id == gathering_id, rsvps.c.stamp > stamp).order_by(rsvps.c.attendee_id)
    )
    return map(read_rsvp, rows)


def _people_since(store: SqlStore, gathering_id: str, stamp: int) -> tuple[list[Person], list[str]]:
    everybodys = store.learning.everybodys()
    people: list[Person] = []
    gone: list[str] = []
    for rsvp in _rsvps_since(store.sql, gathering_id, stamp):
        if rsvp.may_be_introduced:
            people.append(person_of(rsvp, weights=weights_for(rsvp.learnt, everybodys)))
        else:
            gone.append(rsvp.attendee_id)
    return people, gone


def _couples_since(sql: sa.Connection, gathering_id: str, stamp: int, now: datetime) -> tuple[set[Couple], set[Couple]]:
    """Every two who were proposed to one another, and the couples that say whose places are taken."""
    rows = sql.execute(
        sa.select(*INTRODUCTION)
        .where(introductions.c.gathering_id == gathering_id, introductions.c.stamp > stamp)
        .order_by(introductions.c.id)
    )
    proposed: set[Couple] = set()
    taken: set[Couple] = set()
    for part in rows.partitions(AT_ONCE):
        for found in read_introductions(sql, part):
            proposed.update(map(_couple, combinations(sorted(seat.attendee_id for seat in found.seats), 2)))
            taken.update(map(_couple, occupying(found) if takes_places(found, now=now) else ()))
    return proposed, taken


def _couple(ids: Couple) -> Couple:
    """The ids that their people have: kept once, however many couples name them."""
    return intern(ids[0]), intern(ids[1])


def _known_pairs(sql: sa.Connection, gathering_id: str, people: Sequence[str] | None) -> list[Couple]:
    """Pairs among those who are going that were ever proposed; only those of `people` where they are given."""
    left, right = rsvps.alias("left_rsvp"), rsvps.alias("right_rsvp")
    both = (
        sa.select(pairs.c.a, pairs.c.b)
        .join(left, sa.and_(left.c.attendee_id == pairs.c.a, left.c.gathering_id == gathering_id))
        .join(right, sa.and_(right.c.attendee_id == pairs.c.b, right.c.gathering_id == gathering_id))
    )
    if people is None:
        return [_couple((row.a, row.b)) for row in sql.execute(both)]
    found: set[Couple] = set()
    for ids in in_parts(people):
        theirs = both.where(sa.or_(pairs.c.a.in_(ids), pairs.c.b.in_(ids)))
        found.update(_couple((row.a, row.b)) for row in sql.execute(theirs))
    return sorted(found)


def _sent(sql: sa.Connection, gathering_id: str, now: datetime) -> set[Couple]:
    rows = sql.execute(
        sa.select(*INTRODUCTION).where(introductions.c.gathering_id == gathering_id, taking_places(now))
    ).all()
    return {couple for found in read_introductions(sql, rows) for couple in occupying(found)}


def _introductions_elsewhere(sql: sa.Connection, gathering_id: str) -> Counter[str]:
    """How many introductions those who come here had made at other gatherings."""
    here = sa.select(rsvps.c.attendee_id).where(rsvps.c.gathering_id == gathering_id)
    rows = sql.execute(
        sa.select(seats.c.attendee_id, sa.func.count())
        .join(introductions, introductions.c.id == seats.c.introduction_id)
        .where(seats.c.gathering_id != gathering_id, introductions.c.status == "made", seats.c.attendee_id.in_(here))
        .group_by(seats.c.attendee_id)
    )
    return Counter({row[0]: row[1] for row in rows})


def _waiting_at(sql: sa.Connection, gathering_id: str) -> list[str]:
    rows = sql.execute(
        sa.select(waiting.c.attendee_id)
        .where(waiting.c.gathering_id == gathering_id)
        .order_by(waiting.c.since, waiting.c.attendee_id)
        .limit(MOST_AT_ONCE)
    )
    return list(rows.scalars())
