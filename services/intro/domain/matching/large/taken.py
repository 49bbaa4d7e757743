"""The place for the pairs taken so far, and for what every step on them needs: take, give up, how many, which."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.adjacency import Edges, Flags, Ints
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.market import Market, Prices, Small
from services.intro.domain.people import MOST_PLACES

Held = NDArray[np.int32]

_STEP, _LARGEST = 2.0, 32_767
"""Short numbers are sorted in one go: two steps of a score apart is near enough to be taken in any order."""


class Taken(NamedTuple):
    """`held[i, : many[i]]` are the numbers of the edges that person `i` has; `flags` says it by edge.

    Edges that are `locked` are not given up again.
    """

    flags: Flags
    held: Held
    many: Small
    locked: Flags


def take_in_order(market: Market, worth: Prices) -> Taken:
    """The worthiest first, as long as both have a place."""
    taken = Taken(
        np.zeros(len(market.edges.u), dtype=bool),
        np.full((len(market.room), MOST_PLACES + 2), -1, dtype=np.int32),
        np.zeros(len(market.room), dtype=np.int8),
        np.zeros(len(market.edges.u), dtype=bool),
    )
    rounded = np.clip(worth / -_STEP, -_LARGEST, _LARGEST).astype(np.int16)
    _take_in_order(market, np.argsort(rounded, kind="stable").astype(np.int32), taken)
    return taken


@compiled
def _take_in_order(market: Market, order: Ints, taken: Taken) -> None:
    edges, room, many = market.edges, market.room, taken.many
    for e in order:
        if many[edges.u[e]] < room[edges.u[e]] and many[edges.v[e]] < room[edges.v[e]]:
            turn(e, edges, taken)


@compiled
def turn(e: int, edges: Edges, taken: Taken) -> None:
    """Takes an edge that is free, gives one up that is taken; nothing for -1."""
    if e < 0:
        return
    held, many = taken.held, taken.many
    for person in (edges.u[e], edges.v[e]):
        if taken.flags[e]:
            for j in range(many[person]):
                if held[person, j] == e:
                    many[person] -= 1
                    held[person, j] = held[person, many[person]]
                    held[person, many[person]] = -1
                    break
        else:
            held[person, many[person]] = e
            many[person] += 1
    taken.flags[e] = not taken.flags[e]


@compiled
def far_end(e: int, person: int, edges: Edges) -> int:
    return int(edges.u[e]) if edges.v[e] == person else int(edges.v[e])


@compiled
def can_spare(person: int, market: Market, taken: Taken) -> bool:
    """Whether this person has somebody left after giving one up, or waits for nobody."""
    return bool(taken.many[person] >= 2 or not market.waiting[person])
