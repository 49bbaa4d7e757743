"""The place for rounds small enough to be solved to the optimum: OR-tools, nothing compiled, nothing random.

The linear programme with its odd groups is nearly always whole already. Where it is not, its prices say which
edges cannot be in a better plan than the one found; what is left is small, and an integer solver finishes it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from services.intro.domain.matching.graph import Flags, Graph, Solution
from services.intro.domain.matching.relaxed import Relaxed, best_of_each, relax
from services.intro.domain.matching.rounding import fill

_NEAR = (400.0, 4000.0, 70_000.0)
_FEW = 8
_NODES = 3000
"""Branches that the integer solver may look at; a count, so that a slow machine finds the same plan."""
_TRIES = 6
_TO_THE_LAST_POINT = 300
"""So many people get the optimum itself; where more score alike, proving its last point takes minutes."""
_NEAR_ENOUGH = 1e-4


def solve_exactly(graph: Graph) -> Solution:
    """Coverage, then welcome, then weight, each as large as can be."""
    if not len(graph.u):
        nothing = np.zeros(graph.people)
        return Solution(np.zeros(0, dtype=bool), nothing, nothing, "nothing", proven=True)
    relaxed = relax(graph)
    whole = _whole(graph, relaxed)
    if whole is not None:
        return Solution(whole, relaxed.prices, relaxed.bonus, "linear programme", proven=True)
    for introduced, welcomed in _wishes(relaxed):
        chosen, proven = _finish(graph, relaxed, introduced, welcomed)
        if chosen is not None:
            return Solution(chosen, relaxed.prices, relaxed.bonus, "integer programme", proven=proven)
    return Solution(fill(graph, relaxed.left), relaxed.prices, relaxed.bonus, "prices")


def _whole(graph: Graph, relaxed: Relaxed) -> Flags | None:
    taken = relaxed.share > 0.5
    if (np.abs(relaxed.share - taken) > 1e-6).any():
        return None
    chosen = np.zeros(len(graph.u), dtype=bool)
    chosen[relaxed.edges[taken]] = True
    return chosen


def _wishes(relaxed: Relaxed) -> list[tuple[int, int]]:
    """How many to introduce and to welcome, the most that the relaxed programme allows first."""
    most, most_welcomed = int(relaxed.introduced + 1e-6), int(relaxed.welcomed + 1e-6)
    fewer = [(i, j) for i in range(_TRIES) for j in range(_TRIES)]
    return [(most - i, most_welcomed - j) for i, j in fewer if most >= i and most_welcomed >= j]


def _finish(graph: Graph, relaxed: Relaxed, introduced: int, welcomed: int) -> tuple[Flags | None, bool]:
    """The best plan with at least so many, among ever more edges until none that is left out could help."""
    best: Flags | None = None
    full = introduced >= int(relaxed.introduced + 1e-6) and welcomed >= int(relaxed.welcomed + 1e-6)
    near_enough = _gap(graph) * relaxed.ceiling
    for near, edges in _ever_more(graph, relaxed):
        found, proven = _integer(graph, relaxed, edges, introduced, welcomed)
        if found is None:
            continue
        if best is None or graph.weight(found) > graph.weight(best):
            best = found
        gap = relaxed.ceiling - graph.weight(best)
        if full and gap < 1:
            return best, True
        if (full and gap <= near_enough) or (near and not proven):
            return best, False
        if len(edges) == len(graph.u) or (full and gap <= near):
            return best, proven
    return best, False


def _ever_more(graph: Graph, relaxed: Relaxed) -> Iterator[tuple[float, NDArray[np.intp]]]:
    """Everybody's most promising few, then all that could bring a plan nearer than so much."""
    promising = np.nonzero(relaxed.left > -_NEAR[0])[0]
    few = best_of_each(graph, promising, relaxed.left[promising], _FEW)
    yield 0.0, np.union1d(few, relaxed.edges[relaxed.share > 0])
    for near in _NEAR:
        yield near, np.nonzero(relaxed.left > -near)[0]


def _gap(graph: Graph) -> float:
    return 0.0 if graph.people <= _TO_THE_LAST_POINT else _NEAR_ENOUGH


def _integer(
    graph: Graph, relaxed: Relaxed, edges: NDArray[np.intp], introduced: int, welcomed: int
) -> tuple[Flags | None, bool]:
    solver = pywraplp.Solver.CreateSolver("SCIP")
    variables = {int(edge): solver.BoolVar("") for edge in edges}
    objective = solver.Objective()
    objective.SetMaximization()
    for edge, variable in variables.items():
        objective.SetCoefficient(variable, float(graph.w[edge]))
    ends = _rows_of(graph, variables)
    for person, row in enumerate(ends):
        _limit(solver, row, high=float(graph.room[person]))
    welcomes = graph.welcome_edges
    among_welcomes = _rows_of(graph, {edge: x for edge, x in variables.items() if welcomes[edge]})
    _at_least(solver, [ends[i] for i in np.nonzero(graph.waiting)[0]], introduced)
    _at_least(solver, [among_welcomes[i] for i in np.nonzero(graph.hoping)[0]], welcomed)
    for group in relaxed.odd:
        inside = group.inside(graph)
        _limit(solver, [x for edge, x in variables.items() if inside[edge]], high=float(group.most))
    return _solved(graph, solver, variables, _gap(graph))


def _solved(graph: Graph, solver: Any, variables: dict[int, Any], gap: float) -> tuple[Flags | None, bool]:
    solver.SetSolverSpecificParametersAsString(f"limits/nodes = {_NODES}\nlimits/gap = {gap}\n")
    parameters = pywraplp.MPSolverParameters()
    parameters.SetDoubleParam(parameters.RELATIVE_MIP_GAP, gap)
    status = solver.Solve(parameters)
    if status not in {solver.OPTIMAL, solver.FEASIBLE}:
        return None, False
    chosen = np.zeros(len(graph.u), dtype=bool)
    chosen[[edge for edge, variable in variables.items() if variable.solution_value() > 0.5]] = True
    return chosen, status == solver.OPTIMAL and not gap


def _rows_of(graph: Graph, variables: dict[int, Any]) -> list[list[Any]]:
    rows: list[list[Any]] = [[] for _ in range(graph.people)]
    for edge, variable in variables.items():
        rows[graph.u[edge]].append(variable)
        rows[graph.v[edge]].append(variable)
    return rows


def _at_least(solver: Any, rows: list[list[Any]], count: int) -> None:
    """At least `count` of the people whose edges these are have one; a condition each where all must."""
    if count >= len(rows):
        for row in rows:
            _limit(solver, row, low=1.0)
        return
    met = [solver.BoolVar("") for _ in rows]
    for has, row in zip(met, rows, strict=True):
        constraint = solver.Constraint(0.0, solver.infinity())
        constraint.SetCoefficient(has, -1.0)
        for variable in row:
            constraint.SetCoefficient(variable, 1.0)
    _limit(solver, met, low=float(count))


def _limit(solver: Any, row: list[Any], *, low: float | None = None, high: float | None = None) -> None:
    endless = solver.infinity()
    constraint = solver.Constraint(-endless if low is None else low, endless if high is None else high)
    for variable in row:
        constraint.SetCoefficient(variable, 1.0)
