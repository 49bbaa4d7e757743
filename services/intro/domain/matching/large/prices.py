"""The place for prices: how sought-after each person is, found by going round until hardly any changes.

A price lies between what a person's last place is worth to those who get it and to the first who does not. It is
lowered below zero, a subsidy, for one who would stay alone; a newcomer's bonus is raised until a welcomer is
worth it. Each step is the exact minimum of the dual in one coordinate (Gauss-Seidel).
"""

import numpy as np

from services.intro.domain.matching.large.adjacency import Adjacency, Flags
from services.intro.domain.matching.large.compiled import compiled, compiled_in_place
from services.intro.domain.matching.large.market import (
    MOST_BONUS,
    NEWCOMER,
    WELCOMER,
    Market,
    Prices,
    near_the_prices,
    worth,
)
from services.intro.domain.matching.large.scarce import compete

NEAR_ENOUGH = np.float32(1300)
"""Edges worth less than this below nothing are not looked at again."""
_NONE = np.float32(-1e18)
_STEP = np.float32(1000)
_MOST_ROOM = 16
_SHARE = 0.45
_ROUNDS = 60


def fit(market: Market, *, changes_below: float) -> None:
    """Finds the prices: a few rounds over all edges, many over the promising ones, one last over all.

    Ends when no price changes by `changes_below` any more.
    """
    if not market.prices.any():
        _begin(market)
    compete(market)
    _go_round(market, market.graph, _everybody(market), 50.0, 4)
    promising = near_the_prices(market, worth(market) > -3 * NEAR_ENOUGH)
    _go_round(market, promising, _everybody(market), changes_below, _ROUNDS)
    _go_round(market, market.graph, _everybody(market), changes_below, 1)


def _everybody(market: Market) -> Flags:
    return np.ones(len(market.room), dtype=bool)


@compiled
def _begin(market: Market) -> None:
    """Nearly half of what a person's last place could bring: two people share what their pair is worth.

    From nothing the first in line would take all of it, and going round stalls before it is evened out.
    """
    graph, top = market.graph, np.empty(_MOST_ROOM, np.float32)
    for u in range(len(market.room)):
        places, count = market.room[u], 0
        for q in range(graph.start[u], graph.start[u + 1]):
            count = _among_the_largest(top, np.float32(graph.weight[q]), count, places)
        if 0 < places <= count:
            market.prices[u] = np.float32(_SHARE) * top[places - 1]


@compiled_in_place
def _among_the_largest(top: Prices, x: np.float32, count: int, most: int) -> int:
    """Keeps the `most` largest in falling order; returns how many there are."""
    if count < most or x > top[most - 1]:
        j = min(count, most - 1)
        while j > 0 and top[j - 1] < x:
            top[j] = top[j - 1]
            j -= 1
        top[j] = x
        count = min(count + 1, most)
    return count


@compiled
def _go_round(market: Market, graph: Adjacency, dirty: Flags, changes_below: float, rounds: int) -> None:
    """Changes prices and bonus until none moves by more, or so many rounds have passed.

    `dirty`: whose neighbours have moved since their own turn.
    """
    room, prices, bonus = market.room, market.prices, market.bonus
    n, top = len(room), np.empty(_MOST_ROOM, np.float32)
    for turn in range(rounds):
        moved = False
        for step in range(n):
            u = n - 1 - step if turn & 1 else step
            if not dirty[u]:
                continue
            dirty[u] = False
            if graph.start[u] == graph.start[u + 1] or room[u] == 0:
                continue
            moved = True
            old, old_bonus = prices[u], bonus[u]
            if market.roles[u] == NEWCOMER:
                bonus[u] = _bonus(market, graph, u)
            prices[u] = _price(market, graph, top, u)
            if abs(prices[u] - old) + abs(bonus[u] - old_bonus) > changes_below:
                for q in range(graph.start[u], graph.start[u + 1]):
                    dirty[graph.other[q]] = True
        if not moved:
            return


@compiled_in_place
def _bonus(market: Market, graph: Adjacency, u: int) -> np.float32:
    """Enough for the best welcomer to be worth it, but not for the second."""
    best, second = _NONE, _NONE
    for q in range(graph.start[u], graph.start[u + 1]):
        v = graph.other[q]
        if market.roles[v] == WELCOMER:
            x = np.float32(graph.weight[q]) - market.prices[v] - market.prices[u]
            if x > best:
                best, second = x, best
            elif x > second:
                second = x
    if best == _NONE or best >= 0:
        return np.float32(0)
    if second == _NONE:
        second = best - _STEP
    middle: np.float32 = -(best + second) * np.float32(0.5)
    return min(max(middle, np.float32(0)), MOST_BONUS)


@compiled_in_place
def _price(market: Market, graph: Adjacency, top: Prices, u: int) -> np.float32:
    """Half way between the last who gets a place and the first who does not."""
    places, role, count = market.room[u], market.roles[u], 0
    for q in range(graph.start[u], graph.start[u + 1]):
        v = graph.other[q]
        x = np.float32(graph.weight[q]) - market.prices[v]
        if role * market.roles[v] == NEWCOMER * WELCOMER:
            x += market.bonus[u] + market.bonus[v]
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
    if market.waiting[u] and top[0] < 0:
        beyond = top[1] if count > 1 else top[0] - _STEP
        return max(np.float32((top[0] + beyond) * np.float32(0.5)), -MOST_BONUS)
    return np.float32(0)
