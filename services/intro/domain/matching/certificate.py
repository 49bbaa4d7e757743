"""The place for the proof that a round is good: prices bound every plan, and one pass over the edges checks it.

For any prices p (below zero: a subsidy) and bonuses t >= 0, no plan that introduces at least K of those who
wait and welcomes at least M newcomers can weigh more than

      sum of capacity * p            over people with p > 0
    - the K smallest subsidies       over those who wait
    - the M smallest bonuses         over newcomers who could be welcomed
    + sum of max(0, w - p_u - p_v + t)     over edges; t of the newcomer where the edge is a welcome

by linear programming duality. Whoever made the prices need not be trusted.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from services.intro.domain.matching.graph import Flags, Floats, Graph
from services.intro.domain.matching.plan import Plan

_LARGEST = 2.0 * 65536
_STEPS = 64
"""Prices are kept in 64ths, so that their sums are exact."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one pass found. `sound`: within the rules and the stored numbers are true."""

    sound: bool
    weight: int
    bound: float
    problems: tuple[str, ...] = ()

    @property
    def at_most_better(self) -> float:
        """The share by which a better plan could exceed this one; 0.001 is 0.1 %."""
        return max(0.0, self.bound / self.weight - 1) if self.weight else 0.0

    @property
    def sentence(self) -> str:
        return plain_words(self.weight, self.bound)


def plain_words(weight: int, bound: float) -> str:
    """`At most 0.1 % better is possible.`"""
    if not weight:
        return "There was nothing to choose."
    better = 100 * max(0.0, bound / weight - 1)
    if bound - weight < 1:
        return "No better plan is possible."
    return f"At most {better:.{1 if better >= 0.1 else 3}f} % better is possible."


def rounded(prices: Floats) -> Floats:
    return np.asarray(np.round(prices * _STEPS) / _STEPS, dtype=np.float64)


def reduced(graph: Graph, prices: Floats, bonus: Floats) -> Floats:
    """What an edge is worth beyond the prices of its people."""
    worth = graph.w - prices[graph.u] - prices[graph.v]
    welcome = np.nonzero(graph.welcome_edges)[0]
    worth[welcome] += (bonus * graph.newcomer)[graph.u[welcome]] + (bonus * graph.newcomer)[graph.v[welcome]]
    return np.asarray(worth, dtype=np.float64)


def bound(graph: Graph, prices: Floats, bonus: Floats, *, introduced: int, welcomed: int) -> float:
    """The most that a plan can weigh which introduces and welcomes at least so many."""
    subsidies = np.sort(np.maximum(0.0, -prices[graph.waiting]))
    bonuses = np.sort(np.maximum(0.0, bonus[graph.hoping]))
    gains = reduced(graph, np.where(graph.waiting, prices, np.maximum(prices, 0.0)), np.where(graph.hoping, bonus, 0.0))
    return float(
        (graph.room * np.maximum(prices, 0.0)).sum()
        - subsidies[:introduced].sum()
        - bonuses[:welcomed].sum()
        + np.maximum(gains, 0.0).sum()
    )


def tidied(graph: Graph, chosen: Flags, prices: Floats, bonus: Floats) -> tuple[Floats, Floats]:
    """Prices within what a score can be, where that proves the bound as well: a subsidy is no large number."""
    near = np.clip(prices, -_LARGEST, _LARGEST)
    small = np.clip(bonus, 0.0, _LARGEST)
    if bound_of(graph, chosen, near, small) <= bound_of(graph, chosen, prices, bonus):
        return near, small
    return prices, bonus


def bound_of(graph: Graph, chosen: Flags, prices: Floats, bonus: Floats) -> float:
    return bound(graph, prices, bonus, introduced=graph.introduced(chosen), welcomed=int(graph.welcomed(chosen).sum()))


def check_certificate(
    plan: Plan, edges: Iterable[tuple[str, str, int]], *, met: Collection[str] = frozenset()
) -> Verdict:
    """Verifies a stored plan in one pass over the edges it chose from, without the solver.

    `met` are people who had an introduction before this plan (sent ones): nobody owes them another.
    """
    listed = [(a, b, score) for a, b, score in edges]
    graph, row = _graph(plan, listed, met)
    scores = {frozenset((a, b)): score for a, b, score in listed}
    problems = list(_broken_rules(plan, scores))
    chosen = np.zeros(len(listed), dtype=bool)
    taken = {frozenset((pair.a, pair.b)) for pair in plan.pairs}
    chosen[[i for i, (a, b, _) in enumerate(listed) if frozenset((a, b)) in taken]] = True
    true_bound = bound_of(graph, chosen, _column(plan.prices, row), _column(plan.bonus, row))
    weight = sum(pair.score for pair in plan.pairs)
    if weight != plan.weight:
        problems.append(f"The pairs weigh {weight}, the plan says {plan.weight}.")
    if math.floor(true_bound + 1e-6) > plan.bound:
        problems.append(f"The prices prove a bound of {true_bound:.1f}, the plan says {plan.bound:.1f}.")
    return Verdict(not problems, weight, true_bound, tuple(problems))


def _graph(plan: Plan, edges: list[tuple[str, str, int]], met: Collection[str]) -> tuple[Graph, dict[str, int]]:
    people = sorted({*plan.capacities, *(i for a, b, _ in edges for i in (a, b))})
    row = {person: i for i, person in enumerate(people)}
    known = set(met)
    has_edge = {i for a, b, _ in edges for i in (a, b)}
    graph = Graph(
        u=np.array([row[a] for a, _, _ in edges], dtype=np.int32),
        v=np.array([row[b] for _, b, _ in edges], dtype=np.int32),
        w=np.array([score for _, _, score in edges], dtype=np.int32),
        room=np.array([plan.capacities.get(i, 0) for i in people], dtype=np.int32),
        waiting=np.array([i in has_edge and i not in known for i in people], dtype=bool),
        newcomer=np.array([i in plan.newcomers for i in people], dtype=bool),
        welcomer=np.array([i in plan.welcomers for i in people], dtype=bool),
    )
    return graph, row


def _broken_rules(plan: Plan, scores: Mapping[frozenset[str], int]) -> Iterable[str]:
    places = dict(plan.capacities)
    seen: set[frozenset[str]] = set()
    for pair in plan.pairs:
        couple = frozenset((pair.a, pair.b))
        if couple in seen or scores.get(couple) != pair.score:
            yield f"{pair.a} and {pair.b} are no pair of the edges with that score, or there twice."
        seen.add(couple)
        for person in couple:
            places[person] = places.get(person, 0) - 1
    yield from (f"{person} has more introductions than places." for person, left in places.items() if left < 0)


def _column(values: Mapping[str, float], row: Mapping[str, int]) -> Floats:
    column = np.zeros(len(row))
    for person, value in values.items():
        if person in row:
            column[row[person]] = value
    return column
