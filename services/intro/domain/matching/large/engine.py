"""The place for the order of steps on a large gathering: candidates, prices, rounding, repair, improvement."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.certificate import rounded
from services.intro.domain.matching.graph import Graph, Solution
from services.intro.domain.matching.large.adjacency import Adjacency, Edges, Flags, adjacency, union
from services.intro.domain.matching.large.augment import improve
from services.intro.domain.matching.large.buckets import buckets_for
from services.intro.domain.matching.large.candidates import among_all, beside, by_keys, by_neighbours
from services.intro.domain.matching.large.certain import with_somebody_for_all
from services.intro.domain.matching.large.packed import pack
from services.intro.domain.matching.large.priced import Asked, missing, missing_among_all
from services.intro.domain.matching.large.prices import (
    NEWCOMER,
    WELCOMER,
    Prices,
    Roles,
    Room,
    go_round,
    worth,
)  # fmt: skip
from services.intro.domain.matching.large.repair import cover, welcome
from services.intro.domain.matching.large.taken import Taken, take_in_order
from services.intro.domain.matching.taking_part import Participants
from services.intro.domain.scoring.facts import permuted

ALL_PAIRS_UP_TO = 6000
"""So many people are scored all against all; beyond, candidates are looked up."""
_NEAREST, _MORE = 16, 8
#                    interest two both both+ ask ask(offer) +interest . side welcome path
_WINDOWS = np.array([4, 4, 8, 8, 4, 4, 4, 4, 4, 4, 2], dtype=np.int32)
_NEAR_ENOUGH = np.float32(1300)
"""Edges worth less than this below nothing are not looked at again."""


@dataclass(slots=True)
class Market:
    """Edges and people with the prices found for them."""

    edges: Edges
    graph: Adjacency
    room: Room
    waiting: Flags
    roles: Roles
    prices: Prices
    bonus: Prices


def solve_large(who: Participants) -> tuple[Graph, Solution]:
    """Near the optimum, for as many people as memory holds; the prices prove how near."""
    order = _by_place(who)
    market, taken = _two_rounds(_permuted(who, order))
    return _back(who, order, market, taken)


def _by_place(who: Participants) -> NDArray[np.int64]:
    """Neighbours next to each other: they are found in a stretch of a list, and they are near in memory."""
    country, region, city = who.facts.place.T
    return np.lexsort((city, region, country)).astype(np.int64)


def _permuted(who: Participants, order: NDArray[np.int64]) -> Participants:
    row = np.empty(len(order), dtype=np.int64)
    row[order] = np.arange(len(order))
    return Participants(
        people=[],
        facts=permuted(who.facts, order),
        room=who.room[order],
        apart=row[who.apart],
        met=who.met[order],
        newcomer=who.newcomer[order],
        welcomer=who.welcomer[order],
    )


def _back(who: Participants, order: NDArray[np.int64], market: Market, taken: Taken) -> tuple[Graph, Solution]:
    """Graph and solution in the order in which the people came."""
    prices, bonus = np.zeros(len(order)), np.zeros(len(order))
    prices[order], bonus[order] = market.prices, market.bonus
    waiting = np.zeros(len(order), dtype=bool)
    waiting[order] = market.waiting
    u, v = order[market.edges.u].astype(np.int32), order[market.edges.v].astype(np.int32)
    graph = Graph(
        u=np.minimum(u, v),
        v=np.maximum(u, v),
        w=market.edges.w,
        room=who.room,
        waiting=waiting,
        newcomer=who.newcomer,
        welcomer=who.welcomer,
    )
    return graph, Solution(taken.flags, rounded(prices), rounded(bonus), solved_by="prices")


def _two_rounds(who: Participants) -> tuple[Market, Taken]:
    """Prices on everybody's best candidates, then once more with the pairs that those prices want."""
    packed = pack(who)
    few = len(who.ids) <= ALL_PAIRS_UP_TO
    if few:
        nearest = with_somebody_for_all(packed, among_all(packed, _NEAREST))
        market = market_of(who, union(nearest))
        fit(market)
        more = missing_among_all(packed, nearest, Asked(market.prices, market.bonus), _MORE)
    else:
        buckets = buckets_for(packed, _WINDOWS)
        near = by_neighbours(packed, by_keys(packed, buckets, _WINDOWS, _NEAREST))
        nearest = with_somebody_for_all(packed, near)
        market = market_of(who, union(nearest))
        fit(market)
        more = missing(packed, buckets, _WINDOWS * 3, nearest, Asked(market.prices, market.bonus), most=_MORE)
    market = market_of(who, union(beside(nearest, more)), market)
    fit(market)
    return market, choose(market)


def market_of(who: Participants, edges: Edges, before: Market | None = None) -> Market:
    people = len(who.ids)
    graph = adjacency(edges, np.ones(len(edges.u), dtype=bool), people)
    roles = np.where(who.newcomer, NEWCOMER, np.where(who.welcomer, WELCOMER, 0)).astype(np.int8)
    return Market(
        edges=edges,
        graph=graph,
        room=who.room.astype(np.int8),
        waiting=~who.met & (who.room > 0) & (np.diff(graph.start) > 0),
        roles=roles,
        prices=np.zeros(people, dtype=np.float32) if before is None else before.prices,
        bonus=np.zeros(people, dtype=np.float32) if before is None else before.bonus,
    )


def fit(market: Market, *, rounds: int = 60, changes_below: float = 8.0) -> None:
    """Finds the prices: a few rounds over all edges, many over the promising ones, one last over all."""
    people = market.room, market.waiting, market.roles, market.prices, market.bonus
    go_round(market.graph, *people, changes_below=50.0, rounds=6)
    promising = _worth(market) > -3 * _NEAR_ENOUGH
    near = adjacency(market.edges, promising, len(market.room))
    go_round(near, *people, changes_below=changes_below, rounds=rounds)
    go_round(market.graph, *people, changes_below=changes_below, rounds=1)


def choose(market: Market, *, passes: int = 4) -> Taken:
    """From prices to pairs."""
    value = _worth(market)
    taken = take_in_order(market.edges, value, market.room)
    cover(market.graph, market.edges, market.room, market.waiting, taken)
    locked = welcome(market.graph, market.edges, market.room, market.waiting, market.roles, taken)
    near = adjacency(market.edges, (value > -_NEAR_ENOUGH) | taken.flags, len(market.room))
    improve(near, market.edges, value, market.room, market.waiting, market.prices, locked, taken, passes=passes)
    return taken


def _worth(market: Market) -> NDArray[np.float32]:
    return worth(market.edges, market.roles, market.prices, market.bonus)
