"""The place for prices: how sought-after each person is, found by going round until hardly any changes.

A price lies between what a person's last place is worth to those who get it and to the first who does not. It is
lowered below zero, a subsidy, for one who would stay alone; a newcomer's bonus is raised until a welcomer is
worth it. Each step is the exact minimum of the dual in one coordinate (Gauss-Seidel).
"""

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.adjacency import Adjacency, Edges, Flags
from services.intro.domain.matching.large.compiled import compiled

Prices = NDArray[np.float32]
Roles = NDArray[np.int8]
Room = NDArray[np.int8]

NEWCOMER, WELCOMER = 1, 2
_NONE = np.float32(-1e18)
_STEP = np.float32(1000)
_MOST_ROOM = 16


def go_round(
    graph: Adjacency, room: Room, waiting: Flags, roles: Roles, prices: Prices, bonus: Prices, *,
    changes_below: float, rounds: int,
) -> None:  # fmt: skip
    """Changes `prices` and `bonus` until no price moves by more, or so many rounds have passed."""
    dirty = np.ones(len(room), dtype=bool)
    _go_round(*graph[:3], room, waiting, roles, prices, bonus, dirty, changes_below, rounds)


def worth(edges: Edges, roles: Roles, prices: Prices, bonus: Prices) -> Prices:
    """What each edge is worth beyond the prices of its people."""
    return _worth(*edges, roles, prices, bonus)


@compiled
def _go_round(
    start: NDArray[np.int64], other: NDArray[np.int32], weight: NDArray[np.int32], room: Room, waiting: Flags,
    roles: Roles, prices: Prices, bonus: Prices, dirty: Flags, changes_below: float, rounds: int,
) -> None:  # fmt: skip
    n = len(room)
    top = np.empty(_MOST_ROOM, np.float32)
    for turn in range(rounds):
        moved = False
        for step in range(n):
            u = n - 1 - step if turn & 1 else step
            if not dirty[u]:
                continue
            dirty[u] = False
            if start[u] == start[u + 1] or room[u] == 0:
                continue
            moved = True
            old, old_bonus = prices[u], bonus[u]
            if roles[u] == NEWCOMER:
                bonus[u] = _bonus(start, other, weight, roles, prices, u)
            prices[u] = _price(start, other, weight, room, waiting, roles, prices, bonus, top, u)
            if abs(prices[u] - old) + abs(bonus[u] - old_bonus) > changes_below:
                for q in range(start[u], start[u + 1]):
                    dirty[other[q]] = True
        if not moved:
            return


@compiled
def _bonus(
    start: NDArray[np.int64], other: NDArray[np.int32], weight: NDArray[np.int32], roles: Roles, prices: Prices, u: int
) -> np.float32:
    """Enough for the best welcomer to be worth it, but not for the second."""
    best, second = _NONE, _NONE
    for q in range(start[u], start[u + 1]):
        v = other[q]
        if roles[v] == WELCOMER:
            x = np.float32(weight[q]) - prices[v] - prices[u]
            if x > best:
                best, second = x, best
            elif x > second:
                second = x
    if best == _NONE or best >= 0:
        return np.float32(0)
    if second == _NONE:
        second = best - _STEP
    middle: np.float32 = -(best + second) * np.float32(0.5)
    return max(middle, np.float32(0))


@compiled
def _price(
    start: NDArray[np.int64], other: NDArray[np.int32], weight: NDArray[np.int32], room: Room, waiting: Flags,
    roles: Roles, prices: Prices, bonus: Prices, top: Prices, u: int,
) -> np.float32:  # fmt: skip
    """Half way between the last who gets a place and the first who does not."""
    places, count = room[u], 0
    for q in range(start[u], start[u + 1]):
        v = other[q]
        x = np.float32(weight[q]) - prices[v]
        if roles[u] * roles[v] == NEWCOMER * WELCOMER:
            x += bonus[u] + bonus[v]
        if count <= places or x > top[count - 1]:
            j = min(count, places)
            while j > 0 and top[j - 1] < x:
                top[j] = top[j - 1]
                j -= 1
            top[j] = x
            count = min(count + 1, places + 1)
    last = top[places - 1] if count >= places else _NONE
    if last > 0:
        beyond = top[places] if count > places and top[places] > 0 else np.float32(0)
        return np.float32((last + beyond) * np.float32(0.5))
    if waiting[u] and top[0] < 0:
        beyond = top[1] if count > 1 else top[0] - _STEP
        return np.float32((top[0] + beyond) * np.float32(0.5))
    return np.float32(0)


@compiled
def _worth(
    u: NDArray[np.int32], v: NDArray[np.int32], w: NDArray[np.int32], roles: Roles, prices: Prices, bonus: Prices
) -> Prices:
    out = np.empty(len(u), np.float32)
    for e in range(len(u)):
        a, b = u[e], v[e]
        x = np.float32(w[e]) - prices[a] - prices[b]
        if roles[a] * roles[b] == NEWCOMER * WELCOMER:
            x += bonus[a] + bonus[b]
        out[e] = x
    return out
