"""The place for the score of a pair: what each gains by meeting the other, and their harmonic mean.

    g(u <- v) = sum(w_i s_i) / (UNTOLD + sum(w_i))    over the components that u filled in
    score     = 65535 * 2 g g' / (g + g')             cut to whole numbers, so that sums are exact

This is written for one person against many with numpy; `large.scorer` is the same sums compiled, and the tests
hold the two together number by number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.scoring import COMPONENTS, TOP, WHOLE
from services.intro.domain.scoring.facts import EVEN_SHARE, NORM, Facts, Longs
from services.intro.domain.scoring.scales import COMPANY, NEAR, PATH, WAYS

NEVER = -1
UNTOLD = 160
"""What everybody leaves unsaid, in units of weight: two blank profiles are no perfect match."""
MET = np.array([0, 750, 900, 1000], dtype=np.int64)
"""By how many of somebody's asks the other can help with; all of them is always 1000."""


@dataclass(frozen=True, slots=True)
class Gains:
    """Components of one person `u` against many: what it is to `u`, and what `u` is to each. -1: left blank."""

    mine: Longs
    theirs: Longs
    scores: Longs


def against(facts: Facts, u: int, others: NDArray[np.integer]) -> Gains:
    """`u` against each of `others`; a score of -1 where the rules forbid the pair."""
    vs = np.asarray(others, dtype=np.int64)
    mine, theirs = np.empty((len(COMPONENTS), len(vs)), np.int64), np.empty((len(COMPONENTS), len(vs)), np.int64)
    mine[0], theirs[0] = _ground(facts, u, vs)
    mine[1], theirs[1] = _help(facts, u, vs)
    mine[2], theirs[2] = PATH[facts.standing[u], facts.standing[vs]], PATH[facts.standing[vs], facts.standing[u]]
    mine[3], theirs[3] = _closeness(facts, u, vs)
    mine[4], theirs[4] = _company(facts, u, vs)
    mine[5] = theirs[5] = WAYS[facts.ways[u], facts.ways[vs]]
    mine[6] = theirs[6] = _newness(facts, u, vs)
    scores = np.where(_something(facts, u, vs, mine, theirs), _reciprocal(facts, u, vs, mine, theirs), 0)
    scores[~allowed(facts, u, vs)] = NEVER
    return Gains(mine, theirs, scores)


def allowed(facts: Facts, u: int, vs: Longs) -> NDArray[np.bool_]:
    """Another employer, a way to meet and a language in common, and mentors only with those they mentor."""
    fine = (facts.ways[u] & facts.ways[vs]) != 0
    fine &= vs != u
    if not facts.same_employer and facts.employer[u] >= 0:
        fine &= facts.employer[vs] != facts.employer[u]
    if facts.languages[u]:
        theirs = facts.languages[vs]
        fine &= (theirs == 0) | ((theirs & facts.languages[u]) != 0)
    if facts.sides_only and facts.side[u]:
        fine &= facts.side[vs] != facts.side[u]
    return np.asarray(fine)


def _something(facts: Facts, u: int, vs: Longs, mine: Longs, theirs: Longs) -> NDArray[np.bool_]:
    """Something speaks for the pair: interests, help, a path, or a place near both.

    Who said what they look for and finds none of it gains nothing by somebody who is merely there; such a pair
    is worth 0 and is made only for one who would stay alone. A blank profile is given the benefit of the doubt.
    """
    found = (np.maximum(mine[:3], theirs[:3]) > 0).any(axis=0) | _same_region(facts, u, vs)
    return np.asarray(found | ~told(facts, vs) | ~told(facts, np.array([u])))


def told(facts: Facts, rows: Longs) -> NDArray[np.bool_]:
    """Who named interests, asks or offers."""
    return np.asarray((facts.interests[rows, 0] >= 0) | (facts.asks[rows, 0] >= 0) | (facts.offers[rows, 0] >= 0))


def _same_region(facts: Facts, u: int, vs: Longs) -> NDArray[np.bool_]:
    same = (facts.place[vs, 1:] == facts.place[u, 1:]) & (facts.place[u, 1:] >= 0)
    return np.asarray(same.any(axis=1))


def _ground(facts: Facts, u: int, vs: Longs) -> tuple[Longs, Longs]:
    known = facts.interests[u]
    mark = np.zeros(len(facts.rarity), dtype=np.int64)
    mark[known] = facts.rarity[known]
    shared = mark[facts.interests[vs]].sum(axis=1)
    norm, norms = facts.norm[u], facts.norm[vs]
    both = norm * norms
    value = np.minimum(WHOLE, shared * (WHOLE * NORM * NORM) // np.maximum(both, 1))
    return np.where(norm > 0, value, -1), np.where(norms > 0, value, -1)


def _help(facts: Facts, u: int, vs: Longs) -> tuple[Longs, Longs]:
    asked_bits = np.zeros(len(facts.rarity), dtype=np.int64)
    asked_bits[facts.asks[u]] = facts.asks_of[u]
    asked_bits[-1] = 0
    mine = np.bitwise_or.reduce(asked_bits[facts.offers[vs]], axis=1)
    offered = np.zeros(len(facts.rarity), dtype=np.int64)
    offered[facts.offers[u]] = -1
    offered[-1] = 0
    theirs = np.bitwise_or.reduce(facts.asks_of[vs] & offered[facts.asks[vs]], axis=1)
    return _met(mine, np.full(len(vs), facts.asked[u])), _met(theirs, facts.asked[vs])


def _met(bits: Longs, asked: NDArray[np.integer]) -> Longs:
    count = np.bitwise_count(bits)
    value = np.where(count >= asked, WHOLE, MET[np.minimum(count, 3)])
    return np.where(asked > 0, value, -1)


def _closeness(facts: Facts, u: int, vs: Longs) -> tuple[Longs, Longs]:
    mine, theirs = facts.place[u], facts.place[vs]
    level = ((theirs == mine) & (mine >= 0)) @ np.array([1, 2, 4])
    near = np.where(level >= 4, 3, np.where(level >= 2, 2, level))
    return (
        np.where(facts.has_place[u], NEAR[facts.reach[u], near], -1),
        np.where(facts.has_place[vs], NEAR[facts.reach[vs], near], -1),
    )


def _company(facts: Facts, u: int, vs: Longs) -> tuple[Longs, Longs]:
    """A welcomer is patient company for the quiet, whatever their own pace."""
    mine, theirs = COMPANY[facts.pace[u], facts.pace[vs]], COMPANY[facts.pace[vs], facts.pace[u]]
    if facts.pace[u] == 1:
        mine = np.where(facts.welcomer[vs], WHOLE, mine)
    if facts.welcomer[u]:
        theirs = np.where(facts.pace[vs] == 1, WHOLE, theirs)
    return mine, theirs


def _newness(facts: Facts, u: int, vs: Longs) -> Longs:
    employers = facts.employer[vs]
    known = (employers >= 0) & (facts.employer[u] >= 0)
    value = np.where(known, np.where(employers == facts.employer[u], 0, 1000), 700)
    if facts.role[u] >= 0:
        value -= np.where(facts.role[vs] == facts.role[u], value * 3 // 10, 0)
    return np.asarray(value)


def _reciprocal(facts: Facts, u: int, vs: Longs, mine: Longs, theirs: Longs) -> Longs:
    weights, weights_of = facts.weights[u].astype(np.int64)[:, None], facts.weights[vs].astype(np.int64).T
    gain, gain_of = (weights * np.maximum(mine, 0)).sum(axis=0), (weights_of * np.maximum(theirs, 0)).sum(axis=0)
    whole = UNTOLD + (weights * (mine >= 0)).sum(axis=0)
    whole_of = UNTOLD + (weights_of * (theirs >= 0)).sum(axis=0)
    below = WHOLE * (gain * whole_of + gain_of * whole)
    mean = 2 * TOP * gain * gain_of // np.maximum(below, 1)
    return np.asarray(mean * (facts.share[u] + facts.share[vs]) // EVEN_SHARE)
