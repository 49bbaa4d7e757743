"""The place for the linear programme of a round, solved by GLOP: its dual values are the prices.

Not all edges are put in: it starts from everybody's best few and adds those that its own prices prove wrong
to have left out (column generation), until no edge is missing. The prices then hold for all edges. Where the
optimum takes halves of edges around an odd group, that group's own limit is added and it is solved again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from services.intro.domain.matching.certificate import reduced, rounded
from services.intro.domain.matching.graph import Flags, Floats, Graph, Ints
from services.intro.domain.matching.odd import OddGroup, odd_groups, wholes

_WELCOME = 32 * 65535.0
"""What a newcomer's welcome is worth: more than any exchange of pairs along the way."""
_COVERED = 32 * _WELCOME
"""And an introduction for somebody without: more than any exchange of welcomes."""
_FIRST = 5
_CUTS = 40
_WORK = 25_000_000
"""Limits of odd groups, times edges to price by each: beyond, many equal scores move the loss from group to group."""
_MISSING = 0.5


@dataclass(slots=True)
class Relaxed:
    """`share[i]` of edge `edges[i]` is taken at the optimum. `prices` and `bonus` prove the plain bound;

    `left` is what an edge is worth beyond all prices, odd groups' among them, and `ceiling` that sharper bound.
    """

    prices: Floats
    bonus: Floats
    edges: NDArray[np.intp]
    share: Floats
    left: Floats
    ceiling: float
    odd: tuple[OddGroup, ...]
    introduced: float
    welcomed: float


@dataclass(slots=True)
class _Programme:
    graph: Graph
    solver: Any
    places: list[Any]
    cover: dict[int, Any]
    covered: dict[int, Any]
    welcome: dict[int, Any]
    welcomed: dict[int, Any]
    is_welcome: Flags
    taken: Flags
    edges: list[int] = field(default_factory=list)
    variables: list[Any] = field(default_factory=list)
    odd: list[tuple[OddGroup, Any]] = field(default_factory=list)


def relax(graph: Graph) -> Relaxed:
    """The optimum over fractional plans. Deterministic."""
    programme = _programme(graph)
    _generate(programme, _first_edges(graph))
    prices, bonus = _duals(programme)
    parts = wholes(graph)
    for _ in range(_CUTS):
        if len(programme.odd) * len(graph.u) > _WORK:
            break
        groups = odd_groups(graph, np.array(programme.edges), _shares(programme), parts)
        if not groups:
            break
        for group in groups:
            _forbid(programme, group)
        _generate(programme, np.zeros(0, dtype=np.intp))
    introduced, welcomed = _sum(programme.covered.values()), _sum(programme.welcomed.values())
    return Relaxed(
        prices=rounded(prices),
        bonus=rounded(bonus),
        edges=np.array(programme.edges, dtype=np.intp),
        share=_shares(programme),
        left=_left(programme),
        ceiling=float(programme.solver.Objective().Value()) - _COVERED * introduced - _WELCOME * welcomed,
        odd=tuple(group for group, _ in programme.odd),
        introduced=introduced,
        welcomed=welcomed,
    )


def _generate(programme: _Programme, more: NDArray[np.intp]) -> None:
    """Solves, adds the edges that the prices want, ever more of them, and again until none is missing."""
    for most in _FIRST * 2 ** np.arange(32):
        for edge in map(int, more):
            _add(programme, edge)
        programme.taken[more] = True
        programme.solver.Solve()
        left = _left(programme)
        missing = np.nonzero(~programme.taken & (left > _MISSING))[0]
        if not len(missing):
            return
        more = best_of_each(programme.graph, missing, left[missing], int(most))


def _left(programme: _Programme) -> Floats:
    prices, bonus = _duals(programme)
    left = reduced(programme.graph, prices, bonus)
    for group, row in programme.odd:
        left[group.inside(programme.graph)] -= row.dual_value()
    return left


def _shares(programme: _Programme) -> Floats:
    return np.array([variable.solution_value() for variable in programme.variables])


def _sum(variables: Iterable[Any]) -> float:
    return float(sum(variable.solution_value() for variable in variables))


def _forbid(programme: _Programme, group: OddGroup) -> None:
    row = programme.solver.Constraint(-programme.solver.infinity(), float(group.most))
    inside = group.inside(programme.graph)
    for edge, variable in zip(programme.edges, programme.variables, strict=True):
        if inside[edge]:
            row.SetCoefficient(variable, 1.0)
    programme.odd.append((group, row))


def _programme(graph: Graph) -> _Programme:
    solver = pywraplp.Solver.CreateSolver("GLOP")
    free = solver.infinity()
    objective = solver.Objective()
    objective.SetMaximization()
    places = [solver.Constraint(-free, float(room)) for room in graph.room]
    programme = _Programme(
        graph, solver, places, {}, {}, {}, {}, graph.welcome_edges, np.zeros(len(graph.u), dtype=bool)
    )
    for who, rows, wishes, worth in (
        (graph.waiting, programme.cover, programme.covered, _COVERED),
        (graph.hoping, programme.welcome, programme.welcomed, _WELCOME),
    ):
        for person in map(int, np.nonzero(who)[0]):
            wish = solver.NumVar(0.0, 1.0, "")
            objective.SetCoefficient(wish, worth)
            rows[person] = solver.Constraint(-free, 0.0)
            rows[person].SetCoefficient(wish, 1.0)
            wishes[person] = wish
    return programme


def _add(programme: _Programme, edge: int) -> None:
    graph = programme.graph
    variable = programme.solver.NumVar(0.0, 1.0, "")
    programme.solver.Objective().SetCoefficient(variable, float(graph.w[edge]))
    for person in (int(graph.u[edge]), int(graph.v[edge])):
        programme.places[person].SetCoefficient(variable, 1.0)
        if person in programme.cover:
            programme.cover[person].SetCoefficient(variable, -1.0)
        if programme.is_welcome[edge] and person in programme.welcome:
            programme.welcome[person].SetCoefficient(variable, -1.0)
    for group, row in programme.odd:
        if group.has(graph, edge):
            row.SetCoefficient(variable, 1.0)
    programme.edges.append(edge)
    programme.variables.append(variable)


def _duals(programme: _Programme) -> tuple[Floats, Floats]:
    prices = np.array([row.dual_value() for row in programme.places])
    bonus = np.zeros(len(prices))
    for person, row in programme.cover.items():
        prices[person] -= row.dual_value()
    for person, row in programme.welcome.items():
        bonus[person] = max(0.0, row.dual_value())
    return prices, bonus


def _first_edges(graph: Graph) -> NDArray[np.intp]:
    """Everybody's best few edges, and every newcomer's best few welcomers."""
    first = best_of_each(graph, np.arange(len(graph.u)), graph.w.astype(np.float64), _FIRST + 2)
    welcome = np.nonzero(graph.welcome_edges)[0]
    return np.union1d(first, best_of_each(graph, welcome, graph.w[welcome].astype(np.float64), _FIRST))


def best_of_each(graph: Graph, edges: NDArray[np.intp], worth: Floats, most: int) -> NDArray[np.intp]:
    """For each person at most `most` of `edges`, the worthiest; ties by chance, or all would get the same few."""
    order = np.lexsort((_chance(graph.u[edges], graph.v[edges]), -worth))
    ends = np.stack([graph.u[edges[order]], graph.v[edges[order]]], axis=1).ravel()
    by_person = np.argsort(ends, kind="stable")
    starts = np.searchsorted(ends[by_person], np.arange(graph.people + 1))
    rank = np.arange(len(ends)) - starts[ends[by_person]]
    return np.unique(edges[order[by_person[rank < most] // 2]])


def _chance(u: Ints, v: Ints) -> NDArray[np.uint64]:
    """A number a pair, the same in every run."""
    mixed = u.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ v.astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(32)), dtype=np.uint64)
