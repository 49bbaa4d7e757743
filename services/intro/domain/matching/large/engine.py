"""The place for the order of steps on a large gathering: candidates, prices, rounding, repair, improvement."""

from dataclasses import dataclass

import numpy as np

from services.intro.domain.matching.certificate import rounded
from services.intro.domain.matching.graph import Graph, Solution
from services.intro.domain.matching.large.adjacency import Edges, Longs, union
from services.intro.domain.matching.large.augment import improve
from services.intro.domain.matching.large.buckets import buckets_for
from services.intro.domain.matching.large.candidates import Nearest, among_all, beside, by_keys, by_neighbours
from services.intro.domain.matching.large.certain import with_somebody_for_all
from services.intro.domain.matching.large.keys import windows
from services.intro.domain.matching.large.market import Asked, Market, market_of, near_the_prices, worth
from services.intro.domain.matching.large.packed import pack
from services.intro.domain.matching.large.priced import missing, missing_among_all
from services.intro.domain.matching.large.prices import NEAR_ENOUGH, fit
from services.intro.domain.matching.large.repair import cover
from services.intro.domain.matching.large.taken import Taken, take_in_order
from services.intro.domain.matching.large.welcome import welcome
from services.intro.domain.matching.taking_part import Participants
from services.intro.domain.scoring.facts import by_place

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


@dataclass(frozen=True, slots=True)
class Pains:
    """How exact the prices are, how often all people are gone through to improve, and how far a walk looks."""

    changes_below: float
    passes: int
    looks: int


_FEW = Pains(changes_below=8, passes=4, looks=64)
_MANY = Pains(changes_below=32, passes=1, looks=16)
"""Twice as fast for half a thousandth of the weight; a second pass found less than a ten-thousandth."""


def pains_for(people: int) -> Pains:
    return _FEW if people <= ALL_PAIRS_UP_TO else _MANY


def solve_large(who: Participants) -> tuple[Graph, Solution]:
    """Near the optimum, for as many people as memory holds; the prices prove how near.

    People are taken in the order of places: neighbours are found in a stretch of a list, and are near in memory.
    """
    order = by_place(who.facts)
    market = market_of(who, order, *_candidates(who, order))
    return _back(who, order, market, settle(market))


def _candidates(who: Participants, order: Longs) -> tuple[Edges, Asked]:
    """Everybody's best few, and the pairs that the prices on these want besides."""
    packed = pack(who, order)
    if len(order) <= ALL_PAIRS_UP_TO:
        nearest = with_somebody_for_all(packed, among_all(packed, _NEAREST))
        asked = _first_prices(who, order, nearest)
        more = missing_among_all(packed, nearest, asked, _MORE)
    else:
        wider = min(4, max(1, _WIDER_BELOW // len(order)))
        buckets = buckets_for(packed, _WINDOWS)
        near = by_neighbours(packed, by_keys(packed, buckets, _WINDOWS, _NEAREST))
        nearest = with_somebody_for_all(packed, near)
        asked = _first_prices(who, order, nearest)
        more = missing(packed, buckets, _WIDE * wider, nearest, asked, _MORE)
    return union(beside(nearest, more)), asked


def _first_prices(who: Participants, order: Longs, nearest: Nearest) -> Asked:
    market = market_of(who, order, union(nearest))
    fit(market, changes_below=pains_for(len(order)).changes_below)
    return Asked(market.prices, market.bonus)


def _back(who: Participants, order: Longs, market: Market, taken: Taken) -> tuple[Graph, Solution]:
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


def settle(market: Market) -> Taken:
    """Finds the prices, which stay in the market, and from these the pairs."""
    pains = pains_for(len(market.room))
    fit(market, changes_below=pains.changes_below)
    value = worth(market)
    taken = take_in_order(market, value)
    cover(market, taken)
    welcome(market, taken)
    near = near_the_prices(market, (value > -NEAR_ENOUGH) | taken.flags)
    improve(market, near, value, taken, passes=pains.passes, looks=pains.looks)
    return taken
