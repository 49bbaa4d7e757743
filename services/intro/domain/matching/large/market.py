"""The place for a gathering as a market: who could meet whom for how much, and the price of each person's time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.adjacency import Adjacency, Edges, Flags, Longs, adjacency
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.taking_part import Participants

Prices = NDArray[np.float32]
Small = NDArray[np.int8]

NEWCOMER, WELCOMER = 1, 2
MOST_BONUS = np.float32(131_072)
"""More than a welcome costs in pairs: nobody brings more, nor is subsidised by more. Two of the highest scores."""


class Asked(NamedTuple):
    """What the market asks: a price a person, and what a newcomer's welcome is worth."""

    prices: Prices
    bonus: Prices


class Market(NamedTuple):
    """Edges and people with the prices found for them.

    `waiting`: who has nobody yet and a candidate; `roles`: newcomer, welcomer or neither.
    """

    edges: Edges
    graph: Adjacency
    room: Small
    waiting: Flags
    roles: Small
    prices: Prices
    bonus: Prices


def market_of(who: Participants, order: Longs, edges: Edges, asked: Asked | None = None) -> Market:
    """The market of these people, in the order of `order`, on these edges, with the prices asked before."""
    people, room = len(order), who.room[order].astype(np.int8)
    graph = adjacency(edges, np.ones(len(edges.u), dtype=bool), people)
    roles = np.where(who.newcomer, NEWCOMER, np.where(who.welcomer, WELCOMER, 0))
    prices, bonus = asked or (np.zeros(people, dtype=np.float32), np.zeros(people, dtype=np.float32))
    return Market(
        edges=edges,
        graph=graph,
        room=room,
        waiting=~who.met[order] & (room > 0) & (np.diff(graph.start) > 0),
        roles=roles[order].astype(np.int8),
        prices=prices,
        bonus=bonus,
    )


def near_the_prices(market: Market, keep: Flags) -> Adjacency:
    """Only the edges to `keep`."""
    return adjacency(market.edges, keep, len(market.room))


@compiled
def worth(market: Market) -> Prices:
    """What each edge is worth beyond the prices of its people."""
    edges, roles, prices, bonus = market.edges, market.roles, market.prices, market.bonus
    out = np.empty(len(edges.u), np.float32)
    for e in range(len(edges.u)):
        a, b = edges.u[e], edges.v[e]
        x = np.float32(edges.w[e]) - prices[a] - prices[b]
        if roles[a] * roles[b] == NEWCOMER * WELCOMER:
            x += bonus[a] + bonus[b]
        out[e] = x
    return out
