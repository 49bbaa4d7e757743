"""The place for odd groups: three people with one place each make one pair, not three halves.

For people S and some edges F that lead out of S, a plan takes at most floor((places of S + |F|) / 2) edges inside
S and of F (Edmonds' inequality for matchings with capacities). The broken ones are found exactly among the cuts
of a cut tree (Letchford, Reinelt and Theis, Odd minimum cut sets and b-matchings revisited, 2008), built with
Gusfield's algorithm on the few people who have fractional edges.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import max_flow

from services.intro.domain.matching.graph import Flags, Floats, Graph

_SURE = 1e-6
_SCALE = 1_000_000
_BROKEN = 0.02
_MOST = 40


@dataclass(frozen=True, slots=True)
class OddGroup:
    people: Flags
    leading_out: frozenset[int]
    most: int

    def has(self, graph: Graph, edge: int) -> bool:
        within = self.people[graph.u[edge]] and self.people[graph.v[edge]]
        return bool(within) or edge in self.leading_out

    def inside(self, graph: Graph) -> Flags:
        flags = self.people[graph.u] & self.people[graph.v]
        flags[list(self.leading_out)] = True
        return np.asarray(flags, dtype=bool)


def odd_groups(graph: Graph, edges: NDArray[np.intp], share: Floats, wholes: Iterable[Flags] = ()) -> list[OddGroup]:
    """The groups whose limit this fractional plan breaks, the worst first.

    `wholes` are tried as well: all who are connected at all, for an odd number of places leaves one empty.
    Without them the loss wanders from one small group to the next.
    """
    used = share > _SURE
    edges, share = edges[used], np.minimum(share[used], 1.0)
    if (share > 1 - _SURE).all():
        return []
    found: dict[tuple[bytes, frozenset[int]], tuple[float, OddGroup]] = {}
    for people in chain(wholes, _cuts(graph, edges, share)):
        left, group = _best_group(graph, edges, share, people)
        if left < 1 - _BROKEN:
            found[group.people.tobytes(), group.leading_out] = (left, group)
    return [group for _, group in sorted(found.values(), key=lambda item: item[0])[:_MOST]]


def wholes(graph: Graph) -> list[Flags]:
    """The people of each connected part of the graph, parts of one left out."""
    label = np.arange(graph.people)
    while True:
        lowest = label.copy()
        np.minimum.at(lowest, graph.u, label[graph.v])
        np.minimum.at(lowest, graph.v, label[graph.u])
        lowest = lowest[lowest]
        if (lowest == label).all():
            break
        label = lowest
    names, sizes = np.unique(label, return_counts=True)
    return [label == name for name in names[sizes > 1]]


def _best_group(graph: Graph, edges: NDArray[np.intp], share: Floats, people: Flags) -> tuple[float, OddGroup]:
    """How far the plan is from the limit (broken below one), with the edges leading out that make it tightest."""
    one_end = np.nonzero(people[graph.u[edges]] != people[graph.v[edges]])[0]
    shares = share[one_end]
    out = shares > 0.5
    if (int(graph.room[people].sum()) + int(out.sum())) % 2 == 0 and len(shares):
        nearest = int(np.argmin(np.abs(1 - 2 * shares)))
        out[nearest] = not out[nearest]
    ends = int(graph.room[people].sum()) + int(out.sum())
    group = OddGroup(people, frozenset(map(int, edges[one_end[out]])), ends // 2)
    if ends % 2 == 0:
        return 2.0, group
    within = people[graph.u[edges]] & people[graph.v[edges]]
    slack = float(graph.room[people].sum()) - 2 * float(share[within].sum()) - float(shares.sum())
    return slack + float(np.where(out, 1 - shares, shares).sum()), group


def _cuts(graph: Graph, edges: NDArray[np.intp], share: Floats) -> Iterator[Flags]:
    """One side of every cut of a cut tree. People without fractional edges follow nobody."""
    taken = np.bincount(graph.u[edges], share, graph.people) + np.bincount(graph.v[edges], share, graph.people)
    halves = share < 1 - _SURE
    members = np.unique(np.concatenate([graph.u[edges[halves]], graph.v[edges[halves]]]))
    node = np.full(graph.people, -1, dtype=np.int64)
    node[members] = np.arange(len(members))
    spare = np.maximum(0.0, graph.room - taken)[members]
    tails = np.concatenate([node[graph.u[edges[halves]]], np.arange(len(members))])
    heads = np.concatenate([node[graph.v[edges[halves]]], np.full(len(members), len(members))])
    sizes = np.concatenate([np.minimum(share[halves], 1 - share[halves]), spare])
    sizes = np.round(sizes * _SCALE).astype(np.int64)
    for side in _cut_tree(len(members) + 1, tails, heads, sizes):
        people = np.zeros(graph.people, dtype=bool)
        people[members[[i for i in side if i < len(members)]]] = True
        yield people


def _cut_tree(
    nodes: int, tails: NDArray[np.int64], heads: NDArray[np.int64], sizes: NDArray[np.int64]
) -> Iterator[list[int]]:
    """Gusfield's minimum cuts between each node and its parent; the side without the last node."""
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(
        np.concatenate([tails, heads]), np.concatenate([heads, tails]), np.concatenate([sizes, sizes])
    )
    parent = [nodes - 1] * nodes
    for source in range(nodes - 1):
        flow.solve(source, parent[source])
        side = {int(i) for i in flow.get_source_side_min_cut()}
        for other in range(source + 1, nodes - 1):
            if other in side and parent[other] == parent[source]:
                parent[other] = source
        if nodes - 1 in side:
            side = set(range(nodes)) - side
        yield sorted(side)
