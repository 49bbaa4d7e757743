"""The place for those whom rounding left alone: coverage first, then a welcomer for every newcomer."""

import numpy as np

from services.intro.domain.matching.large.adjacency import Adjacency, Edges, Flags, Ints, Longs
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.prices import NEWCOMER, WELCOMER, Roles, Room
from services.intro.domain.matching.large.taken import Count, Held, Taken, far_end, turn

_WORST = -(1 << 40)


def cover(graph: Adjacency, edges: Edges, room: Room, waiting: Flags, taken: Taken) -> None:
    """Everybody who waits and can be introduced is, along alternating paths."""
    _cover(*graph, *edges, room, waiting, *taken)


def welcome(graph: Adjacency, edges: Edges, room: Room, waiting: Flags, roles: Roles, taken: Taken) -> Flags:
    """Gives newcomers a welcomer by one exchange each. Returns the welcomes, which must not be given up."""
    return _welcome(*graph, *edges, room, waiting, roles, *taken)


@compiled
def _cover(
    start: Longs, other: Ints, weight: Ints, edge: Ints, u: Ints, v: Ints, w: Ints, room: Room, waiting: Flags,
    flags: Flags, held: Held, count: Count,
) -> None:  # fmt: skip
    n = len(room)
    before, by, instead = np.full(n, -1, np.int32), np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    seen, asked = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    queue = np.empty(n, np.int32)
    for alone in range(n):
        if not waiting[alone] or count[alone] > 0 or room[alone] == 0 or start[alone] == start[alone + 1]:
            continue
        best, add, drop = _WORST, -1, -1
        for q in range(start[alone], start[alone + 1]):
            y = other[q]
            if count[y] < room[y]:
                if weight[q] > best:
                    best, add, drop = int(weight[q]), int(edge[q]), -1
                continue
            for j in range(count[y]):
                d = held[y, j]
                z = far_end(d, y, u, v)
                if (count[z] >= 2 or not waiting[z]) and weight[q] - w[d] > best:
                    best, add, drop = int(weight[q]) - int(w[d]), int(edge[q]), int(d)
        if add >= 0:
            if drop >= 0:
                turn(drop, u, v, flags, held, count)
            turn(add, u, v, flags, held, count)
            continue
        _along_a_path(
            alone, start, other, edge, u, v, room, waiting, flags, held, count,
            before, by, instead, seen, asked, queue,
        )  # fmt: skip


@compiled
def _along_a_path(
    alone: int, start: Longs, other: Ints, edge: Ints, u: Ints, v: Ints, room: Room, waiting: Flags,
    flags: Flags, held: Held, count: Count, before: Ints, by: Ints, instead: Ints, seen: Ints, asked: Ints,
    queue: Ints,
) -> None:  # fmt: skip
    """Breadth first: take a partner from somebody, who takes one from somebody, who can spare one.

    Nobody is on a path twice: an edge given up twice would be taken.
    """
    queue[0], head, tail = alone, 0, 1
    asked[alone], before[alone] = alone, -1
    while head < tail:
        x = queue[head]
        head += 1
        for q in range(start[x], start[x + 1]):
            y, e = other[q], edge[q]
            if flags[e] or seen[y] == alone or asked[y] == alone:
                continue
            seen[y] = alone
            end = -2
            if count[y] < room[y]:
                end = -1
            else:
                for j in range(count[y]):
                    z = far_end(held[y, j], y, u, v)
                    if (count[z] >= 2 or not waiting[z]) and z != x:
                        end = held[y, j]
                        break
            if end != -2:
                _unwind(x, e, end, u, v, flags, held, count, before, by, instead)
                return
            for j in range(count[y]):
                z = far_end(held[y, j], y, u, v)
                if asked[z] != alone and seen[z] != alone:
                    asked[z] = alone
                    before[z], by[z], instead[z] = x, e, held[y, j]
                    queue[tail] = z
                    tail += 1


@compiled
def _unwind(
    x: int, add: int, drop: int, u: Ints, v: Ints, flags: Flags, held: Held, count: Count, before: Ints,
    by: Ints, instead: Ints,
) -> None:  # fmt: skip
    """Gives up and takes along the path, the end first; on the way somebody has one too many, never more."""
    while True:
        if drop >= 0:
            turn(drop, u, v, flags, held, count)
        turn(add, u, v, flags, held, count)
        if before[x] < 0:
            return
        add, drop, x = by[x], instead[x], before[x]


@compiled
def _welcome(
    start: Longs, other: Ints, weight: Ints, edge: Ints, u: Ints, v: Ints, w: Ints, room: Room, waiting: Flags,
    roles: Roles, flags: Flags, held: Held, count: Count,
) -> Flags:  # fmt: skip
    locked = np.zeros(len(u), np.bool_)
    for a in range(len(room)):
        welcomed_by = _best_welcome(a, u, v, w, roles, held, count)
        if welcomed_by >= 0:
            locked[welcomed_by] = True
    for a in range(len(room)):
        if roles[a] != NEWCOMER or room[a] == 0 or _best_welcome(a, u, v, w, roles, held, count) >= 0:
            continue
        mine = _spared(a, -1, u, v, w, waiting, locked, held, count) if count[a] >= room[a] else -1
        if count[a] >= room[a] and mine < 0:
            continue
        given_up = far_end(mine, a, u, v) if mine >= 0 else -1
        add, drop = _best_welcomer(
            a, given_up, start, other, weight, edge, u, v, w, room, waiting, roles, locked, flags, held, count
        )
        if add >= 0:
            for e in (drop, mine, add):
                if e >= 0:
                    turn(e, u, v, flags, held, count)
            locked[add] = True
    return locked


@compiled
def _best_welcomer(
    a: int, given_up: int, start: Longs, other: Ints, weight: Ints, edge: Ints, u: Ints, v: Ints, w: Ints,
    room: Room, waiting: Flags, roles: Roles, locked: Flags, flags: Flags, held: Held, count: Count,
) -> tuple[int, int]:  # fmt: skip
    """The edge to the welcomer who costs least, and the pair that this welcomer gives up for it; -1 for none."""
    best, add, drop = _WORST, -1, -1
    for q in range(start[a], start[a + 1]):
        y = other[q]
        if roles[y] != WELCOMER or flags[edge[q]]:
            continue
        theirs, gain = -1, int(weight[q])
        if count[y] >= room[y]:
            theirs = _spared(y, given_up, u, v, w, waiting, locked, held, count)
            if theirs < 0:
                continue
            gain -= int(w[theirs])
        if gain > best:
            best, add, drop = gain, int(edge[q]), theirs
    return add, drop


@compiled
def _best_welcome(a: int, u: Ints, v: Ints, w: Ints, roles: Roles, held: Held, count: Count) -> int:
    """The best pair of a newcomer with a welcomer among those they have, -1 for none."""
    best = -1
    if roles[a] == NEWCOMER:
        for j in range(count[a]):
            e = int(held[a, j])
            if roles[far_end(e, a, u, v)] == WELCOMER and (best < 0 or w[e] > w[best]):
                best = e
    return best


@compiled
def _spared(
    a: int, losing: int, u: Ints, v: Ints, w: Ints, waiting: Flags, locked: Flags, held: Held, count: Count
) -> int:
    """The least of somebody's pairs whose other end can do without it, -1 for none. `losing` gives one up too."""
    best = -1
    for j in range(count[a]):
        e = int(held[a, j])
        z = far_end(e, a, u, v)
        enough = 3 if z == losing else 2
        if not locked[e] and (count[z] >= enough or not waiting[z]) and (best < 0 or w[e] < w[best]):
            best = e
    return best
