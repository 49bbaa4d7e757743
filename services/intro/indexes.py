"""The place for gatherings that are kept in memory, so that somebody who comes late is matched at once."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.intro.domain.capacity import places
from services.intro.domain.expiry import at_once, before_the_round
from services.intro.domain.gatherings import Gathering, round_to_come, rules, sits_at_a_table
from services.intro.domain.matching import Index
from services.intro.domain.people import Person, Rules
from services.intro.domain.proposals import Proposal, from_pair
from services.intro.store.inputs import Changes, seed_of

MOST_PEOPLE = 250_000
"""People kept in memory over all gatherings; the gathering that was not asked for longest goes first."""
_ITSELF = 8
"""As many people take what an index of nobody takes."""


@dataclass(slots=True)
class Held:
    """One gathering's index, and up to which change it knows everything."""

    index: Index
    rules: Rules
    basis: tuple[Any, ...] = ()
    stamp: int = -1
    built_on: int = 0

    @property
    def has_outgrown(self) -> bool:
        """What is rare is learnt when it is built, so it is built anew whenever the gathering has doubled."""
        return len(self.index) > 2 * self.built_on + 16

    @property
    def size(self) -> int:
        """In people, and what an index takes that has hardly any."""
        return len(self.index) + _ITSELF


class Indexes:
    """Indexes by gathering, the most recently used last."""

    def __init__(self, most_people: int = MOST_PEOPLE) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._most, self._size = most_people, 0

    def known(self, gathering_id: str) -> tuple[int, tuple[Any, ...]]:
        """Up to which stamp, and built on what; (-1, ()) for what is not held."""
        held = self._held.get(gathering_id)
        return (held.stamp, held.basis) if held else (-1, ())

    def forget(self, gathering_id: str) -> None:
        """Builds it anew the next time."""
        self._take_out(gathering_id)

    def brought_up_to(self, changes: Changes, now: datetime) -> Held:
        """The index after these changes; built anew when they do not start where it stands."""
        gathering = changes.gathering
        held = self._take_out(gathering.id)
        if held is None or changes.everything:
            held = _built(changes, now)
        _apply(held, changes, now)
        if held.has_outgrown:
            held.index, held.built_on = held.index.anew(), len(held.index)
        held.stamp = gathering.stamp
        self._held[gathering.id] = held
        self._size += held.size
        while len(self._held) > 1 and self._size > self._most:
            self._take_out(next(iter(self._held)))
        return held

    def _take_out(self, gathering_id: str) -> Held | None:
        held = self._held.pop(gathering_id, None)
        self._size -= held.size if held else 0
        return held


def _built(changes: Changes, now: datetime) -> Held:
    gathering = changes.gathering
    chosen = rules(gathering, seed=seed_of(gathering.id), tips=changes.tips, hold_back=False)
    limited = round_to_come(gathering, now)
    index = Index((_with_places(person, chosen, gathering, limited=limited) for person in changes.people), rules=chosen)
    return Held(index, chosen, changes.basis, built_on=len(index))


def _apply(held: Held, changes: Changes, now: datetime) -> None:
    limited = round_to_come(changes.gathering, now)
    for gone in changes.gone:
        held.index.remove(gone)
    for person in changes.people:
        held.index.learn(_with_places(person, held.rules, changes.gathering, limited=limited))
    for couple in changes.apart:
        held.index.release(*couple)
    for couple in changes.taken:
        held.index.occupy(*couple)


def _with_places(person: Person, chosen: Rules, gathering: Gathering, *, limited: bool) -> Person:
    """While a round is to come, about half of everybody's places are kept for it; an only place always, where there
    are tables: a round seats whoever has nobody, soon if none is to come.
    """
    room = places(person, chosen)
    if room == 1 and sits_at_a_table(gathering, person.pace):
        return replace(person, capacity=0)
    return replace(person, capacity=before_the_round(room, pace=person.pace)) if limited else person


def find_for_those_who_wait(held: Held, changes: Changes, now: datetime) -> list[Proposal]:
    """Suggestions for everybody on the list: a first one for each who has none, only then further ones."""
    had: Counter[str] = Counter(changes.occupied)
    waiting = [person for person in map(held.index.person, changes.waiting) if person]
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
