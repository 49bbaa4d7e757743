"""The place for lists of who said the same: read a short way around one's own place, they yield candidates."""

from typing import NamedTuple

import numpy as np

from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.keys import MOST_KEYS, Windows, keys_of
from services.intro.domain.matching.large.packed import Ints, Longs, Packed
from services.intro.domain.matching.large.scorer import Marks, no_marks

_MOST_OTHERS = 1 << 13


class Buckets(NamedTuple):
    """Who is listed in which bucket, in the order of rows: bucket `k` is `listed[start[k] : start[k + 1]]`."""

    start: Longs
    listed: Ints
    mask: int


class Scratch(NamedTuple):
    """What looking for one person after another needs. `seen[v] == u`: `v` was seen on behalf of `u`."""

    seen: Ints
    keys: Longs
    kinds: Ints
    others: Ints
    scores: Ints
    marks: Marks


def scratch_for(packed: Packed) -> Scratch:
    return Scratch(
        seen=np.full(len(packed.people), -1, dtype=np.int32),
        keys=np.empty(MOST_KEYS, dtype=np.int64),
        kinds=np.empty(MOST_KEYS, dtype=np.int32),
        others=np.empty(_MOST_OTHERS, dtype=np.int32),
        scores=np.empty(_MOST_OTHERS, dtype=np.int32),
        marks=no_marks(packed),
    )


def buckets_for(packed: Packed, windows: Windows) -> Buckets:
    mask = (1 << 14) - 1
    while mask < 8 * len(packed.people) and mask < (1 << 24) - 1:
        mask = 2 * mask + 1
    start, listed = _fill(packed, windows, mask)
    return Buckets(start, listed, mask)


@compiled
def _fill(packed: Packed, windows: Windows, mask: int) -> tuple[Longs, Ints]:
    keys, kinds = np.empty(MOST_KEYS, np.int64), np.empty(MOST_KEYS, np.int32)
    start = np.zeros(mask + 2, np.int64)
    for u in range(len(packed.people)):
        for i in range(keys_of(packed, u, False, windows, mask, keys, kinds)):
            start[keys[i] + 1] += 1
    for key in range(mask + 1):
        start[key + 1] += start[key]
    listed = np.empty(start[mask + 1], np.int32)
    at = start[:-1].copy()
    for u in range(len(packed.people)):
        for i in range(keys_of(packed, u, False, windows, mask, keys, kinds)):
            listed[at[keys[i]]] = u
            at[keys[i]] += 1
    return start, listed


@compiled
def place_in(listed: Ints, low: int, high: int, u: int) -> int:
    while low < high:
        middle = (low + high) >> 1
        if listed[middle] < u:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def add_unseen(scratch: Scratch, u: int, v: int, count: int) -> int:
    """`v` among the others to look at, unless they are already. Returns how many there are."""
    if scratch.seen[v] == u or count == len(scratch.others):
        return count
    scratch.seen[v] = u
    scratch.others[count] = v
    return count + 1


@compiled
def add_from_buckets(packed: Packed, buckets: Buckets, windows: Windows, scratch: Scratch, u: int, count: int) -> int:
    """Those who stand near `u` in the buckets that `u` looks into."""
    start, listed = buckets.start, buckets.listed
    for i in range(keys_of(packed, u, True, windows, buckets.mask, scratch.keys, scratch.kinds)):
        low, high, kind = start[scratch.keys[i]], start[scratch.keys[i] + 1], scratch.kinds[i]
        here = place_in(listed, low, high, u)
        for at in range(max(low, here - windows[kind, 0]), min(high, here + windows[kind, 1] + 1)):
            count = add_unseen(scratch, u, listed[at], count)
    return count
