"""The place for finding, among very many people, the few worth scoring for one: by what both could have said.

Everybody is listed under keys (an interest, two interests, an ask, an offer, a place, an interest of a
welcomer); a newcomer to the list asks under the matching keys and reads a short stretch of each. Long lists are
in the order of places, so that the stretch around one's own place holds neighbours.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.scoring.facts import Facts

Keys = NDArray[np.uint64]
_MIX = np.uint64(0x9E3779B97F4A7C15)
_STRETCH = 12
_MOST_PAIRS = 10
_INTEREST, _TWO, _ASK, _OFFER, _CITY, _REGION, _WELCOMER, _SIDE = range(1, 9)


class Lookup:
    """Who is listed under which key. People who come later are in short lists of their own."""

    def __init__(self, facts: Facts) -> None:
        count = len(facts)
        where = _where(facts.place[:count])
        self._places = np.sort(where)
        listed = [(keys, np.repeat(rows, keys.shape[1])) for rows, keys in _said(facts, np.arange(count))]
        keys = np.concatenate([keys.ravel() for keys, _ in listed])
        rows = np.concatenate([rows for _, rows in listed])
        keep = keys != 0
        keys, rows = keys[keep], rows[keep]
        by_key = np.lexsort((where[rows], keys))
        self._keys, self._rows = keys[by_key], rows[by_key].astype(np.int32)
        self._late: dict[int, list[int]] = {}

    def add(self, facts: Facts, at: int) -> None:
        for _, keys in _said(facts, np.array([at])):
            for key in keys[keys != 0].tolist():
                self._late.setdefault(key, []).append(at)

    def near(self, facts: Facts, at: int) -> NDArray[np.int64]:
        """Rows worth scoring for the person in row `at`, each once."""
        keys = np.concatenate([keys.ravel() for keys in _wanted(facts, at)])
        keys = keys[keys != 0]
        start = np.searchsorted(self._keys, keys, side="left")
        end = np.searchsorted(self._keys, keys, side="right")
        middle = self._around(facts, at, start, end)
        low = np.maximum(start, middle - _STRETCH)
        long = np.minimum(end, low + 2 * _STRETCH) - low
        first = np.repeat(low - np.concatenate([[0], np.cumsum(long)[:-1]]), long)
        found = self._rows[first + np.arange(int(long.sum()))]
        late = [row for key in keys.tolist() for row in self._late.get(key, ())[-_STRETCH:]]
        return np.unique(np.concatenate([found.astype(np.int64), np.array(late, dtype=np.int64)]))

    def _around(self, facts: Facts, at: int, start: NDArray[np.intp], end: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where in each list one's own place would be: the same share of the way as among all."""
        mine = _where(facts.place[at : at + 1])[0]
        share = (np.searchsorted(self._places, mine, "left") + np.searchsorted(self._places, mine, "right")) / 2
        return np.asarray(start + (share / max(1, len(self._places)) * (end - start)).astype(np.int64))


def _where(place: NDArray[np.int32]) -> NDArray[np.int64]:
    """One number a place, near places near each other."""
    country, region, city = (place.astype(np.int64) + 1).T
    return np.asarray((country << 42) + (region << 21) + city)


def _said(facts: Facts, rows: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], Keys]]:
    """For each of `rows` the keys they are listed under; 0 for none."""
    interests = facts.interests[rows]
    region = facts.place[rows, 1:2]
    yield rows, _keys(_INTEREST, interests)
    yield rows, _two(facts, interests)
    yield rows, _keys(_ASK, facts.asks[rows])
    yield rows, _keys(_OFFER, facts.offers[rows])
    yield rows, _keys(_CITY, facts.place[rows, 2:3])
    yield rows, _keys(_REGION, region)
    yield rows, np.where(facts.welcomer[rows, None], _keys(_WELCOMER, np.hstack([interests, region])), np.uint64(0))
    yield rows, _keys(_SIDE, np.where(facts.side[rows, None] > 0, facts.side[rows, None] * 1_000_000 + interests, -1))


def _wanted(facts: Facts, at: int) -> Iterator[Keys]:
    """The keys under which the person in row `at` finds others: their asks among offers, and so on."""
    rows = np.array([at])
    interests = facts.interests[rows]
    yield _keys(_INTEREST, interests)
    yield _two(facts, interests)
    yield _keys(_ASK, facts.offers[rows])
    yield _keys(_OFFER, facts.asks[rows])
    yield _keys(_CITY, facts.place[rows, 2:3])
    yield _keys(_REGION, facts.place[rows, 1:2])
    if facts.newcomer[at]:
        yield _keys(_WELCOMER, np.hstack([interests, facts.place[rows, 1:2]]))
    if facts.side[at]:
        other_side = 3 - facts.side[rows, None]
        yield _keys(_SIDE, np.where(interests >= 0, other_side * 1_000_000 + interests, -1))


def _keys(kind: int, numbers: NDArray[np.integer]) -> Keys:
    mixed = (numbers.astype(np.uint64) + np.uint64(1)) * _MIX + np.uint64(kind)
    mixed ^= mixed >> np.uint64(31)
    return np.where(numbers >= 0, mixed | np.uint64(1), np.uint64(0))


def _two(facts: Facts, interests: NDArray[np.int32]) -> Keys:
    """Pairs of a person's rarest interests."""
    known = np.where(interests >= 0, facts.rarity[interests], -1)
    best = np.sort(np.take_along_axis(interests, np.argsort(-known, axis=1, kind="stable")[:, :5], axis=1), axis=1)
    one, other = np.triu_indices(best.shape[1], 1)
    first, second = best[:, one[:_MOST_PAIRS]].astype(np.int64), best[:, other[:_MOST_PAIRS]].astype(np.int64)
    return _keys(_TWO, np.where((first >= 0) & (second >= 0), first * 10_000_000 + second, -1))
