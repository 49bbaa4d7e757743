"""The place for newcomers whom rounding gave no welcomer: one exchange each."""

from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.market import NEWCOMER, WELCOMER, Market
from services.intro.domain.matching.large.taken import Taken, can_spare, far_end, turn

_WORST = -(1 << 40)


@compiled
def welcome(market: Market, taken: Taken) -> None:
    """Gives newcomers a welcomer, and locks every newcomer's best welcome."""
    for a in range(len(market.room)):
        welcomed_by = _best_welcome(a, market, taken)
        if welcomed_by >= 0:
            taken.locked[welcomed_by] = True
    for a in range(len(market.room)):
        if market.roles[a] == NEWCOMER and market.room[a] > 0 and _best_welcome(a, market, taken) < 0:
            _find_a_welcomer(a, market, taken)


@compiled
def _find_a_welcomer(a: int, market: Market, taken: Taken) -> None:
    full = taken.many[a] >= market.room[a]
    mine = _least(a, -1, False, market, taken) if full else -1
    if full and mine < 0:
        return
    given_up = far_end(mine, a, market.edges) if mine >= 0 else -1
    add, drop = _best_welcomer(a, given_up, market, taken)
    if add >= 0:
        for e in (drop, mine, add):
            turn(e, market.edges, taken)
        taken.locked[add] = True


@compiled
def _best_welcomer(a: int, given_up: int, market: Market, taken: Taken) -> tuple[int, int]:
    """The edge to the welcomer who costs least, and the pair that this welcomer gives up for it; -1 for none.

    A newcomer who has nobody may leave another without: as many have somebody, and one more is welcomed.
    """
    graph = market.graph
    alone = taken.many[a] == 0 and market.waiting[a]
    best, add, drop = _WORST, -1, -1
    for q in range(graph.start[a], graph.start[a + 1]):
        y = graph.other[q]
        if market.roles[y] != WELCOMER or taken.flags[graph.edge[q]]:
            continue
        theirs, gain = -1, int(graph.weight[q])
        if taken.many[y] >= market.room[y]:
            theirs = _least(y, given_up, alone, market, taken)
            if theirs < 0:
                continue
            gain -= int(market.edges.w[theirs])
        if gain > best:
            best, add, drop = gain, int(graph.edge[q]), theirs
    return add, drop


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
def _least(a: int, losing: int, even_the_last: bool, market: Market, taken: Taken) -> int:
    """The least of somebody's pairs whose other end can do without it, -1 for none. `losing` gives one up too."""
    best, w = -1, market.edges.w
    for j in range(taken.many[a]):
        e = int(taken.held[a, j])
        z = far_end(e, a, market.edges)
        spared = even_the_last or (
            can_spare(z, market, taken) and (z != losing or taken.many[z] >= 3 or not market.waiting[z])
        )
        if spared and not taken.locked[e] and (best < 0 or w[e] < w[best]):
            best = e
    return best
