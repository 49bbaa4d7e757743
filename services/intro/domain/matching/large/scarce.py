"""The place for welcomers who are too few: which newcomers compete for them, and for what prices that makes.

Newcomers are given welcomers along alternating paths, as many as can be. Those whom a failed search comes by compete
for welcomers who are all taken, and some will go without whatever is done (the decomposition of Dulmage and
Mendelsohn). Going round would raise these welcomers' prices and what the newcomers bring for ever, never having
compared whom they suit best; so both begin at the top at once, where they cancel each other.
"""

from typing import NamedTuple

import numpy as np

from services.intro.domain.matching.large.adjacency import Flags, Ints
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.market import MOST_BONUS, NEWCOMER, WELCOMER, Market, Prices
from services.intro.domain.people import MOST_PLACES


class Guests(NamedTuple):
    """Whom each welcomer has: `guests[v, : many[v]]`, and by whom each newcomer is welcomed, -1 for nobody."""

    guests: Ints
    many: Ints
    host: Ints


class Search(NamedTuple):
    """By whom each newcomer was reached, and on whose behalf a welcomer was last seen."""

    queue: Ints
    before: Ints
    seen: Ints


def compete(market: Market) -> None:
    """Puts those who compete for welcomers, and these, at the top, and nobody else."""
    scarce, _ = _matched(market)
    _at_the_top(market.bonus, market.roles == NEWCOMER, scarce)
    _at_the_top(market.prices, market.roles == WELCOMER, scarce)


def most_welcomed(market: Market) -> int:
    """No plan welcomes more newcomers than this."""
    _, given = _matched(market)
    return int((given.host >= 0).sum())


def _matched(market: Market) -> tuple[Flags, Guests]:
    people = len(market.room)
    guests = np.full((people, MOST_PLACES + 2), -1, dtype=np.int32)
    given = Guests(guests, np.zeros(people, dtype=np.int32), np.full(people, -1, dtype=np.int32))
    search = Search(*(np.full(people, -1, dtype=np.int32) for _ in Search._fields))
    scarce = np.zeros(people, dtype=bool)
    _give(market, given, search, scarce)
    return scarce, given


def _at_the_top(values: Prices, who: Flags, scarce: Flags) -> None:
    there = values > MOST_BONUS / 2
    values[who & scarce & ~there] += MOST_BONUS
    values[who & ~scarce & there] -= MOST_BONUS


@compiled
def _give(market: Market, given: Guests, search: Search, scarce: Flags) -> None:
    for u in range(len(market.room)):
        if market.roles[u] != NEWCOMER or market.room[u] == 0:
            continue
        many = _welcomed(u, market, given, search, scarce)
        for i in range(many):
            scarce[search.queue[i]] = True
            _close(search.queue[i], market, scarce)


@compiled
def _close(u: int, market: Market, scarce: Flags) -> None:
    graph = market.graph
    for q in range(graph.start[u], graph.start[u + 1]):
        if market.roles[graph.other[q]] == WELCOMER:
            scarce[graph.other[q]] = True


@compiled
def _welcomed(u: int, market: Market, given: Guests, search: Search, scarce: Flags) -> int:
    """Gives `u` a welcomer along the shortest path; where there is none, returns how many stand in the queue."""
    graph, head, tail = market.graph, 0, 1
    search.queue[0], search.before[u] = u, -1
    while head < tail:
        x = search.queue[head]
        head += 1
        for q in range(graph.start[x], graph.start[x + 1]):
            v = graph.other[q]
            if market.roles[v] != WELCOMER or market.room[v] == 0 or scarce[v] or search.seen[v] == u:
                continue
            search.seen[v] = u
            if given.many[v] < market.room[v]:
                _hand_on(x, v, given, search)
                return 0
            for i in range(given.many[v]):
                z = given.guests[v, i]
                search.before[z] = x
                search.queue[tail] = z
                tail += 1
    return tail


@compiled
def _hand_on(x: int, v: int, given: Guests, search: Search) -> None:
    """`x` goes to `v`, and whoever comes before on the path takes the place that this leaves."""
    given.guests[v, given.many[v]] = x
    given.many[v] += 1
    while True:
        left, given.host[x] = given.host[x], v
        if left < 0:
            return
        y = search.before[x]
        for i in range(given.many[left]):
            if given.guests[left, i] == x:
                given.guests[left, i] = y
        x, v = y, left
