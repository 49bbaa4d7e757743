"""The place for the compiled score: the same whole-number sums as `scoring.score`, one pair at a time."""

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.packed import (
    ASKED,
    ASKS,
    AT_ASKS,
    AT_BITS,
    AT_COMPANY,
    AT_INTERESTS,
    AT_MET,
    AT_NEAR,
    AT_OFFERS,
    AT_PATH,
    AT_RARITY,
    AT_WAYS,
    CITY,
    COUNTRY,
    EMPLOYER,
    HAS_PLACE,
    HIGH,
    INTERESTS,
    LOW,
    NORM_OF,
    OFFERS,
    PACE,
    REACH,
    REGION,
    ROLE,
    SAME_EMPLOYER,
    SHARE,
    SIDE,
    SIDES_ONLY,
    STANDING,
    STANDINGS,
    TOLD,
    WAY,
    WEIGHTS,
    WELCOMER,
    WHOLE_OF,
)  # fmt: skip
from services.intro.domain.scoring import TOP, WHOLE
from services.intro.domain.scoring.facts import EVEN_SHARE, NORM

_QUIET = 1
_SCALE = WHOLE * NORM * NORM


Rows = NDArray[np.int32]
Table = NDArray[np.int64]


@compiled
def score(rows: Rows, table: Table, u: int, v: int) -> int:
    """0..65535, or -1 where the rules forbid the pair. Who is kept apart is not looked at: see `kept_apart`."""
    if not may_meet(rows, table, u, v):
        return -1
    ground = _ground(rows, table, u, v)
    level = 0
    if rows[u, COUNTRY] == rows[v, COUNTRY] and rows[u, COUNTRY] >= 0:
        level = 1
    if rows[u, REGION] == rows[v, REGION] and rows[u, REGION] >= 0:
        level = 2
    if rows[u, CITY] == rows[v, CITY] and rows[u, CITY] >= 0:
        level = 3
    newness = 700
    if rows[u, EMPLOYER] >= 0 and rows[v, EMPLOYER] >= 0:
        newness = 0 if rows[u, EMPLOYER] == rows[v, EMPLOYER] else 1000
    if rows[u, ROLE] >= 0 and rows[u, ROLE] == rows[v, ROLE]:
        newness -= newness * 3 // 10
    way = table[AT_WAYS + 4 * rows[u, WAY] + rows[v, WAY]]
    helped, helping = _helped(rows, table, u, v), _helped(rows, table, v, u)
    nothing = ground + helped + helping == 0 and level < 2 and rows[u, TOLD] and rows[v, TOLD]
    if nothing and _path(rows, table, u, v) <= 0 and _path(rows, table, v, u) <= 0:
        return 0
    mine = _gain(rows, table, u, v, ground, helped, level, way, newness)
    theirs = _gain(rows, table, v, u, ground, helping, level, way, newness)
    below = WHOLE * (mine * rows[v, WHOLE_OF] + theirs * rows[u, WHOLE_OF])
    mean = 2 * TOP * mine * theirs // max(below, 1)
    return int(mean * (rows[u, SHARE] + rows[v, SHARE]) // EVEN_SHARE)


@compiled
def may_meet(rows: Rows, table: Table, u: int, v: int) -> bool:
    if u == v or (rows[u, WAY] & rows[v, WAY]) == 0:
        return False
    if rows[u, EMPLOYER] == rows[v, EMPLOYER] and rows[u, EMPLOYER] >= 0 and table[SAME_EMPLOYER] == 0:
        return False
    spoken, heard = rows[u, LOW] | rows[u, HIGH], rows[v, LOW] | rows[v, HIGH]
    if spoken != 0 and heard != 0 and ((rows[u, LOW] & rows[v, LOW]) | (rows[u, HIGH] & rows[v, HIGH])) == 0:
        return False
    return bool(table[SIDES_ONLY] == 0 or rows[u, SIDE] == 0 or rows[u, SIDE] != rows[v, SIDE])


@compiled
def _gain(
    rows: Rows, table: Table, me: int, other: int, ground: int, helped: int, level: int, way: int, newness: int
) -> int:
    """The weighted sum of what `me` gains."""
    total = rows[me, WEIGHTS + 5] * way + rows[me, WEIGHTS + 6] * newness
    if rows[me, NORM_OF] > 0:
        total += rows[me, WEIGHTS] * ground
    total += rows[me, WEIGHTS + 1] * helped
    path = _path(rows, table, me, other)
    if path > 0:
        total += rows[me, WEIGHTS + 2] * path
    if rows[me, HAS_PLACE]:
        total += rows[me, WEIGHTS + 3] * table[AT_NEAR + 4 * rows[me, REACH] + level]
    if rows[me, PACE] == _QUIET and rows[other, WELCOMER]:
        total += rows[me, WEIGHTS + 4] * WHOLE
    elif rows[me, PACE] > 0:
        total += rows[me, WEIGHTS + 4] * table[AT_COMPANY + 4 * rows[me, PACE] + rows[other, PACE]]
    return int(total)


@compiled
def _path(rows: Rows, table: Table, me: int, other: int) -> int:
    return int(table[AT_PATH + STANDINGS * rows[me, STANDING] + rows[other, STANDING]])


@compiled
def _ground(rows: Rows, table: Table, u: int, v: int) -> int:
    norms = np.int64(rows[u, NORM_OF]) * np.int64(rows[v, NORM_OF])
    if norms == 0:
        return 0
    first = table[AT_INTERESTS]
    i, j, shared = first, first, np.int64(0)
    end_i, end_j = first + rows[u, INTERESTS], first + rows[v, INTERESTS]
    while i < end_i and j < end_j:
        a, b = rows[u, i], rows[v, j]
        if a == b:
            shared += table[AT_RARITY + a]
        i += a <= b
        j += b <= a
    if shared == 0:
        return 0
    value = int(shared * _SCALE // norms)
    return min(WHOLE, value)


@compiled
def _helped(rows: Rows, table: Table, me: int, other: int) -> int:
    """How far my asks are among the other's offers."""
    if rows[me, ASKED] == 0 or rows[other, OFFERS] == 0:
        return 0
    asks, bits, offers = table[AT_ASKS], table[AT_BITS], table[AT_OFFERS]
    i, j, met = 0, 0, 0
    while i < rows[me, ASKS] and j < rows[other, OFFERS]:
        a, b = rows[me, asks + i], rows[other, offers + j]
        if a == b:
            met |= rows[me, bits + i]
        i += a <= b
        j += b <= a
    count = 0
    while met:
        met &= met - 1
        count += 1
    if count >= rows[me, ASKED]:
        return WHOLE
    return int(table[AT_MET + (min(3, count))])


@compiled
def kept_apart(apart_from: NDArray[np.int64], apart: NDArray[np.int32], u: int, v: int) -> bool:
    for at in range(apart_from[u], apart_from[u + 1]):  # noqa: SIM110 - compiled as it stands
        if apart[at] == v:
            return True
    return False
