"""The place for asking CP-SAT, which shares no code with ours, whether a plan is the optimum.

It starts from our plan, or it would seldom find one as good, and says by how much a better one could exceed it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from services.intro.domain.matching.graph import Flags, Graph

UP_TO = 300
_WHOLE_PROGRAMME = 2
"""CP-SAT's level that looks at the linear programme of all conditions: without it nothing is proven in minutes."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """Ours, and what CP-SAT proves that no plan exceeds: introduced, then welcomed, then weight given these."""

    ours: tuple[int, int, int]
    proven: tuple[int, int, int]
    seconds: float

    @property
    def told(self) -> str:
        if self.ours == self.proven:
            return f"CP-SAT proves in {self.seconds:.1f} s that no plan is better"
        names = ("introduced", "welcomed", "weight")
        open_ones = [
            f"{name} {ours:,} of {most:,}"
            for name, ours, most in zip(names, self.ours, self.proven, strict=True)
            if most > ours
        ]
        return f"CP-SAT found nothing better in {self.seconds:.1f} s and could not exclude it: {', '.join(open_ones)}"


def optimum(graph: Graph, chosen: Flags, *, seconds: float = 60.0) -> Optimum:
    """`seconds` for each of the three at most; whatever CP-SAT finds that is better than ours is in `proven`."""
    ours = (
        graph.introduced(chosen),
        int((graph.welcomed(chosen) & graph.hoping).sum()),
        graph.weight(chosen),
    )
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in graph.u]
    for variable, used in zip(taken, chosen.tolist(), strict=True):
        model.add_hint(variable, used)
    everybody = np.ones(len(graph.u), dtype=bool)
    edges = _edges_of(graph, taken, everybody)
    for row, room in zip(edges, graph.room.tolist(), strict=True):
        model.add(sum(row) <= room)
    proven, spent = [], 0.0
    for who, rows, count in (
        (graph.waiting, edges, ours[0]),
        (graph.hoping, _edges_of(graph, taken, graph.welcome_edges), ours[1]),
    ):
        most, took = _as_many(model, [rows[i] for i in np.nonzero(who)[0]], count, seconds)
        proven.append(most)
        spent += took
    weight, took = _most(model, sum(int(w) * x for w, x in zip(graph.w, taken, strict=True)), seconds)
    return Optimum(ours, (proven[0], proven[1], weight), spent + took)


def _edges_of(graph: Graph, taken: list[Any], edges: Flags) -> list[list[Any]]:
    rows: list[list[Any]] = [[] for _ in range(graph.people)]
    for edge in np.nonzero(edges)[0]:
        rows[graph.u[edge]].append(taken[edge])
        rows[graph.v[edge]].append(taken[edge])
    return rows


def _as_many(model: cp_model.CpModel, rows: list[list[Any]], count: int, seconds: float) -> tuple[int, float]:
    """The most of these who can have one of their edges; from now on at least `count` have."""
    if count == len(rows):
        for row in rows:
            model.add_at_least_one(row)
        return count, 0.0
    met = [model.new_bool_var("") for _ in rows]
    for has, row in zip(met, rows, strict=True):
        model.add(sum(row) >= has)
    found = _most(model, sum(met), seconds)
    model.add(sum(met) >= count)
    return found


def _most(model: cp_model.CpModel, goal: Any, seconds: float) -> tuple[int, float]:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = _WHOLE_PROGRAMME
    solver.parameters.max_time_in_seconds = seconds
    model.maximize(goal)
    solver.solve(model)
    return int(solver.best_objective_bound + 1e-6), solver.wall_time
