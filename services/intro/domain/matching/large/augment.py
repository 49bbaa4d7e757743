"""The place for making a good plan better: alternating walks from the few people where prices and plan disagree.

A walk moves a free place along: take an edge, its other end gives up one in turn, whose far end has the free
place now. The prices lead: gain so far plus the price of who holds the free place never rises when the prices
are right, so the best-first search ends early. Only strict gains are applied.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.adjacency import Adjacency, Ints, Longs
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.market import Market, Prices
from services.intro.domain.matching.large.taken import Taken, can_spare, far_end, turn

Floats = NDArray[np.float64]

_A_LOOK = 64
"""Nodes that looking at one person adds, at most, or nearly."""
_TURNS = 8


class Walks(NamedTuple):
    """One walk's nodes: who holds the free place, the node before, the edge taken to get here, that given up.

    `promise` is gain plus price by node; `heap` and `key` say which node to look at next. `labels[i]`: the last
    walk that came by person `i`. `journal` lists what was turned, so that it can be undone.
    """

    holder: Ints
    before: Ints
    added: Ints
    dropped: Ints
    promise: Floats
    heap: Ints
    key: Floats
    labels: Longs
    journal: Ints


def improve(market: Market, near: Adjacency, worth: Prices, taken: Taken, *, passes: int, looks: int) -> int:
    """Returns by how much the weight grew. Walks go along the edges of `near`, each past `looks` people at most."""
    size = _A_LOOK * (looks + 1)
    ints, floats = (np.empty(size, dtype=np.int32) for _ in range(5)), (np.empty(size) for _ in range(2))
    holder, before, added, dropped, heap = ints
    promise, key = floats
    labels, journal = np.full(len(market.room), -1, dtype=np.int64), np.empty(4 * size, dtype=np.int32)
    walks = Walks(holder, before, added, dropped, promise, heap, key, labels, journal)
    return _improve(market, near, worth, taken, walks, passes, looks)


@compiled
def _improve(
    market: Market, near: Adjacency, worth: Prices, taken: Taken, walks: Walks, passes: int, looks: int
) -> int:
    total, walk = 0, 0
    for _ in range(passes):
        before = total
        for a in range(len(market.room)):
            for _ in range(_TURNS):
                if taken.many[a] >= market.room[a]:
                    break
                walk += 1
                gain, _ = _walk(a, walk, looks, 0, market, near, taken, walks)
                if gain <= 0:
                    break
                total += gain
        for a in range(len(market.room)):
            j = 0
            while j < taken.many[a] and (j > 0 or _disagree(a, near, worth, taken)):
                gain, walk = _exchange(a, taken.held[a, j], walk, looks, market, near, taken, walks)
                total += gain
                j = 0 if gain > 0 else j + 1
        if total == before:
            break
    return total


@compiled
def _disagree(a: int, near: Adjacency, worth: Prices, taken: Taken) -> bool:
    """An edge that the prices want is not taken, or one is taken that they do not want."""
    for q in range(near.start[a], near.start[a + 1]):
        e = near.edge[q]
        if (not taken.flags[e] and worth[e] > 1) or (taken.flags[e] and worth[e] < -1):
            return True
    return False


@compiled
def _exchange(
    a: int, e: int, walk: int, looks: int, market: Market, near: Adjacency, taken: Taken, walks: Walks
) -> tuple[int, int]:
    """Gives up one edge and lets both ends walk; undone exactly unless all of it together is a gain."""
    if taken.locked[e]:
        return 0, walk
    b = far_end(e, a, market.edges)
    for side in range(2):
        walks.journal[0], length = e, 1
        turn(e, market.edges, taken)
        gain = -int(market.edges.w[e])
        for turn_of in range(2):
            walk += 1
            more, length = _walk(a if side == turn_of else b, walk, looks, length, market, near, taken, walks)
            gain += more
        fine_a, fine_b = taken.many[a] > 0 or not market.waiting[a], taken.many[b] > 0 or not market.waiting[b]
        if gain > 0 and fine_a and fine_b:
            return gain, walk
        for i in range(length - 1, -1, -1):
            turn(walks.journal[i], market.edges, taken)
    return 0, walk


@compiled
def _walk(  # noqa: C901, PLR0912 - one search, compiled as one loop
    origin: int, walk: int, looks: int, length: int, market: Market, near: Adjacency, taken: Taken, walks: Walks
) -> tuple[int, int]:
    """The best walk from somebody with a free place, applied when it gains. Returns gain and journal length."""
    if taken.many[origin] >= market.room[origin]:
        return 0, length
    w, prices, many = market.edges.w, market.prices, taken.many
    holder, before, added, dropped, promise = walks.holder, walks.before, walks.added, walks.dropped, walks.promise
    holder[0], before[0], promise[0] = origin, -1, prices[origin]
    walks.heap[0], walks.key[0], walks.labels[origin] = 0, promise[0], walk
    known, waiting, best, at_node, last = 1, 1, 0.5, -1, -1
    for _ in range(looks):
        if waiting == 0 or walks.key[0] <= best - 1:
            break
        node = walks.heap[0]
        waiting = _sink(walks.heap, walks.key, waiting)
        x = holder[node]
        gain = promise[node] - prices[x]
        if node > 0 and gain > best and (x == origin or can_spare(x, market, taken)):
            best, at_node, last = gain, node, -1
        for q in range(near.start[x], near.start[x + 1]):
            e, y = near.edge[q], near.other[q]
            if taken.flags[e] or _on_the_way(node, e, added, before):
                continue
            if market.room[y] - many[y] >= (2 if y == origin else 1):
                if gain + w[e] > best:
                    best, at_node, last = gain + w[e], node, e
                continue
            if y == origin:
                continue
            for j in range(many[y]):
                d = taken.held[y, j]
                z = far_end(d, y, market.edges)
                hope = gain + w[e] - w[d] + prices[z]
                if taken.locked[d] or z == x or hope <= best or walks.labels[z] == walk or known >= len(holder):
                    continue
                if _on_the_way(node, d, dropped, before):
                    continue
                walks.labels[z] = walk
                holder[known], before[known], added[known], dropped[known] = z, node, e, d
                promise[known] = hope
                waiting = _rise(walks.heap, walks.key, waiting, known, hope)
                known += 1
    if at_node < 0:
        return 0, length
    return round(best), _apply(at_node, last, length, market, taken, walks)


@compiled
def _apply(at_node: int, last: int, length: int, market: Market, taken: Taken, walks: Walks) -> int:
    """Gives up all that the walk gives up, then takes what it takes. Returns the journal's new length."""
    for turned in (walks.dropped, walks.added):
        node = at_node
        while node > 0:
            walks.journal[length] = turned[node]
            length += 1
            turn(turned[node], market.edges, taken)
            node = walks.before[node]
    if last >= 0:
        walks.journal[length] = last
        length += 1
        turn(last, market.edges, taken)
    return length


@compiled
def _on_the_way(node: int, e: int, edges: Ints, before: Ints) -> bool:
    while node > 0:
        if edges[node] == e:
            return True
        node = before[node]
    return False


@compiled
def _rise(heap: Ints, key: Floats, size: int, node: int, value: float) -> int:
    i = size
    while i > 0 and key[(i - 1) >> 1] < value:
        key[i], heap[i] = key[(i - 1) >> 1], heap[(i - 1) >> 1]
        i = (i - 1) >> 1
    key[i], heap[i] = value, node
    return size + 1


@compiled
def _sink(heap: Ints, key: Floats, size: int) -> int:
    """Takes the first off the heap; returns what is left."""
    size -= 1
    value, node, i = key[size], heap[size], 0
    while 2 * i + 1 < size:
        child = 2 * i + 1
        if child + 1 < size and key[child + 1] > key[child]:
            child += 1
        if key[child] <= value:
            break
        key[i], heap[i] = key[child], heap[child]
        i = child
    if size > 0:
        key[i], heap[i] = value, node
    return size
