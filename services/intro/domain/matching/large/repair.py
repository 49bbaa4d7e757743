"""The place for those whom rounding left alone: everybody who can be introduced is, along alternating paths."""

from typing import NamedTuple

import numpy as np

from services.intro.domain.matching.large.adjacency import Ints
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.market import NEWCOMER, WELCOMER, Market
from services.intro.domain.matching.large.taken import Taken, can_spare, far_end, turn

_WORST = -(1 << 40)


class Paths(NamedTuple):
    """A breadth-first search: from whom each person was reached, by taking and by giving up which edge.

    `seen[i]` and `asked[i]`: in which search last, as somebody to take from, and as somebody taken from; `searches[0]`
    is the number of the latest.
    `wants[i]`: whether it is a welcomer that `i` needs instead. `journal[1 : 1 + journal[0]]` are the edges turned
    lately, each doubled and one more if it was locked, so that it can all be undone.
    """

    before: Ints
    by: Ints
    instead: Ints
    seen: Ints
    asked: Ints
    wants: Ints
    queue: Ints
    journal: Ints
    searches: Ints


def no_paths(market: Market) -> Paths:
    paths = Paths(*(np.full(len(market.room) + 2, -1, dtype=np.int32) for _ in Paths._fields))
    forget(paths)
    return paths


@compiled
def forget(paths: Paths) -> None:
    """What was turned so far stays so."""
    paths.journal[0] = 0


@compiled
def exchange(drop: int, add: int, lock: bool, market: Market, taken: Taken, paths: Paths) -> None:
    """Gives up one edge and takes another, -1 for none; the one taken is locked if wanted."""
    _turn(drop, False, market, taken, paths)
    _turn(add, lock, market, taken, paths)


@compiled
def _turn(e: int, lock: bool, market: Market, taken: Taken, paths: Paths) -> None:
    if e < 0:
        return
    at = paths.journal[0] + 1
    if at < len(paths.journal):
        paths.journal[0], paths.journal[at] = at, 2 * e + int(taken.locked[e])
    turn(e, market.edges, taken)
    taken.locked[e] = lock


@compiled
def undo(market: Market, taken: Taken, paths: Paths) -> None:
    for at in range(paths.journal[0], 0, -1):
        e = paths.journal[at] >> 1
        turn(e, market.edges, taken)
        taken.locked[e] = (paths.journal[at] & 1) == 1
    forget(paths)


def cover(market: Market, taken: Taken) -> None:
    """Everybody who waits and can be introduced is."""
    _cover(market, taken, no_paths(market))


@compiled
def _cover(market: Market, taken: Taken, paths: Paths) -> None:
    start = market.graph.start
    for alone in range(len(market.room)):
        if not market.waiting[alone] or taken.many[alone] > 0 or market.room[alone] == 0:
            continue
        if start[alone] < start[alone + 1]:
            forget(paths)
            find_somebody(alone, -1, market, taken, paths)


@compiled
def find_somebody(alone: int, but: int, market: Market, taken: Taken, paths: Paths) -> bool:
    """By one exchange, else along a path of them; not with `but`."""
    add, drop = cheapest_place(alone, but, market, taken)
    if add >= 0:
        exchange(drop, add, False, market, taken, paths)
        return True
    return along_a_path(alone, but, False, market, taken, paths)


@compiled
def cheapest_place(alone: int, but: int, market: Market, taken: Taken) -> tuple[int, int]:
    """The edge to take and the one to give up for it: a free place, or one of a partner who has others; -1 for none.

    Not with `but`.
    """
    graph, edges = market.graph, market.edges
    best, add, drop = _WORST, -1, -1
    for q in range(graph.start[alone], graph.start[alone + 1]):
        y = graph.other[q]
        if y == but:
            continue
        if taken.many[y] < market.room[y]:
            if graph.weight[q] > best:
                best, add, drop = int(graph.weight[q]), int(graph.edge[q]), -1
            continue
        for j in range(taken.many[y]):
            d = taken.held[y, j]
            gain = int(graph.weight[q]) - int(edges.w[d])
            if gain > best and not taken.locked[d] and can_spare(far_end(d, y, edges), market, taken):
                best, add, drop = gain, int(graph.edge[q]), int(d)
    return add, drop


@compiled
def along_a_path(first: int, but: int, welcomer: bool, market: Market, taken: Taken, paths: Paths) -> bool:
    """Breadth first: take a partner from somebody, who takes one from somebody, who can spare one.

    A newcomer who loses a welcome that is locked needs another welcomer. Nobody is on a path twice: an edge given
    up twice would be taken. Not with `but`, -1 for nobody.
    """
    graph, seen, asked = market.graph, paths.seen, paths.asked
    paths.searches[0] += 1
    search = paths.searches[0]
    paths.queue[0], head, tail = first, 0, 1
    asked[first], paths.before[first], paths.wants[first] = search, -1, welcomer
    if but >= 0:
        seen[but] = search
        asked[but] = search
    while head < tail:
        x = paths.queue[head]
        head += 1
        for q in range(graph.start[x], graph.start[x + 1]):
            y, e = graph.other[q], graph.edge[q]
            if taken.flags[e] or seen[y] == search or asked[y] == search:
                continue
            if paths.wants[x] == 1 and market.roles[y] != WELCOMER:
                continue
            seen[y] = search
            found, drop = _an_end(x, y, market, taken)
            if found:
                _unwind(x, e, drop, market, taken, paths)
                return True
            tail = _ask_partners(x, y, e, search, tail, market, taken, paths)
    return False


@compiled
def _ask_partners(x: int, y: int, e: int, search: int, tail: int, market: Market, taken: Taken, paths: Paths) -> int:
    """Those whom `y` could give up for `x` need somebody instead. Returns how many are in the queue."""
    for j in range(taken.many[y]):
        d = taken.held[y, j]
        z = far_end(d, y, market.edges)
        if paths.asked[z] == search or paths.seen[z] == search or (taken.locked[d] and market.roles[z] != NEWCOMER):
            continue
        paths.asked[z], paths.wants[z] = search, taken.locked[d]
        paths.before[z], paths.by[z], paths.instead[z] = x, e, d
        paths.queue[tail] = z
        tail += 1
    return tail


@compiled
def _an_end(x: int, y: int, market: Market, taken: Taken) -> tuple[bool, int]:
    """Whether `y` has a place for `x`: a free one (-1), or by an edge whose other end can spare it."""
    if taken.many[y] < market.room[y]:
        return True, -1
    for j in range(taken.many[y]):
        d = taken.held[y, j]
        z = far_end(d, y, market.edges)
        if z != x and not taken.locked[d] and can_spare(z, market, taken):
            return True, int(d)
    return False, -1


@compiled
def _unwind(x: int, add: int, drop: int, market: Market, taken: Taken, paths: Paths) -> None:
    """Gives up and takes along the path, the end first; on the way somebody has one too many, never more."""
    while True:
        exchange(drop, add, paths.wants[x] == 1, market, taken, paths)
        if paths.before[x] < 0:
            return
        add, drop, x = paths.by[x], paths.instead[x], paths.before[x]
