"""The place for gatherings that are kept in memory, so that somebody who comes late is matched at once."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations
from typing import Any

from services.intro.domain.capacity import places
from services.intro.domain.coming import Rsvp, person_of
from services.intro.domain.expiry import at_once, before_the_round
from services.intro.domain.gatherings import Gathering, round_to_come, rules, sits_at_a_table
from services.intro.domain.introductions import Introduction, occupying, takes_places
from services.intro.domain.learning import weights_for
from services.intro.domain.matching import Index
from services.intro.domain.people import Person, Rules
from services.intro.domain.proposals import Proposal, from_pair
from services.intro.store.inputs import Changes, seed_of

MOST_PEOPLE = 250_000
"""People kept in memory over all gatherings; the gathering that was not asked for longest goes first."""


@dataclass(slots=True)
class Held:
    """One gathering's index, and up to which change it knows everything."""

    index: Index
    rules: Rules
    basis: tuple[Any, ...] = ()
    stamp: int = -1
    people: dict[str, Person] = field(default_factory=dict)
    built_on: int = 0

    @property
    def has_outgrown(self) -> bool:
        """What is rare is learnt when it is built, so it is built anew whenever the gathering has doubled."""
        return len(self.people) > 2 * self.built_on + 16


class Indexes:
    """Indexes by gathering, the most recently used last."""

    def __init__(self, most_people: int = MOST_PEOPLE) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._most = most_people

    def known(self, gathering_id: str) -> tuple[int, tuple[Any, ...]]:
        """Up to which stamp, and built on what; (-1, ()) for what is not held."""
        held = self._held.get(gathering_id)
        return (held.stamp, held.basis) if held and not held.has_outgrown else (-1, ())

    def forget(self, gathering_id: str) -> None:
        """Builds it anew the next time."""
        self._held.pop(gathering_id, None)

    def brought_up_to(self, changes: Changes, now: datetime) -> Held:
        """The index after these changes; built anew when they do not start where it stands."""
        gathering = changes.gathering
        held = self._held.pop(gathering.id, None)
        if held is None or changes.everything:
            held = _built(changes, now)
        _apply(held, changes, now)
        held.stamp = gathering.stamp
        self._held[gathering.id] = held
        while len(self._held) > 1 and sum(len(h.people) for h in self._held.values()) > self._most:
            self._held.popitem(last=False)
        return held


def _built(changes: Changes, now: datetime) -> Held:
    gathering = changes.gathering
    chosen = rules(gathering, seed=seed_of(gathering.id), tips=changes.tips, hold_back=False)
    limited = round_to_come(gathering, now)
    coming = [_person(rsvp, chosen, changes, limited=limited) for rsvp in changes.rsvps if rsvp.may_be_introduced]
    people = {person.id: person for person in coming}
    return Held(Index(coming, rules=chosen), chosen, changes.basis, people=people, built_on=len(people))


def _apply(held: Held, changes: Changes, now: datetime) -> None:
    limited = round_to_come(changes.gathering, now)
    for rsvp in changes.rsvps:
        _learn(held, rsvp, changes, limited=limited)
    for a, b in changes.known:
        if a in held.people and b in held.people:
            held.index.forbid(a, b)
    for introduction in changes.introductions:
        _learn_introduction(held, introduction, now)


def _learn(held: Held, rsvp: Rsvp, changes: Changes, *, limited: bool) -> None:
    if not rsvp.may_be_introduced:
        held.people.pop(rsvp.attendee_id, None)
        held.index.remove(rsvp.attendee_id)
        return
    person = _person(rsvp, held.rules, changes, limited=limited)
    if held.people.get(person.id) != person:
        held.people[person.id] = person
        held.index.add(person)


def _person(rsvp: Rsvp, chosen: Rules, changes: Changes, *, limited: bool) -> Person:
    """While a round is to come, about half of everybody's places are kept for it; an only place always, where there
    are tables: a round seats whoever has nobody, soon if none is to come.
    """
    person = person_of(rsvp, weights=weights_for(rsvp.learnt, changes.everybodys))
    room = places(person, chosen)
    if room == 1 and sits_at_a_table(changes.gathering, person.pace):
        return replace(person, capacity=0)
    return replace(person, capacity=before_the_round(room, pace=person.pace)) if limited else person


def _learn_introduction(held: Held, introduction: Introduction, now: datetime) -> None:
    for a, b in combinations(sorted(seat.attendee_id for seat in introduction.seats), 2):
        held.index.release(a, b)
    if takes_places(introduction, now=now):
        for a, b in occupying(introduction):
            held.index.occupy(a, b)


def find_for_those_who_wait(held: Held, changes: Changes, now: datetime) -> list[Proposal]:
    """Suggestions for everybody on the list: a first one for each who has none, only then further ones."""
    had: Counter[str] = Counter(changes.occupied)
    waiting = [held.people[person_id] for person_id in changes.waiting if person_id in held.people]
    found: list[Proposal] = []
    for first in (True, False):
        for person in waiting:
            most = _most(changes.gathering, held, person, had, now)
            most = min(most, 1 - had[person.id]) if first else most
            for pair in held.index.suggest(person.id, most=max(0, most)):
                held.index.occupy(pair.a, pair.b)
                had.update((pair.a, pair.b))
                found.append(from_pair(pair))
    return found


def _most(gathering: Gathering, held: Held, person: Person, had: Counter[str], now: datetime) -> int:
    return at_once(gathering, pace=person.pace, has=had[person.id], places=places(person, held.rules), now=now)
