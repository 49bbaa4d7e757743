"""The place for those whom rounding left alone: everybody who can be introduced is, along alternating paths."""

from typing import NamedTuple

import numpy as np

from services.intro.domain.matching.large.adjacency import Ints
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.market import Market
from services.intro.domain.matching.large.taken import Taken, can_spare, far_end, turn

_WORST = -(1 << 40)


class Paths(NamedTuple):
    """A breadth-first search: from whom each person was reached, by taking and by giving up which edge.

    `seen[i] == u` and `asked[i] == u`: as somebody to take from, and as somebody taken from, on behalf of `u`.
    """

    before: Ints
    by: Ints
    instead: Ints
    seen: Ints
    asked: Ints
    queue: Ints


def cover(market: Market, taken: Taken) -> None:
    """Everybody who waits and can be introduced is."""
    nobody = (np.full(len(market.room), -1, dtype=np.int32) for _ in Paths._fields)
    _cover(market, taken, Paths(*nobody))


@compiled
def _cover(market: Market, taken: Taken, paths: Paths) -> None:
    start = market.graph.start
    for alone in range(len(market.room)):
        if not market.waiting[alone] or taken.many[alone] > 0 or market.room[alone] == 0:
            continue
        if start[alone] < start[alone + 1] and not _by_one_exchange(alone, market, taken):
            _along_a_path(alone, market, taken, paths)


@compiled
def _by_one_exchange(alone: int, market: Market, taken: Taken) -> bool:
    """Takes the place that costs least: a free one, or that of a partner who has others."""
    graph, edges = market.graph, market.edges
    best, add, drop = _WORST, -1, -1
    for q in range(graph.start[alone], graph.start[alone + 1]):
        y = graph.other[q]
        if taken.many[y] < market.room[y]:
            if graph.weight[q] > best:
                best, add, drop = int(graph.weight[q]), int(graph.edge[q]), -1
            continue
        for j in range(taken.many[y]):
            d = taken.held[y, j]
            gain = int(graph.weight[q]) - int(edges.w[d])
            if gain > best and can_spare(far_end(d, y, edges), market, taken):
                best, add, drop = gain, int(graph.edge[q]), int(d)
    turn(drop, edges, taken)
    turn(add, edges, taken)
    return add >= 0


@compiled
def _along_a_path(alone: int, market: Market, taken: Taken, paths: Paths) -> None:
    """Breadth first: take a partner from somebody, who takes one from somebody, who can spare one.

    Nobody is on a path twice: an edge given up twice would be taken.
    """
    graph, edges, seen, asked = market.graph, market.edges, paths.seen, paths.asked
    paths.queue[0], head, tail = alone, 0, 1
    asked[alone], paths.before[alone] = alone, -1
    while head < tail:
        x = paths.queue[head]
        head += 1
        for q in range(graph.start[x], graph.start[x + 1]):
            y, e = graph.other[q], graph.edge[q]
            if taken.flags[e] or seen[y] == alone or asked[y] == alone:
                continue
            seen[y] = alone
            found, drop = _an_end(x, y, market, taken)
            if found:
                _unwind(x, e, drop, market, taken, paths)
                return
            for j in range(taken.many[y]):
                z = far_end(taken.held[y, j], y, edges)
                if asked[z] != alone and seen[z] != alone:
                    asked[z] = alone
                    paths.before[z], paths.by[z], paths.instead[z] = x, e, taken.held[y, j]
                    paths.queue[tail] = z
                    tail += 1


@compiled
def _an_end(x: int, y: int, market: Market, taken: Taken) -> tuple[bool, int]:
    """Whether `y` has a place for `x`: a free one (-1), or by an edge whose other end can spare it."""
    if taken.many[y] < market.room[y]:
        return True, -1
    for j in range(taken.many[y]):
        z = far_end(taken.held[y, j], y, market.edges)
        if z != x and can_spare(z, market, taken):
            return True, int(taken.held[y, j])
    return False, -1


@compiled
def _unwind(x: int, add: int, drop: int, market: Market, taken: Taken, paths: Paths) -> None:
    """Gives up and takes along the path, the end first; on the way somebody has one too many, never more."""
    while True:
        turn(drop, market.edges, taken)
        turn(add, market.edges, taken)
        if paths.before[x] < 0:
            return
        add, drop, x = paths.by[x], paths.instead[x], paths.before[x]
