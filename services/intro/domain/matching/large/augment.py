"""The place for making a good plan better: alternating walks from the few people where prices and plan disagree.

A walk moves a free place along: take an edge, its other end gives up one in turn, whose far end has the free
place now. The prices lead: gain so far plus the price of who holds the free place never rises when the prices
are right, so the best-first search ends early. Only strict gains are applied.
"""

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.adjacency import Adjacency, Edges, Flags, Ints, Longs
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.prices import Prices, Room
from services.intro.domain.matching.large.taken import Count, Held, Taken, far_end, turn

_LOOKS = 64
"""People whose turn comes in one walk, at most."""
_SPREAD = 64
_TURNS = 8
Floats = NDArray[np.float64]


def improve(
    graph: Adjacency, edges: Edges, worth: Prices, room: Room, waiting: Flags, prices: Prices, locked: Flags,
    taken: Taken, *, passes: int,
) -> int:  # fmt: skip
    """Returns by how much the weight grew. `locked` edges are not given up."""
    return _improve(graph.start, graph.other, graph.edge, *edges, worth, room, waiting, prices, locked, *taken, passes)


@compiled
def _improve(
    start: Longs, other: Ints, edge: Ints, u: Ints, v: Ints, w: Ints, worth: Prices, room: Room, waiting: Flags,
    prices: Prices, locked: Flags, flags: Flags, held: Held, count: Count, passes: int,
) -> int:  # fmt: skip
    n = len(room)
    size = _LOOKS * _SPREAD + 64
    labels, nodes = np.full(n, -1, np.int64), np.empty((6, size), np.int32)
    gains, journal = np.empty((2, size), np.float64), np.empty(4 * size, np.int32)
    total, walk = 0, 0
    for _ in range(passes):
        before = total
        for a in range(n):
            for _ in range(_TURNS):
                if count[a] >= room[a]:
                    break
                walk += 1
                gain, _ = _walk(
                    a, walk, 0, start, other, edge, u, v, w, room, waiting, prices, locked, flags, held,
                    count, labels, nodes, gains, journal,
                )  # fmt: skip
                if gain <= 0:
                    break
                total += gain
        for a in range(n):
            if not _disagree(a, start, edge, worth, flags):
                continue
            j = 0
            while j < count[a]:
                gain, walk = _exchange(
                    a, held[a, j], walk, start, other, edge, u, v, w, room, waiting, prices, locked, flags,
                    held, count, labels, nodes, gains, journal,
                )  # fmt: skip
                total += gain
                j = 0 if gain > 0 else j + 1
        if total == before:
            break
    return total


@compiled
def _disagree(a: int, start: Longs, edge: Ints, worth: Prices, flags: Flags) -> bool:
    """An edge that the prices want is not taken, or one is taken that they do not want."""
    for q in range(start[a], start[a + 1]):
        e = edge[q]
        if (not flags[e] and worth[e] > 1) or (flags[e] and worth[e] < -1):
            return True
    return False


@compiled
def _exchange(
    a: int, e: int, walk: int, start: Longs, other: Ints, edge: Ints, u: Ints, v: Ints, w: Ints, room: Room,
    waiting: Flags, prices: Prices, locked: Flags, flags: Flags, held: Held, count: Count, labels: Longs,
    nodes: Ints, gains: Floats, journal: Ints,
) -> tuple[int, int]:  # fmt: skip
    """Gives up one edge and lets both ends walk; undone exactly unless all of it together is a gain."""
    if locked[e]:
        return 0, walk
    b = far_end(e, a, u, v)
    for side in range(2):
        journal[0], length = e, 1
        turn(e, u, v, flags, held, count)
        gain = -int(w[e])
        for turn_of in range(2):
            free = a if side == turn_of else b
            walk += 1
            more, length = _walk(
                free, walk, length, start, other, edge, u, v, w, room, waiting, prices, locked, flags, held,
                count, labels, nodes, gains, journal,
            )  # fmt: skip
            gain += more
        fine_a, fine_b = count[a] > 0 or not waiting[a], count[b] > 0 or not waiting[b]
        if gain > 0 and fine_a and fine_b:
            return gain, walk
        for i in range(length - 1, -1, -1):
            turn(journal[i], u, v, flags, held, count)
    return 0, walk


@compiled
def _walk(  # noqa: C901, PLR0912 - one search, compiled as one loop
    origin: int, walk: int, length: int, start: Longs, other: Ints, edge: Ints, u: Ints, v: Ints, w: Ints,
    room: Room, waiting: Flags, prices: Prices, locked: Flags, flags: Flags, held: Held, count: Count,
    labels: Longs, nodes: Ints, gains: Floats, journal: Ints,
) -> tuple[int, int]:  # fmt: skip
    """The best walk from somebody with a free place, applied when it gains. Returns the gain and journal length.

    Rows of `nodes`: who holds the free place, the node before, the edge taken to get here, the edge given up,
    and the heap of nodes to look at; rows of `gains`: gain plus price by node, and by heap entry.
    """
    if count[origin] >= room[origin]:
        return 0, length
    holder, before, added, dropped, heap = nodes[0], nodes[1], nodes[2], nodes[3], nodes[4]
    promise, key = gains[0], gains[1]
    holder[0], before[0], promise[0] = origin, -1, prices[origin]
    heap[0], key[0] = 0, promise[0]
    known, waiting_nodes, best, at_node, last = 1, 1, 0.5, -1, -1
    labels[origin] = walk
    for _ in range(_LOOKS):
        if waiting_nodes == 0 or key[0] <= best - 1:
            break
        node = heap[0]
        waiting_nodes = _sink(heap, key, waiting_nodes)
        x = holder[node]
        gain = promise[node] - prices[x]
        if node > 0 and gain > best and (x == origin or count[x] >= 2 or not waiting[x]):
            best, at_node, last = gain, node, -1
        for q in range(start[x], start[x + 1]):
            e, y = edge[q], other[q]
            if flags[e] or _on_the_way(node, e, added, before):
                continue
            if room[y] - count[y] >= (2 if y == origin else 1):
                if gain + w[e] > best:
                    best, at_node, last = gain + w[e], node, e
                continue
            if y == origin:
                continue
            for j in range(count[y]):
                d = held[y, j]
                z = far_end(d, y, u, v)
                hope = gain + w[e] - w[d] + prices[z]
                if locked[d] or z == x or hope <= best or labels[z] == walk or known >= len(holder):
                    continue
                if _on_the_way(node, d, dropped, before):
                    continue
                labels[z] = walk
                holder[known], before[known], added[known], dropped[known] = z, node, e, d
                promise[known] = hope
                waiting_nodes = _rise(heap, key, waiting_nodes, known, hope)
                known += 1
    if at_node < 0:
        return 0, length
    for turned in (dropped, added):
        node = at_node
        while node > 0:
            journal[length] = turned[node]
            length += 1
            turn(turned[node], u, v, flags, held, count)
            node = before[node]
    if last >= 0:
        journal[length] = last
        length += 1
        turn(last, u, v, flags, held, count)
    return round(best), length


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
