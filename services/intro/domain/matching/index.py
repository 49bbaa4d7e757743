"""The place for late RSVPs: who is there already, kept in memory by the gathering's owner.

What was sent is never changed: a late person is offered only places that are free, those held back for late
people among them. The owner calls `occupy` for every suggestion it stores. An index is rebuilt from the same
arguments, and can be pickled.
"""

from collections import Counter
from collections.abc import Iterable
from sys import intern

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.capacity import places
from services.intro.domain.matching.explain import explained_pair
from services.intro.domain.matching.late import Late
from services.intro.domain.matching.plan import Pair
from services.intro.domain.matching.taking_part import Couple, in_order_of_chance
from services.intro.domain.people import Person, Rules
from services.intro.domain.scoring.facts import Facts, by_place, encode, permuted
from services.intro.domain.scoring.growing import put, widen
from services.intro.domain.scoring.score import NEVER, against

_ALL_UP_TO = 1500
"""So many people are all scored; among more, those worth it are looked up."""
_SPARE = 4096
_WELCOME = 1 << 17
"""A newcomer's welcomer comes before any score."""


class Index:
    """The people of one gathering, ready for the next one."""

    def __init__(
        self,
        people: Iterable[Person] = (),
        *,
        rules: Rules,
        forbidden: Iterable[Couple] = (),
        sent: Iterable[Couple] = (),
    ) -> None:
        self.rules = rules
        coming = in_order_of_chance(people, rules)
        self._people = {person.id: person for person in coming}
        self._had = Counter(person.had for person in coming)
        self._facts: Facts = encode(coming, rules)
        self._rank = np.arange(len(coming))
        self._late = self._very_many() if len(coming) > _ALL_UP_TO else None
        self._free = np.zeros(len(self._facts.pace), dtype=np.int32)
        self._free[: len(coming)] = [places(self._people[person_id], rules) for person_id in self._facts.ids]
        self._apart: dict[str, set[str]] = {}
        self._sent: dict[str, tuple[str, ...]] = {}  # a set for each of ten thousand people takes three times as much
        for couple in forbidden:
            self.forbid(*couple)
        for couple in sent:
            self.occupy(*couple)

    def anew(self) -> "Index":
        """The same people with the same introductions; what is rare among them is learnt from all who are here now."""
        index = Index(self._people.values(), rules=self.rules)
        index._apart, index._sent = self._apart, self._sent
        for person_id in self._sent:
            index._give_back(person_id)
        return index

    def __len__(self) -> int:
        return len(self._people)

    def __contains__(self, person_id: object) -> bool:
        return person_id in self._people

    def person(self, person_id: str) -> Person | None:
        """Who is here under this id."""
        return self._people.get(person_id)

    def learn(self, person: Person) -> None:
        """Adds somebody, unless everything about them is known already."""
        if self._people.get(person.id) != person:
            self.add(person)

    def add(self, person: Person) -> None:
        """Somebody is coming, or changed what they told us. Who does not take part is removed."""
        if not person.takes_part:
            self.remove(person.id)
            return
        row = put(self._facts, person, self.rules, min(self._had, default=0))
        if row >= len(self._free):
            self._free = np.concatenate([self._free, np.zeros(max(16, row), dtype=np.int32)])
        self._forget(person.id)
        self._people[person.id] = person
        self._had[person.had] += 1
        self._free[row] = max(0, places(person, self.rules) - len(self._sent.get(person.id, ())))
        if self._late is not None:
            self._late.put(row)

    def remove(self, person_id: str) -> tuple[str, ...]:
        """Somebody is not coming. Returns who had an introduction with them: their place is free again."""
        self._forget(person_id)
        row = self._facts.row_of.get(person_id)
        if row is not None:
            self._free[row] = 0
        partners = tuple(sorted(self._sent.pop(person_id, ())))
        for partner in partners:
            self._part(partner, person_id)
        return partners

    def forbid(self, a: str, b: str) -> None:
        """These two must not be introduced (blocked, passed, acquainted, introduced before)."""
        self._apart.setdefault(a, set()).add(b)
        self._apart.setdefault(b, set()).add(a)

    def occupy(self, a: str, b: str) -> None:
        """A suggestion went out: it takes one place of each."""
        if b in self._sent.get(a, ()):
            return
        for one, other in ((a, b), (b, a)):
            self._sent[intern(one)] = (*self._sent.get(one, ()), intern(other))
            row = self._facts.row_of.get(one)
            if row is not None and one in self._people:
                self._free[row] = max(0, self._free[row] - 1)

    def release(self, a: str, b: str) -> None:
        """A suggestion was passed, expired or withdrawn: its places are free, the two are not paired again."""
        if b in self._sent.get(a, ()):
            self._part(a, b)
            self._part(b, a)
        self.forbid(a, b)

    def suggest(self, person: Person | str, *, most: int | None = None) -> tuple[Pair, ...]:
        """The best introductions for one person now (added if new), at most `most`, the best first.

        Empty when nobody they may meet has a place, or they have none left themselves.
        """
        if isinstance(person, Person):
            self.add(person)
            person = person.id
        me = self._people.get(person)
        if me is None:
            return ()
        row = self._facts.row_of[person]
        wanted = min(int(self._free[row]), len(self._people) if most is None else most)
        found = self._best(row, wanted)
        ids = self._facts.ids
        pairs = (Pair(a=person, b=ids[other], score=score) for other, score in found)
        if not self.rules.explain:
            return tuple(pairs)
        return tuple(explained_pair(p, me, self._people[p.b], self._facts, self.rules) for p in pairs)

    def _best(self, row: int, wanted: int) -> list[tuple[int, int]]:
        if wanted <= 0:
            return []
        others, scores = self._scored(row)
        allowed = scores > NEVER
        others, worth = others[allowed], scores[allowed].astype(np.int64)
        welcomers = self._facts.welcomer[others]
        if self._facts.newcomer[row] and welcomers.any() and not self._welcomed(row):
            worth[np.argmax(np.where(welcomers, worth, NEVER))] += _WELCOME
        order = np.lexsort((self._chance(others), -worth))[:wanted]
        best = [(int(others[i]), int(worth[i]) % _WELCOME) for i in order]
        worth_it = [found for found in best if found[1] > 0]
        return worth_it or best[: 0 if self._sent.get(self._facts.ids[row]) else 1]

    def _scored(self, row: int) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Who has a place and is not kept apart from the one in `row`, and their scores."""
        person = self._facts.ids[row]
        never = self._apart.get(person, set()).union(self._sent.get(person, ()))
        apart = [row, *(at for other in never if (at := self._facts.row_of.get(other)) is not None)]
        if self._late is not None:
            near = self._late.near(row, self._free)
            others = near[(near[:, None] != np.array(apart)).all(axis=1)]
            scores = against(self._facts, row, others).scores
            if (scores > NEVER).any():
                return others, scores
        free = np.nonzero(self._free)[0]
        others = free[~np.isin(free, apart)][: _ALL_UP_TO if self._late else None]
        return others, against(self._facts, row, others).scores

    def _chance(self, rows: NDArray[np.integer]) -> NDArray[np.integer]:
        """What settles ties: the order of chance, and those who came later after it."""
        chance = np.asarray(rows).copy()
        there = chance < len(self._rank)
        chance[there] = self._rank[chance[there]]
        return chance

    def _very_many(self) -> Late:
        """The facts in the order of places, with room for more, and what looks into them."""
        self._rank = by_place(self._facts)
        self._facts = permuted(self._facts, self._rank)
        late = Late(self._facts)
        widen(self._facts, _SPARE)
        return late

    def _welcomed(self, row: int) -> bool:
        partners = self._sent.get(self._facts.ids[row], ())
        return any(self._facts.welcomer[self._facts.row_of[p]] for p in partners if p in self._facts.row_of)

    def _forget(self, person_id: str) -> None:
        person = self._people.pop(person_id, None)
        if person is not None:
            self._had[person.had] -= 1
            if not self._had[person.had]:
                del self._had[person.had]

    def _part(self, one: str, other: str) -> None:
        self._sent[one] = tuple(partner for partner in self._sent[one] if partner != other)
        self._give_back(one)

    def _give_back(self, person_id: str) -> None:
        person = self._people.get(person_id)
        if person is not None:
            most = max(0, places(person, self.rules) - len(self._sent.get(person_id, ())))
            self._free[self._facts.row_of[person_id]] = most
