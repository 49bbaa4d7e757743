"""The place for newcomers whom rounding gave no welcomer: by one exchange, or along a path of them."""

from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.market import NEWCOMER, WELCOMER, Market
from services.intro.domain.matching.large.repair import Paths, along_a_path, cheapest_place, no_paths
from services.intro.domain.matching.large.taken import Taken, can_spare, far_end, turn

_WORST = -(1 << 40)


def welcome(market: Market, taken: Taken) -> None:
    """Gives newcomers a welcomer, and locks every newcomer's best welcome."""
    _welcome(market, taken, no_paths(market))


@compiled
def _welcome(market: Market, taken: Taken, paths: Paths) -> None:
    for a in range(len(market.room)):
        welcomed_by = _best_welcome(a, market, taken)
        if welcomed_by >= 0:
            taken.locked[welcomed_by] = True
    for a in range(len(market.room)):
        if market.roles[a] == NEWCOMER and market.room[a] > 0 and _best_welcome(a, market, taken) < 0:
            _find_a_welcomer(a, market, taken, paths)


@compiled
def _find_a_welcomer(a: int, market: Market, taken: Taken, paths: Paths) -> None:
    """A newcomer who has nobody may leave another without: as many have somebody, and one more is welcomed."""
    if taken.many[a] < market.room[a]:
        alone = taken.many[a] == 0 and market.waiting[a]
        if not _welcomed(a, market, taken, paths) and alone:
            _by_one_exchange(a, True, market, taken)
        return
    mine = _least(a, False, market, taken)
    if mine < 0:
        _let_go(a, market, taken, paths)
        return
    turn(mine, market.edges, taken)
    if not _welcomed(a, market, taken, paths):
        turn(mine, market.edges, taken)


@compiled
def _welcomed(a: int, market: Market, taken: Taken, paths: Paths) -> bool:
    return _by_one_exchange(a, False, market, taken) or along_a_path(a, True, market, taken, paths)


@compiled
def _let_go(a: int, market: Market, taken: Taken, paths: Paths) -> None:
    """All whom `a` has, have nobody else: one of them is found somebody, if `a` finds a welcomer instead."""
    for j in range(taken.many[a]):
        mine = taken.held[a, j]
        turn(mine, market.edges, taken)
        add, drop = cheapest_place(far_end(mine, a, market.edges), a, market, taken)
        turn(drop, market.edges, taken)
        turn(add, market.edges, taken)
        if add >= 0 and _welcomed(a, market, taken, paths):
            return
        turn(add, market.edges, taken)
        turn(drop, market.edges, taken)
        turn(mine, market.edges, taken)


@compiled
def _by_one_exchange(a: int, even_the_last: bool, market: Market, taken: Taken) -> bool:
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
    if add < 0:
        return False
    turn(drop, market.edges, taken)
    turn(add, market.edges, taken)
    taken.locked[add] = True
    return True


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
