"""The place for the candidates of very many people: everybody's best few, without scoring all pairs."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.compiled import compiled, compiled_in_parallel, prange
from services.intro.domain.matching.large.keys import MOST_KEYS, keys_of
from services.intro.domain.matching.large.packed import Packed
from services.intro.domain.matching.large.scorer import Rows, Table, kept_apart, score

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
_SHARES = 32


class Buckets(NamedTuple):
    """Who is listed in which bucket, in the order of rows."""

    start: Longs
    listed: Ints
    mask: int


class Nearest(NamedTuple):
    """For each person the best others found so far with their scores, in no order; -1 where there are fewer."""

    who: Ints
    score: Ints


def buckets_for(packed: Packed, windows: Ints) -> Buckets:
    mask = (1 << 14) - 1
    while mask < 8 * len(packed.rows) and mask < (1 << 24) - 1:
        mask = 2 * mask + 1
    start, listed = _fill(packed.rows, packed.table, windows, mask)
    return Buckets(start, listed, mask)


def by_keys(packed: Packed, buckets: Buckets, windows: Ints, most: int) -> Nearest:
    """Everybody's best `most` among those who stand near them in their buckets."""
    return Nearest(*_by_keys(*packed, *buckets, windows, most))


def among_all(packed: Packed, most: int) -> Nearest:
    """Everybody's best `most` among all: exact, for as long as all pairs are not too many."""
    return Nearest(*_among_all(*packed, most))


def by_neighbours(packed: Packed, nearest: Nearest, *, back: int = 16, hop: int = 4) -> Nearest:
    """One pass over neighbours of neighbours: whoever fits those who fit me is worth a look."""
    backward = backwards(nearest.who, back)
    return Nearest(*_by_neighbours(*packed, *nearest, backward, hop))


@compiled
def _fill(rows: Rows, table: Table, windows: Ints, mask: int) -> tuple[Longs, Ints]:
    keys, width = np.empty(MOST_KEYS, np.int64), np.empty(MOST_KEYS, np.int32)
    start = np.zeros(mask + 2, np.int64)
    for u in range(len(rows)):
        for i in range(keys_of(rows, table, u, False, windows, mask, keys, width)):
            start[keys[i] + 1] += 1
    for key in range(mask + 1):
        start[key + 1] += start[key]
    listed = np.empty(start[mask + 1], np.int32)
    at = start[:-1].copy()
    for u in range(len(rows)):
        for i in range(keys_of(rows, table, u, False, windows, mask, keys, width)):
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
def keep_best(scores: Ints, who: Ints, count: int, most: int, value: int, person: int) -> int:
    """A heap of the best `most`, the worst of them first. Returns how many there are."""
    if count < most:
        i = count
        scores[i], who[i] = value, person
        while i > 0 and scores[(i - 1) >> 1] > scores[i]:
            p = (i - 1) >> 1
            scores[p], scores[i] = scores[i], scores[p]
            who[p], who[i] = who[i], who[p]
            i = p
        return count + 1
    if value <= scores[0]:
        return count
    scores[0], who[0] = value, person
    i = 0
    while True:
        child = 2 * i + 1
        if child >= most:
            return count
        if child + 1 < most and scores[child + 1] < scores[child]:
            child += 1
        if scores[child] >= scores[i]:
            return count
        scores[child], scores[i] = scores[i], scores[child]
        who[child], who[i] = who[i], who[child]
        i = child


@compiled
def look_at(
    rows: Rows,
    table: Table,
    apart_from: Longs,
    apart: Ints,
    u: int,
    v: int,
    scores: Ints,
    who: Ints,
    count: int,
) -> int:
    value = score(rows, table, u, v)
    if value < 0 or (count == len(who) and value <= scores[0]) or kept_apart(apart_from, apart, u, v):
        return count
    return keep_best(scores, who, count, len(who), value, v)


@compiled_in_parallel
def _by_keys(
    rows: Rows, table: Table, apart_from: Longs, apart: Ints, start: Longs, listed: Ints, mask: int,
    windows: Ints, most: int,
) -> tuple[Ints, Ints]:  # fmt: skip
    n = len(rows)
    best_who, best = np.full((n, most), -1, np.int32), np.zeros((n, most), np.int32)
    for part in prange(_SHARES):
        seen = np.full(n, -1, np.int32)
        keys, width = np.empty(MOST_KEYS, np.int64), np.empty(MOST_KEYS, np.int32)
        who, scores = np.empty(most, np.int32), np.empty(most, np.int32)
        for u in range(part * n // _SHARES, (part + 1) * n // _SHARES):
            count = 0
            seen[u] = u
            for i in range(keys_of(rows, table, u, True, windows, mask, keys, width)):
                low, high = start[keys[i]], start[keys[i] + 1]
                here = place_in(listed, low, high, u)
                for at in range(max(low, here - width[i]), min(high, here + width[i] + 1)):
                    v = listed[at]
                    if seen[v] != u:
                        seen[v] = u
                        count = look_at(rows, table, apart_from, apart, u, v, scores, who, count)
            best_who[u, :count], best[u, :count] = who[:count], scores[:count]
    return best_who, best


@compiled_in_parallel
def _among_all(rows: Rows, table: Table, apart_from: Longs, apart: Ints, most: int) -> tuple[Ints, Ints]:
    n = len(rows)
    best_who, best = np.full((n, most), -1, np.int32), np.zeros((n, most), np.int32)
    for u in prange(n):
        who, scores = np.empty(most, np.int32), np.empty(most, np.int32)
        count = 0
        for v in range(n):
            count = look_at(rows, table, apart_from, apart, u, v, scores, who, count)
        best_who[u, :count], best[u, :count] = who[:count], scores[:count]
    return best_who, best


@compiled
def backwards(who: Ints, most: int) -> Ints:
    """For each person up to `most` of those who count them among their nearest, an even sample of many."""
    n = len(who)
    back, count = np.full((n, most), -1, np.int32), np.zeros(n, np.int32)
    for u in range(n):
        for v in who[u]:
            if v < 0:
                continue
            at = count[v]
            if at >= most:
                at = ((u * 2654435761 + v * 40503) & 0x7FFFFFFF) % (count[v] + 1)
            if at < most:
                back[v, at] = u
            count[v] += 1
    return back


@compiled_in_parallel
def _by_neighbours(
    rows: Rows, table: Table, apart_from: Longs, apart: Ints, near: Ints, near_score: Ints, back: Ints, hop: int
) -> tuple[Ints, Ints]:
    n, most = near.shape
    best_who, best = near.copy(), near_score.copy()
    for part in prange(_SHARES):
        seen = np.full(n, -1, np.int32)
        who, scores = np.empty(most, np.int32), np.empty(most, np.int32)
        for u in range(part * n // _SHARES, (part + 1) * n // _SHARES):
            count = 0
            seen[u] = u
            for i in range(most):
                if near[u, i] >= 0:
                    seen[near[u, i]] = u
                    count = keep_best(scores, who, count, most, near_score[u, i], near[u, i])
            for i in range(most + back.shape[1]):
                v = near[u, i] if i < most else back[u, i - most]
                if v < 0:
                    continue
                if seen[v] != u:
                    seen[v] = u
                    count = look_at(rows, table, apart_from, apart, u, v, scores, who, count)
                for h in range(2 * hop):
                    x = near[v, (u * 7 + i * 13 + h) % most] if h < hop else back[v, (h - hop) % back.shape[1]]
                    if x >= 0 and seen[x] != u:
                        seen[x] = u
                        count = look_at(rows, table, apart_from, apart, u, x, scores, who, count)
            best_who[u, :count], best[u, :count] = who[:count], scores[:count]
    return best_who, best
