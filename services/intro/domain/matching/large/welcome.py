"""The place for newcomers whom rounding gave no welcomer: by one exchange, or along a path of them."""

import numpy as np

from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.market import NEWCOMER, WELCOMER, Market
from services.intro.domain.matching.large.repair import (
    Paths,
    along_a_path,
    exchange,
    find_somebody,
    forget,
    no_paths,
    undo,
)
from services.intro.domain.matching.large.scarce import most_welcomed
from services.intro.domain.matching.large.taken import Taken, can_spare, far_end

_WORST = -(1 << 40)


def welcome(market: Market, taken: Taken) -> None:
    """Gives newcomers a welcomer, and locks every newcomer's best welcome."""
    _welcome(market, taken, no_paths(market), most_welcomed(market))


@compiled
def _welcome(market: Market, taken: Taken, paths: Paths, most: int) -> None:
    """Ends when `most` are welcomed: where welcomers are few, each further search would be long and in vain.

    Who is found a welcomer on somebody else's path keeps them from the moment in which it is their turn.
    """
    welcomed, hoping = 0, np.zeros(len(market.room), np.bool_)
    for a in range(len(market.room)):
        kept = _keep_the_welcome(a, market, taken)
        hoping[a] = market.roles[a] == NEWCOMER and market.room[a] > 0 and not kept
        welcomed += kept
    for a in range(len(market.room)):
        if welcomed >= most:
            return
        if not hoping[a]:
            continue
        if _best_welcome(a, market, taken) < 0:
            _find_a_welcomer(a, market, taken, paths)
        welcomed += _keep_the_welcome(a, market, taken)


@compiled
def _keep_the_welcome(a: int, market: Market, taken: Taken) -> bool:
    """Locks a newcomer's best welcome; False where there is none."""
    best = _best_welcome(a, market, taken)
    if best >= 0:
        taken.locked[best] = True
    return best >= 0


@compiled
def _find_a_welcomer(a: int, market: Market, taken: Taken, paths: Paths) -> None:
    """A newcomer who has nobody may leave another without: as many have somebody, and one more is welcomed."""
    forget(paths)
    if taken.many[a] < market.room[a]:
        alone = taken.many[a] == 0 and market.waiting[a]
        if not _welcomed(a, market, taken, paths) and alone:
            _by_one_exchange(a, True, market, taken, paths)
        return
    mine = _least(a, False, market, taken)
    exchange(mine, -1, False, market, taken, paths)
    if mine < 0 or not _welcomed(a, market, taken, paths):
        undo(market, taken, paths)
        _let_go(a, market, taken, paths)


@compiled
def _welcomed(a: int, market: Market, taken: Taken, paths: Paths) -> bool:
    return _by_one_exchange(a, False, market, taken, paths) or along_a_path(a, -1, True, market, taken, paths)


@compiled
def _let_go(a: int, market: Market, taken: Taken, paths: Paths) -> None:
    """One of those whom `a` has is found somebody else, if `a` finds a welcomer instead."""
    for mine in taken.held[a, : taken.many[a]].copy():
        exchange(mine, -1, False, market, taken, paths)
        other = far_end(mine, a, market.edges)
        fine = not _lonely(other, market, taken) or find_somebody(other, a, market, taken, paths)
        if fine and _welcomed(a, market, taken, paths):
            return
        undo(market, taken, paths)


@compiled
def _lonely(a: int, market: Market, taken: Taken) -> bool:
    return bool(market.waiting[a] and taken.many[a] == 0)


@compiled
def _by_one_exchange(a: int, even_the_last: bool, market: Market, taken: Taken, paths: Paths) -> bool:
    """Takes the welcomer who costs least: one with a free place, or who gives up somebody for it."""
    graph = market.graph
    best, add, drop = _WORST, -1, -1
    for q in range(graph.start[a], graph.start[a + 1]):
        y = graph.other[q]
        if market.roles[y] != WELCOMER or taken.flags[graph.edge[q]]:
            continue
        theirs, gain = -1, int(graph.weight[q])
        if taken.many[y] >= market.room[y]:
            theirs = _least(y, even_the_last, market, taken)
            if theirs < 0:
                continue
            gain -= int(market.edges.w[theirs])
        if gain > best:
            best, add, drop = gain, int(graph.edge[q]), theirs
    exchange(drop, add, True, market, taken, paths)
    return add >= 0


@compiled
def _best_welcome(a: int, market: Market, taken: Taken) -> int:
    """The best pair of a newcomer with a welcomer among those they have, -1 for none."""
    best, w = -1, market.edges.w
    if market.roles[a] == NEWCOMER:
        for j in range(taken.many[a]):
            e = int(taken.held[a, j])
            if market.roles[far_end(e, a, market.edges)] == WELCOMER and (best < 0 or w[e] > w[best]):
                best = e
    return best


@compiled
def _least(a: int, even_the_last: bool, market: Market, taken: Taken) -> int:
    """The least of somebody's pairs whose other end can do without it, -1 for none."""
    best, w = -1, market.edges.w
    for j in range(taken.many[a]):
        e = int(taken.held[a, j])
        spared = even_the_last or can_spare(far_end(e, a, market.edges), market, taken)
        if spared and not taken.locked[e] and (best < 0 or w[e] < w[best]):
            best = e
    return best
