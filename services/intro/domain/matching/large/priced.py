"""The place for pairs that the prices want and the candidates lack: `w > p_u + p_v` proves the prices wrong.

Adding these few is worth more than twice the candidates for everybody (column generation).
"""

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.candidates import (
    Buckets,
    Ints,
    Longs,
    Nearest,
    backwards,
    keep_best,
    place_in,
)  # fmt: skip
from services.intro.domain.matching.large.compiled import compiled, compiled_in_parallel, prange
from services.intro.domain.matching.large.keys import MOST_KEYS, keys_of
from services.intro.domain.matching.large.packed import NEWCOMER, WELCOMER, Packed
from services.intro.domain.matching.large.scorer import Rows, Table, kept_apart, score

Prices = NDArray[np.float32]
_SHARES = 32


def missing(
    packed: Packed,
    buckets: Buckets,
    windows: Ints,
    nearest: Nearest,
    prices: Prices,
    bonus: Prices,
    *,
    most: int,
    hop: int = 4,
) -> Nearest:
    """Everybody's `most` best missing pairs, looked for in wider windows and among neighbours' neighbours."""
    back = backwards(nearest.who, 16)
    return Nearest(*_missing(*packed, *buckets, windows, nearest.who, back, prices, bonus, most, hop))


def missing_among_all(packed: Packed, nearest: Nearest, prices: Prices, bonus: Prices, most: int) -> Nearest:
    """The same among all pairs."""
    return Nearest(*_missing_among_all(*packed, nearest.who, prices, bonus, most))


@compiled
def _want(
    rows: Rows, table: Table, apart_from: Longs, apart: Ints, u: int, v: int, prices: Prices, bonus: Prices,
    wanted: Ints, who: Ints, count: int,
) -> int:  # fmt: skip
    value = score(rows, table, u, v)
    if value < 0:
        return count
    worth = int(value - prices[v] - prices[u])
    if (rows[u, NEWCOMER] and rows[v, WELCOMER]) or (rows[v, NEWCOMER] and rows[u, WELCOMER]):
        worth += int(bonus[u] + bonus[v])
    if worth <= 1 or (count == len(who) and worth <= wanted[0]) or kept_apart(apart_from, apart, u, v):
        return count
    return keep_best(wanted, who, count, len(who), worth, v)


@compiled_in_parallel
def _missing(  # noqa: C901 - one pass over what is near, compiled as one loop
    rows: Rows, table: Table, apart_from: Longs, apart: Ints, start: Longs, listed: Ints, mask: int,
    windows: Ints, near: Ints, back: Ints, prices: Prices, bonus: Prices, most: int, hop: int,
) -> tuple[Ints, Ints]:  # fmt: skip
    n, known = near.shape
    found, found_score = np.full((n, most), -1, np.int32), np.zeros((n, most), np.int32)
    for part in prange(_SHARES):
        seen = np.full(n, -1, np.int32)
        keys, width = np.empty(MOST_KEYS, np.int64), np.empty(MOST_KEYS, np.int32)
        who, wanted = np.empty(most, np.int32), np.empty(most, np.int32)
        for u in range(part * n // _SHARES, (part + 1) * n // _SHARES):
            count = 0
            seen[u] = u
            for i in range(known + back.shape[1]):
                v = near[u, i] if i < known else back[u, i - known]
                if v >= 0:
                    seen[v] = u
            for i in range(known + back.shape[1]):
                v = near[u, i] if i < known else back[u, i - known]
                if v < 0:
                    continue
                for h in range(2 * hop):
                    x = near[v, (u * 11 + i * 17 + h) % known] if h < hop else back[v, (h - hop) % back.shape[1]]
                    if x >= 0 and seen[x] != u:
                        seen[x] = u
                        count = _want(rows, table, apart_from, apart, u, x, prices, bonus, wanted, who, count)
            for i in range(keys_of(rows, table, u, True, windows, mask, keys, width)):
                low, high = start[keys[i]], start[keys[i] + 1]
                here = place_in(listed, low, high, u)
                for at in range(max(low, here - width[i]), min(high, here + width[i] + 1)):
                    x = listed[at]
                    if seen[x] != u:
                        seen[x] = u
                        count = _want(rows, table, apart_from, apart, u, x, prices, bonus, wanted, who, count)
            for i in range(count):
                found[u, i], found_score[u, i] = who[i], score(rows, table, u, who[i])
    return found, found_score


@compiled_in_parallel
def _missing_among_all(
    rows: Rows, table: Table, apart_from: Longs, apart: Ints, near: Ints, prices: Prices, bonus: Prices, most: int
) -> tuple[Ints, Ints]:
    n, known = near.shape
    found, found_score = np.full((n, most), -1, np.int32), np.zeros((n, most), np.int32)
    for part in prange(_SHARES):
        seen = np.full(n, -1, np.int32)
        who, wanted = np.empty(most, np.int32), np.empty(most, np.int32)
        for u in range(part * n // _SHARES, (part + 1) * n // _SHARES):
            count = 0
            for i in range(known):
                if near[u, i] >= 0:
                    seen[near[u, i]] = u
            for v in range(n):
                if seen[v] != u:
                    count = _want(rows, table, apart_from, apart, u, v, prices, bonus, wanted, who, count)
            for i in range(count):
                found[u, i], found_score[u, i] = who[i], score(rows, table, u, who[i])
    return found, found_score
