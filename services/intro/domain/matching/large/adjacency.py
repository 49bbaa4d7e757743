"""The place for a graph of very many people in memory: edges, and for each person the edges at them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.candidates import Nearest
from services.intro.domain.matching.large.compiled import compiled

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Edges(NamedTuple):
    u: Ints
    v: Ints
    w: Ints


class Adjacency(NamedTuple):
    """The edges at `i` are `start[i] .. start[i + 1]`: the other end, the weight, and the edge's number."""

    start: Longs
    other: Ints
    weight: Ints
    edge: Ints


def union(nearest: Nearest) -> Edges:
    """Both directions once."""
    return Edges(*_union(*nearest))


def adjacency(edges: Edges, keep: Flags, people: int) -> Adjacency:
    """With only the edges to `keep`; they keep their numbers."""
    return Adjacency(*_adjacency(*edges, keep, people))


@compiled
def _among(person: int, people: Ints) -> bool:
    for other in people:  # noqa: SIM110 - compiled as it stands
        if other == person:
            return True
    return False


@compiled
def _union(who: Ints, score: Ints) -> tuple[Ints, Ints, Ints]:
    n, most = who.shape
    count = 0
    first = np.zeros((n, most), np.bool_)
    for u in range(n):
        for i in range(most):
            v = who[u, i]
            if v < 0:
                continue
            new = not _among(v, who[u, :i]) and (v > u or not _among(u, who[v]))
            first[u, i] = new
            count += new
    us, vs, ws = np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int32)
    at = 0
    for u in range(n):
        for i in range(most):
            if first[u, i]:
                us[at], vs[at], ws[at] = min(u, who[u, i]), max(u, who[u, i]), score[u, i]
                at += 1
    return us, vs, ws


@compiled
def _adjacency(u: Ints, v: Ints, w: Ints, keep: Flags, people: int) -> tuple[Longs, Ints, Ints, Ints]:
    start = np.zeros(people + 1, np.int64)
    for e in range(len(u)):
        if keep[e]:
            start[u[e] + 1] += 1
            start[v[e] + 1] += 1
    for i in range(people):
        start[i + 1] += start[i]
    total = start[people]
    other, weight, edge = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total, np.int32)
    at = start[:-1].copy()
    for e in range(len(u)):
        if keep[e]:
            for a, b in ((u[e], v[e]), (v[e], u[e])):
                q = at[a]
                other[q], weight[q], edge[q] = b, w[e], e
                at[a] += 1
    return start, other, weight, edge
