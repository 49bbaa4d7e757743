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
        best, add, drop = np.int64(_WORST), -1, -1
        for q in range(start[alone], start[alone + 1]):
            y = other[q]
            if count[y] < room[y]:
                if weight[q] > best:
                    best, add, drop = np.int64(weight[q]), edge[q], -1
                continue
            for j in range(count[y]):
                d = held[y, j]
                z = far_end(d, y, u, v)
                if (count[z] >= 2 or not waiting[z]) and weight[q] - w[d] > best:
                    best, add, drop = np.int64(weight[q] - w[d]), edge[q], d
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
    n = len(room)
    locked = np.zeros(len(u), np.bool_)
    greeted = np.zeros(n, np.bool_)
    for a in range(n):
        best = -1
        if roles[a] == NEWCOMER:
            for j in range(count[a]):
                e = held[a, j]
                if roles[far_end(e, a, u, v)] == WELCOMER and (best < 0 or w[e] > w[best]):
                    best = e
        if best >= 0:
            locked[best], greeted[a] = True, True
    for a in range(n):
        if roles[a] != NEWCOMER or greeted[a] or room[a] == 0:
            continue
        mine = -1
        if count[a] >= room[a]:
            for j in range(count[a]):
                e = held[a, j]
                z = far_end(e, a, u, v)
                if not locked[e] and (count[z] >= 2 or not waiting[z]) and (mine < 0 or w[e] < w[mine]):
                    mine = e
            if mine < 0:
                mine = -2
        best, add, drop = np.int64(_WORST), -1, -1
        for q in range(start[a], start[a + 1]):
            y = other[q]
            if roles[y] != WELCOMER or flags[edge[q]]:
                continue
            if count[y] < room[y]:
                if weight[q] > best:
                    best, add, drop = np.int64(weight[q]), edge[q], -1
                continue
            for j in range(count[y]):
                d = held[y, j]
                z = far_end(d, y, u, v)
                if locked[d] or (waiting[z] and count[z] < 2) or z == a:
                    continue
                if mine >= 0 and z == far_end(mine, a, u, v) and count[z] < 3 and waiting[z]:
                    continue
                if weight[q] - w[d] > best:
                    best, add, drop = np.int64(weight[q] - w[d]), edge[q], d
        if add >= 0 and mine != -2:
            if drop >= 0:
                turn(drop, u, v, flags, held, count)
            if mine >= 0:
                turn(mine, u, v, flags, held, count)
            turn(add, u, v, flags, held, count)
            locked[add] = True
    return locked
