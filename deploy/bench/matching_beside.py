"""The place for one graph solved by us and by everybody else, in turns."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np

from deploy.bench.matching_peers import Degrees, peers
from services.intro.domain.matching.certificate import bound_of, rounded
from services.intro.domain.matching.exact import solve_exactly
from services.intro.domain.matching.graph import Graph, Solution
from services.intro.domain.matching.large.adjacency import Edges
from services.intro.domain.matching.large.engine import settle, solve_large
from services.intro.domain.matching.large.market import market_of
from services.intro.domain.matching.taking_part import Participants

_OFTEN, _OFTEN_UP_TO = 5, 20_000
_LONG = 10.0
"""Seconds after which somebody has no further turn."""
_OURS = "prices + augmentation (ours)"


@dataclass(slots=True)
class Line:
    """One way of matching the graph. `quality`: its weight as a share of the bound that our prices prove."""

    name: str
    solves: str
    cpu_seconds: float | None = None
    quality: float | None = None
    left_out: int | None = None
    times_ours: float | None = None
    not_run: str = ""

    @property
    def told(self) -> str:
        if self.not_run:
            return f"{self.name:<30} left out: {self.not_run}"
        left = "" if self.left_out is None else f", {self.left_out} without anybody"
        times = f"{self.times_ours:6.1f} x ours" if self.times_ours is not None else " " * 13
        return f"{self.name:<30} {self.cpu_seconds:9.3f} s {times}  {self.quality:.4f}{left}  ({self.solves})"


def beside(who: Participants, graph: Graph, *, small: bool) -> list[Line]:
    """Everybody on the large engine's candidates; for small gatherings those are found first."""
    if small:
        graph, _ = solve_large(who)
    by_prices = _by_prices(who, graph)
    bound = bound_of(graph, by_prices.chosen, by_prices.prices, by_prices.bonus)
    everybody = list(_everybody(who, graph, small=small))
    turns = _OFTEN if graph.people <= _OFTEN_UP_TO else 1
    spent: dict[str, list[float]] = {line.name: [] for line, _ in everybody}
    for _ in range(turns):
        for line, solve in everybody:
            if solve is None or sum(spent[line.name]) > _LONG:
                continue
            started = time.process_time()
            weight, degrees = solve(graph)
            spent[line.name].append(time.process_time() - started)
            line.quality = weight / bound
            line.left_out = None if degrees is None else int((graph.waiting & (degrees == 0)).sum())
    for line, _ in everybody:
        if spent[line.name]:
            line.cpu_seconds = median(spent[line.name])
            line.times_ours = line.cpu_seconds / median(spent[_OURS])
    return [line for line, _ in everybody]


def _everybody(
    who: Participants, graph: Graph, *, small: bool
) -> Iterator[tuple[Line, Callable[[Graph], tuple[float, Degrees | None]] | None]]:
    yield Line(_OURS, "all rules"), lambda g: _told(g, _by_prices(who, g))
    if small:
        yield Line("exact (ours)", "all rules"), lambda g: _told(g, solve_exactly(g))
    for peer in peers():
        why_not = peer.left_out_at(graph.people)
        yield Line(peer.name, peer.solves, not_run=why_not), None if why_not else peer.solve


def _told(graph: Graph, solution: Solution) -> tuple[float, Degrees]:
    return float(graph.weight(solution.chosen)), graph.degrees(solution.chosen)


def _by_prices(who: Participants, graph: Graph) -> Solution:
    market = market_of(who, np.arange(graph.people), Edges(graph.u, graph.v, graph.w))
    chosen = settle(market).flags
    prices, bonus = market.prices.astype(np.float64), market.bonus.astype(np.float64)
    return Solution(chosen, rounded(prices), rounded(bonus), "prices")
