"""The place for the order of steps on a large gathering: candidates, prices, rounding, repair, improvement."""

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.certificate import rounded
from services.intro.domain.matching.graph import Graph, Solution
from services.intro.domain.matching.large.adjacency import union
from services.intro.domain.matching.large.augment import improve
from services.intro.domain.matching.large.buckets import buckets_for
from services.intro.domain.matching.large.candidates import among_all, beside, by_keys, by_neighbours
from services.intro.domain.matching.large.certain import with_somebody_for_all
from services.intro.domain.matching.large.keys import windows
from services.intro.domain.matching.large.market import Market, market_of, near_the_prices, worth
from services.intro.domain.matching.large.packed import pack
from services.intro.domain.matching.large.priced import Asked, missing, missing_among_all
from services.intro.domain.matching.large.prices import NEAR_ENOUGH, fit
from services.intro.domain.matching.large.repair import cover
from services.intro.domain.matching.large.taken import Taken, take_in_order
from services.intro.domain.matching.large.welcome import welcome
from services.intro.domain.matching.taking_part import Participants
from services.intro.domain.scoring.facts import by_place, permuted

ALL_PAIRS_UP_TO = 6000
"""So many people are scored all against all; beyond, candidates are looked up."""
_NEAREST, _MORE = 12, 8
_WINDOWS = windows(
    interest=(0, 3), two=(0, 4), both_help=(4, 4), help=(3, 3), help_and=(4, 4), sides=(2, 2), welcomes=(4, 4),
    path_and=(1, 1),
)  # fmt: skip
_WIDE = windows(interest=(0, 4), two=(0, 24), both_help=(24, 24), help=(12, 12), help_and=(24, 24), welcomes=(8, 8))
_WIDER_BELOW = 40_000
"""Fewer people can afford to look farther: twice as far when they are half as many, up to four times."""


def solve_large(who: Participants) -> tuple[Graph, Solution]:
    """Near the optimum, for as many people as memory holds; the prices prove how near.

    People are taken in the order of places: neighbours are found in a stretch of a list, and are near in memory.
    """
    order = by_place(who.facts)
    market, taken = _two_rounds(_permuted(who, order))
    return _back(who, order, market, taken)


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
        wider = min(4, max(1, _WIDER_BELOW // len(who.ids)))
        buckets = buckets_for(packed, _WINDOWS)
        near = by_neighbours(packed, by_keys(packed, buckets, _WINDOWS, _NEAREST))
        nearest = with_somebody_for_all(packed, near)
        market = market_of(who, union(nearest))
        fit(market)
        more = missing(packed, buckets, _WIDE * wider, nearest, Asked(market.prices, market.bonus), _MORE)
    market = market_of(who, union(beside(nearest, more)), market)
    fit(market)
    return market, choose(market)


def choose(market: Market, *, passes: int = 4) -> Taken:
    """From prices to pairs."""
    value = worth(market)
    taken = take_in_order(market, value)
    cover(market, taken)
    welcome(market, taken)
    near = near_the_prices(market, (value > -NEAR_ENOUGH) | taken.flags)
    improve(market, near, value, taken, passes=passes)
    return taken
