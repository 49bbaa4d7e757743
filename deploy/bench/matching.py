"""The place for measuring rounds: quality against the bound, CPU time and memory, beside what others use.

    run(people=10_000) -> Result      `.document()` for JSON, `.lines()` for people

The peers solve the same candidate graph in the same run, in turns. Each says what it solves: not all know of
coverage, welcomes or more than one introduction a person. A warm-up compiles first, and is told apart.
"""

import gc
import resource
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from math import log
from typing import Any

import numpy as np

from deploy.bench import matching_late
from deploy.bench.matching_beside import Line, beside
from deploy.bench.matching_bound import missed_pairs
from deploy.bench.matching_late import Late
from deploy.bench.matching_optimum import UP_TO, Optimum, optimum
from deploy.bench.people import acquainted, made_up
from deploy.bench.report import machine
from services.intro.domain.matching.certificate import bound_of
from services.intro.domain.matching.graph import Graph, Solution
from services.intro.domain.matching.large.engine import solve_large
from services.intro.domain.matching.plan import Plan
from services.intro.domain.matching.round import run_round
from services.intro.domain.matching.taking_part import Participants, taking_part
from services.intro.domain.people import Rules

RULES = Rules(gathering="bench", explain=False)
GROWS_FROM = 10_000
_WARM_UP = (400, 7000)


@dataclass(slots=True)
class Solved:
    """One gathering matched end to end, in CPU seconds of the process, all threads together."""

    who: Participants
    graph: Graph
    solution: Solution
    reading: float
    matching: float

    @property
    def seconds(self) -> float:
        return self.reading + self.matching


@dataclass(slots=True)
class Result:
    """All of one size. Memory is the process's peak until the round was done."""

    people: int
    solved_by: str
    exact: bool
    machine: dict[str, Any]
    warm_up_seconds: float
    reading_seconds: float
    matching_seconds: float
    end_to_end_seconds: float
    memory_mib: float
    growth_exponent: float | None
    edges: int
    quality_on_graph: float
    quality_all_pairs: float
    all_pairs_error: float
    left_out: int
    newcomers_unwelcomed: int
    places_filled: float
    late: Late | None
    optimum: Optimum | None
    same_graph: list[Line] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> Iterable[str]:
        about = self.machine
        yield f"{self.people:,} people, {self.edges:,} candidate pairs, solved by {self.solved_by}"
        yield f"  on {about['cpu']}, {about['cores']} cores, load {about['load'][0]:.1f}, Python {about['python']}"
        yield (
            f"  end to end {self.end_to_end_seconds:.2f} s CPU (reading {self.reading_seconds:.2f}, matching "
            f"{self.matching_seconds:.2f}), {self.memory_mib:.0f} MiB, warm-up {self.warm_up_seconds:.1f} s"
        )
        if self.growth_exponent is not None:
            yield f"  grows with the power {self.growth_exponent:.2f} of the number of people from {GROWS_FROM:,} on"
        yield (
            f"  {self.quality_on_graph:.5f} of the bound on its candidates, {self.quality_all_pairs:.5f} "
            f"(± {self.all_pairs_error:.5f}) of the bound over all pairs{', proven the best' if self.exact else ''}"
        )
        yield (
            f"  left out who could be introduced: {self.left_out}; newcomers without a welcomer they could have: "
            f"{self.newcomers_unwelcomed}; places filled {self.places_filled:.4f}"
        )
        if self.optimum is not None:
            yield f"  {self.optimum.told}"
        if self.late is not None:
            yield f"  {self.late.told}"
        yield "  on the same candidate pairs, in turns:"
        yield from (f"    {line.told}" for line in self.same_graph)


def run(people: int, *, seed: int = 7, peers: bool = True, sample: int = 2000) -> Result:
    """One gathering of made-up people, matched end to end, then its graph by everybody else."""
    warm_up = _warm_up()
    before = solved(GROWS_FROM, seed) if people > GROWS_FROM else None
    done = solved(people, seed)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    graph, solution = done.graph, done.solution
    bound, weight = bound_of(graph, solution.chosen, solution.prices, solution.bonus), graph.weight(solution.chosen)
    all_pairs = people <= RULES.exact_up_to
    missed, error = (
        (0.0, 0.0) if all_pairs else missed_pairs(done.who, graph, solution, min(sample, _affordable(people)))
    )
    return Result(
        people=people,
        solved_by=solution.solved_by,
        exact=solution.proven,
        machine=machine(),
        warm_up_seconds=warm_up,
        reading_seconds=done.reading,
        matching_seconds=done.matching,
        end_to_end_seconds=done.seconds,
        memory_mib=memory,
        growth_exponent=None if before is None else log(done.seconds / before.seconds) / log(people / GROWS_FROM),
        edges=len(graph.u),
        quality_on_graph=weight / bound,
        quality_all_pairs=weight / (bound + missed),
        all_pairs_error=error / bound,
        left_out=int(graph.waiting.sum()) - graph.introduced(solution.chosen),
        newcomers_unwelcomed=int((graph.hoping & ~graph.welcomed(solution.chosen)).sum()),
        places_filled=2 * int(solution.chosen.sum()) / max(1, int(graph.room.sum())),
        late=matching_late.run(people, rules=RULES, seed=seed) if peers and people <= 200_000 else None,
        optimum=optimum(graph, solution.chosen) if peers and people <= UP_TO else None,
        same_graph=beside(done.who, graph, small=all_pairs) if peers else [],
    )


def _affordable(people: int) -> int:
    """A sample that looks at some two hundred million pairs."""
    return max(200, 200_000_000 // people)


def solved(people: int, seed: int) -> Solved:
    """Made-up people in, introductions out; making them up is not counted."""
    crowd, known = made_up(people, seed), list(acquainted(people, seed))
    gc.collect()
    started = time.process_time()
    if people <= RULES.exact_up_to:
        found = run_round(crowd, rules=RULES, forbidden=known)
        seconds = time.process_time() - started
        return Solved(found.people, found.graph, _as_solution(found.plan, found.graph, found.people), 0.0, seconds)
    who = taking_part(crowd, RULES, known, ())
    read = time.process_time()
    graph, solution = solve_large(who)
    return Solved(who, graph, solution, read - started, time.process_time() - read)


def _warm_up() -> float:
    started = time.process_time()
    for people in _WARM_UP:
        solve_large(taking_part(made_up(people, 1), RULES, acquainted(people, 1), ()))
    return time.process_time() - started


def _as_solution(plan: Plan, graph: Graph, who: Participants) -> Solution:
    row = who.facts.row_of
    taken = {(min(row[p.a], row[p.b]), max(row[p.a], row[p.b])) for p in plan.pairs}
    chosen = np.array([edge in taken for edge in zip(graph.u.tolist(), graph.v.tolist(), strict=True)], dtype=bool)
    prices, bonus = (np.array([values.get(i, 0.0) for i in who.ids]) for values in (plan.prices, plan.bonus))
    return Solution(chosen, prices, bonus, plan.solved_by, proven=plan.exact)
