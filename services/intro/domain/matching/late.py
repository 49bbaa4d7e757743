"""The place for one late person among very many: who stands near them in the lists of what people say.

A list is of those who said the same: an interest, two interests, what one asks and another offers, and so on. All
lists are one sorted array of list and row, and rows are in the order of places: near in a list is near in the
world. Who came after it was made is in linked lists, the newest first. Nothing here is compiled: to load what
compiles takes more memory than the people do.
"""

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.scoring.facts import Facts, Ints, Longs
from services.intro.domain.scoring.scales import SIDES, STAGES

_INTERESTS, _OFFERED, _ASKED, _SIDE, _WELCOME, _PATH = range(10), range(10, 13), range(13, 16), (16,), (17,), (18,)
_LISTS = (
    (5, zip(_INTERESTS, _INTERESTS, strict=True)),
    (4, combinations(_INTERESTS, 2)),
    (5, zip(_OFFERED, _OFFERED, strict=True)),
    (4, product(_OFFERED, _INTERESTS)),
    (5, zip(_ASKED, _ASKED, strict=True)),
    (4, product(_ASKED, _INTERESTS)),
    (8, product(_OFFERED, _ASKED)),
    (4, product(_SIDE, _INTERESTS)),
    (8, product(_WELCOME, _INTERESTS)),
    (2, product(_PATH, _INTERESTS)),
)
"""How many are looked at on either side of one's own place, and the two things that were said (or one, twice)."""
_LEFT, _RIGHT, _KIND, _READ = np.array(
    [(left, right, kind, read) for kind, (read, said) in enumerate(_LISTS) for left, right in said]
).T
_MOST_READ = int(_READ.max())
_AROUND = np.arange(-_MOST_READ, _MOST_READ + 1)
_AHEAD = np.array([{"student": 4, "new": 4, "changing_career": 3}.get(stage or "", -1) for stage in STAGES])
"""The stage that knows the path of somebody at each stage best, of which `STAGES` is the order."""
_NEARBY, _NEWEST, _MOST = 8, 4, 120
_ROW_BITS = 24
_ROWS = (1 << _ROW_BITS) - 1
_PART = 2000
"""People whose lists are worked out in one go."""


class Late:
    """People in the order of places, ready for the next one. Rows are those of `facts`."""

    def __init__(self, facts: Facts) -> None:
        self._facts, self._many = facts, len(facts)
        self._places = _where(facts, np.arange(self._many))
        self._listed = _sorted(facts)
        self._newest_in = np.full(_power_of_two(8 * self._many), -1, dtype=np.int32)
        self._entries = np.empty((2, len(self._newest_in)), dtype=np.int32)
        self._used = 0

    def put(self, row: int) -> None:
        """Somebody new in this row of the facts, or who changed what they said."""
        found, _, _ = _lists_of(self._facts, np.array([row]), looking=False)
        lists = found & (len(self._newest_in) - 1)
        to = self._used + len(lists)
        if to > self._entries.shape[1]:
            self._entries = np.concatenate([self._entries, np.empty_like(self._entries)], axis=1)
        self._entries[0, self._used : to], self._entries[1, self._used : to] = row, self._newest_in[lists]
        self._newest_in[lists] = np.arange(self._used, to)
        self._used = to

    def near(self, row: int, free: Ints) -> NDArray[np.integer]:
        """Rows worth a look for the person in `row`: who has a place, and is near in a list of both or lives near."""
        lists, _, read = _lists_of(self._facts, np.array([row]), looking=True)
        here = int(np.searchsorted(self._places, _where(self._facts, np.array([row])))[0])
        in_order = np.argsort(lists)  # a search that begins where the last one ended looks at less memory
        lists, read = lists[in_order], read[in_order]
        at = np.searchsorted(self._listed, lists << _ROW_BITS | here)
        found = self._listed[at[:, None] + _AROUND]
        same = (found >> _ROW_BITS == lists[:, None]) & (np.abs(_AROUND) <= read[:, None])
        around = np.arange(max(0, here - _NEARBY), min(self._many, here + _NEARBY))
        rows = np.concatenate([found[same] & _ROWS, around, *self._newest(lists)])
        return _most_often(rows[free[rows] > 0])

    def _newest(self, lists: Longs) -> Iterator[Ints]:
        person, before = self._entries
        entry = self._newest_in[lists & (len(self._newest_in) - 1)]
        for _ in range(_NEWEST):
            entry = entry[entry >= 0]
            yield person[entry]
            entry = before[entry]


def _most_often(rows: Longs) -> Longs:
    """Each once; of very many those that stand in most lists."""
    rows.sort()
    last = np.flatnonzero(np.diff(rows, append=-1))
    if len(last) > _MOST:
        times = np.diff(last, prepend=-1)
        last = last[np.argpartition(-times, _MOST)[:_MOST]]
    return rows[last]


def _sorted(facts: Facts) -> Longs:
    """List and row of everybody, with what is no list at both ends, so that reading never goes beyond."""
    parts = [np.full(_MOST_READ, -1), np.full(_MOST_READ + 1, np.iinfo(np.int64).max)]
    for first in range(0, len(facts), _PART):
        rows = np.arange(first, min(len(facts), first + _PART))
        lists, whose, _ = _lists_of(facts, rows, looking=False)
        parts.append(lists << _ROW_BITS | rows[whose])
    listed = np.concatenate(parts)
    listed.sort()
    return listed


def _lists_of(facts: Facts, rows: Longs, *, looking: bool) -> tuple[Longs, Longs, Longs]:
    """The lists that these people are in or, `looking`, read: whose each is, and how many are read on either side."""
    said = np.full((len(rows), _PATH[0] + 1), -1, dtype=np.int64)
    asked, offered = facts.asks[rows, : len(_ASKED)], facts.offers[rows, : len(_OFFERED)]
    interests = facts.interests[rows, : len(_INTERESTS)]
    side, stage = facts.side[rows], facts.standing[rows] // len(SIDES)
    said[:, : interests.shape[1]] = interests
    said[:, _OFFERED], said[:, _ASKED] = (asked, offered) if looking else (offered, asked)
    said[:, _SIDE[0]] = np.where(side > 0, len(SIDES) - side if looking else side, -1)
    said[:, _WELCOME[0]] = np.where(facts.newcomer[rows] if looking else facts.welcomer[rows], 0, -1)
    said[:, _PATH[0]] = _AHEAD[stage] if looking else stage
    left, right = said[:, _LEFT], said[:, _RIGHT]
    there = np.flatnonzero((left >= 0) & (right >= 0))
    whose, which = np.divmod(there, len(_KIND))
    return _number(_KIND[which], left.ravel()[there], right.ravel()[there]), whose, _READ[which]


def _number(kind: Longs, left: Longs, right: Longs) -> Longs:
    """One number a list, mixed so well that two lists hardly ever get the same."""
    mixed = (kind + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed += left.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9) + right.astype(np.uint64) * np.uint64(
        0x94D049BB133111EB
    )
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(_ROW_BITS + 1)).astype(np.int64)


def _where(facts: Facts, rows: Longs) -> Longs:
    """One number a place, in the order of places."""
    country, region, city = (facts.place[rows].astype(np.int64) + 1).T
    return np.asarray((country << 42) + (region << 21) + city)


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()
