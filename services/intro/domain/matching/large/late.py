"""The place for one late person among very many: who stands near them in the buckets, and what each is worth.

Those who were there when the index was built are in buckets. Who came later is in short lists of their own, one a
bucket, the newest first.
"""

from typing import NamedTuple

import numpy as np

from services.intro.domain.matching.large.buckets import (
    Buckets,
    Scratch,
    add_unseen,
    buckets_for,
    place_in,
    scratch_for,
)
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.keys import Windows, keys_of, windows
from services.intro.domain.matching.large.packed import AT_RARITY, Ints, Longs, Packed, records, table_of
from services.intro.domain.matching.large.scorer import mark, score_all, unmark
from services.intro.domain.scoring.facts import Facts

_WINDOWS = windows(
    interest=(5, 5), two=(4, 4), both_help=(8, 8), help=(5, 5), help_and=(4, 4), helped=(5, 5), helped_and=(4, 4),
    sides=(4, 4), welcomes=(8, 8), path_and=(2, 2),
)  # fmt: skip
_NEARBY = 12
_NEWEST = 8
_SPARE = 4096


class Later(NamedTuple):
    """Linked lists by bucket: `head[key]` is the newest entry, `person[entry]` who, `after[entry]` the one before."""

    head: Ints
    person: Ints
    after: Ints
    used: Ints


class Late:
    """People in the order of places, ready for the next one. Rows are those of `facts`."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._built = len(facts)
        people, said = records(facts, np.arange(self._built))
        nobody = np.zeros(1, dtype=np.int64)
        self._packed = Packed(people, said, table_of(facts), nobody, np.zeros(0, dtype=np.int32))
        self._buckets = buckets_for(self._packed, _WINDOWS)
        nothing = (np.zeros(size, dtype=np.int32) for size in (_SPARE, _SPARE, 1))
        self._later = Later(np.full(self._buckets.mask + 1, -1, dtype=np.int32), *nothing)
        self._said, self._terms, self._turn = len(said), len(facts.terms.rarity), 0
        self._places = _where(facts, np.arange(self._built))
        self._make_room(len(said), _SPARE)

    def put(self, row: int) -> None:
        """Somebody new in this row of the facts, or who changed what they said."""
        if row >= len(self._packed.people):
            self._make_room(0, row)
        self._learn_terms()
        people, said = records(self._facts, np.array([row]))
        if self._said + len(said) > len(self._packed.said):
            self._make_room(len(self._packed.said), 0)
        self._packed.said[self._said : self._said + len(said)] = said
        people["said"] = self._said
        self._packed.people[row] = people[0]
        self._said += len(said)
        while not _list_later(self._packed, self._later, _WINDOWS, self._buckets.mask, self._scratch, row):
            more = np.zeros(len(self._later.person), dtype=np.int32)
            person, after = (np.concatenate([old, more]) for old in (self._later.person, self._later.after))
            self._later = self._later._replace(person=person, after=after)

    def scored(self, row: int, free: Ints, apart: Ints) -> tuple[Ints, Ints]:
        """Rows worth a look for the person in `row` who have a place and are not `apart`, and their scores."""
        self._turn += 1
        here = int(np.searchsorted(self._places, _where(self._facts, np.array([row]))[0]))
        looked = self._packed, self._buckets, self._later, _WINDOWS, self._scratch
        many = _look(*looked, free, apart, row, here, self._turn)
        return self._scratch.others[:many].copy(), self._scratch.scores[:many].copy()

    def _learn_terms(self) -> None:
        """Terms that nobody had said before, with their rarities."""
        rarity, known = self._facts.terms.rarity, self._terms
        if AT_RARITY + len(self._facts.rarity) != len(self._packed.table):
            self._packed = self._packed._replace(table=table_of(self._facts))
            self._scratch = scratch_for(self._packed)
            self._turn = 0
        elif known < len(rarity):
            self._packed.table[AT_RARITY + known : AT_RARITY + len(rarity)] = rarity[known:]
        self._terms = len(rarity)

    def _make_room(self, said: int, people: int) -> None:
        packed = self._packed
        self._packed = packed._replace(
            people=np.concatenate([packed.people, np.zeros(people, packed.people.dtype)]),
            said=np.concatenate([packed.said, np.zeros(said, np.int32)]),
        )
        self._scratch, self._turn = scratch_for(self._packed), 0


def _where(facts: Facts, rows: Longs) -> Longs:
    """One number a place, in the order of places."""
    country, region, city = (facts.place[rows].astype(np.int64) + 1).T
    return np.asarray((country << 42) + (region << 21) + city)


@compiled
def _list_later(packed: Packed, later: Later, windows: Windows, mask: int, scratch: Scratch, u: int) -> bool:
    """Lists `u` in the buckets of what they say, unless there is no room for that."""
    many = keys_of(packed, u, False, windows, mask, scratch.keys, scratch.kinds)
    at = later.used[0]
    if at + many > len(later.person):
        return False
    for i in range(many):
        key = scratch.keys[i]
        later.person[at], later.after[at] = u, later.head[key]
        later.head[key] = at
        at += 1
    later.used[0] = at
    return True


@compiled
def _look(
    packed: Packed, buckets: Buckets, later: Later, windows: Windows, scratch: Scratch, free: Ints, apart: Ints,
    u: int, here: int, turn: int,
) -> int:  # fmt: skip
    """Collects and scores who could be worth it; `turn` instead of `u` says who was seen this time."""
    scratch.seen[u] = turn
    for v in apart:
        scratch.seen[v] = turn
    many = 0
    for i in range(keys_of(packed, u, True, windows, buckets.mask, scratch.keys, scratch.kinds)):
        key, kind = scratch.keys[i], scratch.kinds[i]
        low, high = buckets.start[key], buckets.start[key + 1]
        middle = place_in(buckets.listed, low, high, here)
        for at in range(max(low, middle - windows[kind, 0]), min(high, middle + windows[kind, 1] + 1)):
            if free[buckets.listed[at]] > 0:
                many = add_unseen(scratch, turn, buckets.listed[at], many)
        entry, steps = later.head[key], 0
        while entry >= 0 and steps < _NEWEST:
            if free[later.person[entry]] > 0:
                many = add_unseen(scratch, turn, later.person[entry], many)
            entry, steps = later.after[entry], steps + 1
    for v in range(max(0, here - _NEARBY), min(len(free), here + _NEARBY)):
        if free[v] > 0:
            many = add_unseen(scratch, turn, v, many)
    mark(packed, scratch.marks, u)
    score_all(packed, scratch.marks, u, scratch.others, many, scratch.scores)
    unmark(packed, scratch.marks, u)
    return many
