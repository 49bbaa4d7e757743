"""The place for a whole round: from people to introductions, tables and the proof that they are good."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from services.intro.domain.matching.all_pairs import full_graph, score_matrix
from services.intro.domain.matching.certificate import bound_of, tidied
from services.intro.domain.matching.explain import explained_pairs, explained_tables
from services.intro.domain.matching.graph import Flags, Floats, Graph, Solution
from services.intro.domain.matching.left_out import left_out
from services.intro.domain.matching.plan import Pair, Plan
from services.intro.domain.matching.rounding import without_needless
from services.intro.domain.matching.tables import after_tables, seat, trios
from services.intro.domain.matching.taking_part import Couple, Participants, taking_part
from services.intro.domain.people import Person, Rules


@dataclass(slots=True)
class Round:
    """A plan with what it was chosen from."""

    plan: Plan
    people: Participants
    graph: Graph

    def edges(self) -> Iterator[tuple[str, str, int]]:
        """Every candidate pair with its score, so that anybody can check the bound."""
        ids = self.people.ids
        for u, v, w in zip(self.graph.u.tolist(), self.graph.v.tolist(), self.graph.w.tolist(), strict=True):
            yield ids[u], ids[v], w


def plan_round(
    people: Iterable[Person],
    *,
    rules: Rules,
    forbidden: Iterable[Couple] = (),
    sent: Iterable[Couple] = (),
) -> Plan:
    """Coverage first, then newcomers welcomed, then the sum of scores. The order of `people` does not matter."""
    return run_round(people, rules=rules, forbidden=forbidden, sent=sent).plan


def run_round(
    people: Iterable[Person],
    *,
    rules: Rules,
    forbidden: Iterable[Couple] = (),
    sent: Iterable[Couple] = (),
) -> Round:
    """The same, with the candidate pairs that it chose from."""
    everybody = taking_part(people, rules, forbidden, sent)
    small = len(everybody.ids) <= rules.exact_up_to
    scores = score_matrix(everybody.facts) if small else None
    tables = seat(everybody, rules, scores)
    who = after_tables(everybody, tables)
    if scores is not None:
        from services.intro.domain.matching.exact import solve_exactly  # noqa: PLC0415 - it loads the solvers

        graph = full_graph(who, scores)
        solution = solve_exactly(graph)
    else:
        from services.intro.domain.matching.large.engine import solve_large  # noqa: PLC0415 - it loads the compiler

        graph, solution = solve_large(who)
    return Round(_plan(who, graph, solution, tables, rules), who, graph)


def _plan(who: Participants, graph: Graph, solution: Solution, tables: list[list[int]], rules: Rules) -> Plan:
    chosen, joined = trios(who, graph, without_needless(graph, solution.chosen), rules)
    tables = tables + joined
    prices, bonus = tidied(graph, chosen, solution.prices, solution.bonus)
    ids = who.ids
    taken = np.nonzero(chosen)[0]
    pairs: Iterable[Pair] = (
        Pair(a=ids[u], b=ids[v], score=score)
        for u, v, score in zip(*(column[taken].tolist() for column in (graph.u, graph.v, graph.w)), strict=True)
    )
    has_somebody = who.met | (graph.degrees(chosen) > 0)
    has_somebody[[i for table in tables for i in table]] = True
    return Plan(
        pairs=tuple(explained_pairs(pairs, who, rules) if rules.explain else pairs),
        tables=tuple(explained_tables(tables, who, rules)),
        left_out=tuple(left_out(who, graph, has_somebody)),
        weight=graph.weight(chosen),
        bound=math.floor(bound_of(graph, chosen, prices, bonus) + 1e-6),
        prices=_named(ids, prices),
        bonus=_named(ids, bonus),
        capacities=dict(zip(ids, graph.room.tolist(), strict=True)),
        newcomers=_who(ids, graph.newcomer),
        welcomers=_who(ids, graph.welcomer),
        edges=len(graph.u),
        welcomed=int((graph.welcomed(chosen) & graph.hoping).sum()),
        welcomable=int(graph.hoping.sum()),
        solved_by=solution.solved_by,
        exact=solution.proven,
    )


def _named(ids: list[str], values: Floats) -> dict[str, float]:
    return {ids[i]: float(values[i]) for i in np.nonzero(values)[0]}


def _who(ids: list[str], flags: Flags) -> frozenset[str]:
    return frozenset(ids[i] for i in np.nonzero(flags)[0])
