"""The place for what others offer for matching, on our graph: each gives the weight it reached and who is met."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from services.intro.domain.matching.graph import Flags, Graph

Degrees = NDArray[np.int32]
Solve = Callable[[Graph], tuple[float, Degrees | None]]


@dataclass(frozen=True, slots=True)
class Peer:
    """Beyond `up_to` people it takes minutes. `needs`: what has to be installed for it."""

    name: str
    solves: str
    solve: Solve
    up_to: int = 10_000_000
    needs: str = ""

    def left_out_at(self, people: int) -> str:
        """Why it is not in this run; empty when it is."""
        if self.needs and not find_spec(self.needs):
            return "not installed"
        return f"takes minutes beyond {self.up_to:,} people" if people > self.up_to else ""


def peers() -> Iterator[Peer]:
    yield Peer("greedy", "heaviest first, no coverage", _greedy)
    yield Peer("OR-tools min-cost flow", "double cover, half-integral bound, no coverage", min_cost, 200_000)
    yield Peer("NetworKit b-Suitor", "half of the optimum or better, no coverage", b_suitor, needs="networkit")
    yield Peer("rustworkx max_weight_matching", "one introduction each", rustworkx_matching, 2_000, "rustworkx")
    yield Peer("networkx max_weight_matching", "one introduction each", networkx_matching, 1_000, "networkx")


def _greedy(graph: Graph) -> tuple[float, Degrees]:
    chosen = greedy(graph)
    return float(graph.weight(chosen)), graph.degrees(chosen)


def greedy(graph: Graph) -> Flags:
    """The pairs chosen: the heaviest that both have a place for, again and again."""
    room = graph.room.tolist()
    u, v = graph.u.tolist(), graph.v.tolist()
    chosen = np.zeros(len(u), dtype=bool)
    for e in np.argsort(-graph.w, kind="stable").tolist():
        if room[u[e]] and room[v[e]]:
            chosen[e] = True
            room[u[e]] -= 1
            room[v[e]] -= 1
    return chosen


def min_cost(graph: Graph) -> tuple[float, None]:
    """Everybody twice, left and right; half of the best flow is the best fractional plan."""
    n, flow = graph.people, min_cost_flow.SimpleMinCostFlow()
    source, sink, people = 2 * n, 2 * n + 1, np.arange(n)
    tails = np.concatenate([graph.u, graph.v, np.full(n, source), n + people, [source]])
    heads = np.concatenate([n + graph.v, n + graph.u, people, np.full(n, sink), [sink]])
    total = int(graph.room.sum())
    capacity = np.concatenate([np.ones(2 * len(graph.u)), graph.room, graph.room, [total]]).astype(np.int64)
    costs = np.concatenate([-graph.w, -graph.w, np.zeros(2 * n + 1)]).astype(np.int64)
    flow.add_arcs_with_capacity_and_unit_cost(tails.astype(np.int32), heads.astype(np.int32), capacity, costs)
    supplies = np.zeros(2 * n + 2, dtype=np.int64)
    supplies[source], supplies[sink] = total, -total
    flow.set_nodes_supplies(np.arange(2 * n + 2, dtype=np.int32), supplies)
    flow.solve()
    return -flow.optimal_cost() / 2, None


def b_suitor(graph: Graph) -> tuple[float, None]:
    import networkit as nk  # noqa: PLC0415 - an optional peer

    theirs = nk.GraphFromCoo((graph.w.astype(float), (graph.u, graph.v)), n=graph.people, weighted=True)
    matcher = nk.matching.BSuitorMatcher(theirs, graph.room.tolist())
    matcher.run()
    matched = matcher.getBMatching()
    return float(matched.weight()), None


def rustworkx_matching(graph: Graph) -> tuple[float, Degrees]:
    import rustworkx  # noqa: PLC0415 - an optional peer

    theirs: Any = rustworkx.PyGraph()
    theirs.add_nodes_from(range(graph.people))
    theirs.add_edges_from(list(zip(graph.u.tolist(), graph.v.tolist(), graph.w.tolist(), strict=True)))
    return _paired(graph, rustworkx.max_weight_matching(theirs, weight_fn=int))


def networkx_matching(graph: Graph) -> tuple[float, Degrees]:
    import networkx as nx  # noqa: PLC0415 - an optional peer

    theirs: Any = nx.Graph()
    theirs.add_weighted_edges_from(zip(graph.u.tolist(), graph.v.tolist(), graph.w.tolist(), strict=True))
    return _paired(graph, nx.max_weight_matching(theirs))


def _paired(graph: Graph, couples: Any) -> tuple[float, Degrees]:
    taken = {(min(a, b), max(a, b)) for a, b in couples}
    ends = zip(graph.u.tolist(), graph.v.tolist(), strict=True)
    chosen = np.array([edge in taken for edge in ends], dtype=bool)
    return float(graph.weight(chosen)), graph.degrees(chosen)
