"""The place for the compiled score: the same whole-number sums as `scoring.score`, for one person against many.

What a term means to that person is marked first: how rare it is if they share it, which of their asks it is, and
whether they offer it. Then a score is one short walk over what the other said.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.compiled import compiled, compiled_in_place
from services.intro.domain.matching.large.packed import (
    AT_COMPANY,
    AT_MET,
    AT_NEAR,
    AT_PATH,
    AT_RARITY,
    AT_WAYS,
    SAME_EMPLOYER,
    SIDES_ONLY,
    STANDINGS,
    Ints,
    Longs,
    Packed,
)  # fmt: skip
from services.intro.domain.scoring import TOP, WHOLE
from services.intro.domain.scoring.facts import EVEN_SHARE, NORM

Marks = NDArray[np.int32]

_SCALE = WHOLE * NORM * NORM
_INTEREST, _ASK, _OFFER = range(3)
_LEVELS, _COMPANIES = 4, 8


def no_marks(packed: Packed) -> Marks:
    return np.zeros((len(packed.table) - AT_RARITY, 3), dtype=np.int32)


@compiled
def mark(packed: Packed, marks: Marks, u: int) -> None:
    """From now on marks say what each term means to `u`."""
    me, said = packed.people[u], packed.said
    at = int(me.said)
    for i in range(at, at + me.interests):
        marks[said[i], _INTEREST] = packed.table[AT_RARITY + said[i]]
    at += me.interests
    for i in range(at, at + me.asks):
        marks[said[i], _ASK] = said[i + me.asks]
    at += 2 * me.asks
    for i in range(at, at + me.offers):
        marks[said[i], _OFFER] = -1


@compiled
def unmark(packed: Packed, marks: Marks, u: int) -> None:
    me, said = packed.people[u], packed.said
    at = int(me.said)
    for i in range(at, at + me.interests + me.asks):
        marks[said[i]] = 0
    at += me.interests + 2 * me.asks
    for i in range(at, at + me.offers):
        marks[said[i]] = 0


@compiled
def score_all(packed: Packed, marks: Marks, u: int, others: Ints, count: int, scores: Ints) -> None:
    """`u`, who is marked, against the first `count` of `others`; -1 where the rules forbid the pair.

    What they said is touched first, all of it: memory answers many at once as fast as one.
    """
    touched = np.int32(0)
    for i in range(count):
        touched |= packed.said[packed.people[others[i]].said]
    scores[0] = touched
    for i in range(count):
        scores[i] = score(packed, marks, u, others[i])


@compiled
def score(packed: Packed, marks: Marks, u: int, v: int) -> int:
    """0..65535, or -1 where the rules forbid the pair. Who is kept apart is not looked at: see `kept_apart`."""
    me, you, table = packed.people[u], packed.people[v], packed.table
    if u == v or not _may_meet(table, me, you):
        return -1
    shared, i_ask, you_ask = _said(packed.said, marks, you)
    ground = min(WHOLE, _divided(shared * _SCALE, np.int64(me.norm) * you.norm)) if shared > 0 else 0
    helped, helping = _met(table, i_ask, me.asked), _met(table, you_ask, you.asked)
    path, path_of = _path(table, me, you), _path(table, you, me)
    level = _level(me, you)
    if ground + helped + helping == 0 and level < 2 and path <= 0 and path_of <= 0 and me.told and you.told:
        return 0
    mine = _gain(table, me, you, ground, helped, path, level)
    theirs = _gain(table, you, me, ground, helping, path_of, level)
    below = WHOLE * (mine * you.whole + theirs * me.whole)
    mean = _divided(2 * TOP * mine * theirs, max(below, 1))
    return int(mean * (me.share + you.share) // EVEN_SHARE)


@compiled_in_place
def _may_meet(table: Longs, me: Any, you: Any) -> bool:
    colleagues = me.employer == you.employer and me.employer >= 0
    return can_talk(table, me, you) and (table[SAME_EMPLOYER] != 0 or not colleagues)


@compiled_in_place
def can_talk(table: Longs, me: Any, you: Any) -> bool:
    """All that the rules ask, but for the employer."""
    if (me.way & you.way) == 0:
        return False
    if me.languages != 0 and you.languages != 0 and (me.languages & you.languages) == 0:
        return False
    return bool(table[SIDES_ONLY] == 0 or me.side == 0 or me.side != you.side)


@compiled_in_place
def _said(said: Ints, marks: Marks, you: Any) -> tuple[int, int, int]:
    """The rarities of what is shared, and as bits: my asks that they offer, their asks that I offer."""
    shared, i_ask, you_ask = np.int64(0), np.int64(0), np.int64(0)
    at = np.int64(you.said)
    for i in range(at, at + you.interests):
        shared += marks[said[i], _INTEREST]
    at += you.interests
    for i in range(at, at + you.asks):
        you_ask |= said[i + you.asks] & marks[said[i], _OFFER]
    at += 2 * you.asks
    for i in range(at, at + you.offers):
        i_ask |= marks[said[i], _ASK]
    return int(shared), int(i_ask), int(you_ask)


@compiled_in_place
def _met(table: Longs, bits: int, asked: int) -> int:
    """How far somebody's asks are met by the other's offers."""
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    if count == 0:
        return 0
    return WHOLE if count >= asked else int(table[AT_MET + min(3, count)])


@compiled_in_place
def _path(table: Longs, me: Any, you: Any) -> int:
    return int(table[AT_PATH + STANDINGS * me.standing + you.standing])


@compiled_in_place
def _level(me: Any, you: Any) -> int:
    """What two places share: nothing, the country, the region, the city."""
    if me.city == you.city and me.city >= 0:
        return 3
    if me.region == you.region and me.region >= 0:
        return 2
    return int(me.country == you.country and me.country >= 0)


@compiled_in_place
def _gain(table: Longs, me: Any, you: Any, ground: int, helped: int, path: int, level: int) -> int:
    """The weighted sum of what `me` gains."""
    newness = 700
    if me.employer >= 0 and you.employer >= 0:
        newness = 0 if me.employer == you.employer else 1000
    if me.role >= 0 and me.role == you.role:
        newness -= newness * 3 // 10
    return int(
        me.weight_ground * ground
        + me.weight_help * helped
        + me.weight_path * max(path, 0)
        + me.weight_closeness * table[AT_NEAR + _LEVELS * me.reach + level]
        + me.weight_company * table[AT_COMPANY + _COMPANIES * me.pace + you.company]
        + me.weight_way * table[AT_WAYS + _LEVELS * me.way + you.way]
        + me.weight_newness * newness
    )


@compiled_in_place
def _divided(a: int, b: int) -> Any:
    """Of positive numbers: without looking for signs, as whole numbers are divided fastest."""
    return np.int64(np.uint64(a) // np.uint64(b))


@compiled
def kept_apart(packed: Packed, u: int, v: int) -> bool:
    for at in range(packed.apart_from[u], packed.apart_from[u + 1]):  # noqa: SIM110 - compiled as it stands
        if packed.apart[at] == v:
            return True
    return False
