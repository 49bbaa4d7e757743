"""The place for the pairs taken so far, and for what every step on them needs: take, give up, how many, which."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.adjacency import Edges, Flags, Ints
from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.prices import Prices, Room
from services.intro.domain.people import MOST_PLACES

Held = NDArray[np.int32]
Count = NDArray[np.int8]


class Taken(NamedTuple):
    """`held[i, : many[i]]` are the numbers of the edges that person `i` has; `flags` says it by edge."""

    flags: Flags
    held: Held
    many: Count


def take_in_order(edges: Edges, worth: Prices, room: Room) -> Taken:
    """The worthiest first, as long as both have a place."""
    nothing = Taken(
        np.zeros(len(edges.u), dtype=bool),
        np.full((len(room), MOST_PLACES + 2), -1, dtype=np.int32),
        np.zeros(len(room), dtype=np.int8),
    )
    order = np.argsort(-worth, kind="stable").astype(np.int32)
    _take_in_order(edges.u, edges.v, order, room, nothing.flags, nothing.held, nothing.many)
    return nothing


@compiled
def _take_in_order(u: Ints, v: Ints, order: Ints, room: Room, flags: Flags, held: Held, count: Count) -> None:
    for e in order:
        if count[u[e]] < room[u[e]] and count[v[e]] < room[v[e]]:
            turn(e, u, v, flags, held, count)


@compiled
def turn(e: int, u: Ints, v: Ints, flags: Flags, held: Held, count: Count) -> None:
    """Takes an edge that is free, gives one up that is taken."""
    for person in (u[e], v[e]):
        if flags[e]:
            for j in range(count[person]):
                if held[person, j] == e:
                    count[person] -= 1
                    held[person, j] = held[person, count[person]]
                    held[person, count[person]] = -1
                    break
        else:
            held[person, count[person]] = e
            count[person] += 1
    flags[e] = not flags[e]


@compiled
def far_end(e: int, person: int, u: Ints, v: Ints) -> int:
    return int(u[e]) if v[e] == person else int(v[e])
