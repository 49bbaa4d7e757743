"""The place for measuring rounds: quality against the bound, CPU time and memory, beside what others use.

    run(people=10_000) -> Result      `.document()` for JSON, `.lines()` for people

The peers solve the same candidate graph in the same run. Each says what it solves: not all know of coverage,
welcomes or more than one introduction a person. A warm-up compiles first, and is told apart.
"""

import gc
import resource
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.bench import matching_peers
from deploy.bench.matching_bound import missed_pairs
from deploy.bench.people import acquainted, made_up
from deploy.bench.report import machine
from services.intro.domain.matching.certificate import bound_of
from services.intro.domain.matching.exact import solve_exactly
from services.intro.domain.matching.graph import Graph, Solution
from services.intro.domain.matching.large.adjacency import Edges
from services.intro.domain.matching.large.engine import choose, solve_large
from services.intro.domain.matching.large.market import market_of
from services.intro.domain.matching.large.prices import fit
from services.intro.domain.matching.round import run_round
from services.intro.domain.matching.taking_part import Participants, taking_part
from services.intro.domain.people import Rules

RULES = Rules(gathering="bench", explain=False)
_WARM_UP = 400


@dataclass(slots=True)
class Line:
    """One way of matching one graph. `quality`: weight against the bound for ours, which keeps all rules."""

    name: str
    solves: str
    cpu_seconds: float
    quality: float
    left_out: int | None = None


@dataclass(slots=True)
class Result:
    """All of one size. Times are CPU seconds of the process, all threads together."""

    people: int
    solved_by: str
    machine: dict[str, Any]
    warm_up_seconds: float
    encode_seconds: float
    solve_seconds: float
    end_to_end_seconds: float
    memory_mb: float
    edges: int
    quality_on_graph: float
    quality_all_pairs: float
    all_pairs_error: float
    left_out: int
    newcomers_unwelcomed: int
    places_filled: float
    same_graph: list[Line] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> Iterable[str]:
        load = self.machine["load"][0]
        yield f"{self.people} people, {self.edges} candidate pairs, solved by {self.solved_by}"
        yield f"  on {self.machine['cpu']}, {self.machine['cores']} cores, load {load:.1f}"
        yield (
            f"  end to end {self.end_to_end_seconds:.2f} s CPU (reading {self.encode_seconds:.2f}, matching "
            f"{self.solve_seconds:.2f}), {self.memory_mb:.0f} MB, first-run compilation {self.warm_up_seconds:.1f} s"
        )
        yield (
            f"  {self.quality_on_graph:.5f} of the bound on its candidates, {self.quality_all_pairs:.4f} "
            f"(± {self.all_pairs_error:.4f}) of the bound over all pairs"
        )
        yield (
            f"  left out who could be introduced: {self.left_out}; newcomers without a welcomer they could have: "
            f"{self.newcomers_unwelcomed}; places filled {self.places_filled:.4f}"
        )
        yield "  on the same candidate pairs:"
        for line in self.same_graph:
            left = "" if line.left_out is None else f", {line.left_out} left out"
            yield f"    {line.name:<34} {line.cpu_seconds:9.3f} s  {line.quality:.4f}{left}  ({line.solves})"


def run(people: int, *, seed: int = 7, peers: bool = True, sample: int = 2000) -> Result:
    """One gathering of made-up people, matched end to end, then its graph by everybody else."""
    warm_up = _warm_up()
    crowd, known = made_up(people, seed), list(acquainted(people, seed))
    gc.collect()
    started = time.process_time()
    who = taking_part(crowd, RULES, known, ())
    encoded = time.process_time()
    exact = people <= RULES.exact_up_to
    if exact:
        found = run_round(crowd, rules=RULES, forbidden=known)
        who, graph = found.people, found.graph
        solution = _as_solution(found.plan.prices, found.plan.bonus, graph, who, found.plan.pairs, found.plan.solved_by)
    else:
        graph, solution = solve_large(who)
    done = time.process_time()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bound = bound_of(graph, solution.chosen, solution.prices, solution.bonus)
    missed, error = (0.0, 0.0) if exact else missed_pairs(who, graph, solution, sample)
    weight = graph.weight(solution.chosen)
    return Result(
        people=people,
        solved_by=solution.solved_by,
        machine=machine(),
        warm_up_seconds=warm_up,
        encode_seconds=encoded - started,
        solve_seconds=done - encoded,
        end_to_end_seconds=done - started,
        memory_mb=memory,
        edges=len(graph.u),
        quality_on_graph=weight / bound,
        quality_all_pairs=weight / (bound + missed),
        all_pairs_error=error / bound,
        left_out=int(graph.waiting.sum()) - graph.introduced(solution.chosen),
        newcomers_unwelcomed=int(graph.hoping.sum()) - int((graph.welcomed(solution.chosen) & graph.hoping).sum()),
        places_filled=2 * int(solution.chosen.sum()) / max(1, int(graph.room.sum())),
        same_graph=_same_graph(who, graph, people) if peers else [],
    )


def growth(small: Result, large: Result) -> float:
    """The exponent with which the time grows from one size to the other."""
    return log(large.end_to_end_seconds / small.end_to_end_seconds) / log(large.people / small.people)


def _warm_up() -> float:
    started = time.process_time()
    solve_large(taking_part(made_up(_WARM_UP, 1), RULES, acquainted(_WARM_UP, 1), ()))
    who = taking_part(made_up(7000, 1), RULES, (), ())
    solve_large(who)
    return time.process_time() - started


def _as_solution(prices: Any, bonus: Any, graph: Graph, who: Participants, pairs: Any, solved_by: str) -> Solution:
    row = who.facts.row_of
    taken = {(min(row[p.a], row[p.b]), max(row[p.a], row[p.b])) for p in pairs}
    chosen = np.array([edge in taken for edge in zip(graph.u.tolist(), graph.v.tolist(), strict=True)], dtype=bool)
    columns = [np.array([values.get(i, 0.0) for i in who.ids]) for values in (prices, bonus)]
    return Solution(chosen, columns[0], columns[1], solved_by)


def _same_graph(who: Participants, graph: Graph, people: int) -> list[Line]:
    """Everybody on the large engine's candidates; for small gatherings those are found first."""
    if people <= RULES.exact_up_to:
        graph, _ = solve_large(who)
    lines = [_ours(who, graph)]
    bound = lines[0].quality
    reference = _weight_by_prices(who, graph) / bound
    if people <= RULES.exact_up_to:
        lines.append(_ours_exactly(graph, reference))
    for name, solves, solve in matching_peers.peers(people):
        started = time.process_time()
        weight, degree = solve(graph)
        seconds = time.process_time() - started
        left = None if degree is None else int((graph.waiting & (degree == 0)).sum())
        lines.append(Line(name, solves, seconds, weight / reference, left))
    return lines


def _ours(who: Participants, graph: Graph) -> Line:
    started = time.process_time()
    chosen, market = _by_prices(who, graph)
    seconds = time.process_time() - started
    bound = bound_of(graph, chosen, _doubles(market.prices), _doubles(market.bonus))
    left = int(graph.waiting.sum()) - graph.introduced(chosen)
    return Line("prices + augmentation (ours)", "all rules, of its bound", seconds, graph.weight(chosen) / bound, left)


def _ours_exactly(graph: Graph, reference: float) -> Line:
    started = time.process_time()
    solution = solve_exactly(graph)
    seconds = time.process_time() - started
    left = int(graph.waiting.sum()) - graph.introduced(solution.chosen)
    return Line("exact (ours)", "all rules", seconds, graph.weight(solution.chosen) / reference, left)


def _by_prices(who: Participants, graph: Graph) -> tuple[NDArray[np.bool_], Any]:
    market = market_of(who, Edges(graph.u, graph.v, graph.w))
    fit(market)
    return choose(market).flags, market


def _weight_by_prices(who: Participants, graph: Graph) -> int:
    return graph.weight(_by_prices(who, graph)[0])


def _doubles(values: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(np.round(values.astype(np.float64) * 64) / 64)
