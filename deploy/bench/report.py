"""The place for how measurements are told: in turns with a peer, as ratios with their spread."""

import os
import platform
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Measure = Callable[[], Awaitable[float]]
"""One run; answers the number measured (more is better, or less: see `Comparison.more_is_better`)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ours beside a peer, run in turns. `ratio` is how many times better ours is; `bar` what it has to reach."""

    name: str
    unit: str
    ours: tuple[float, ...]
    peer: tuple[float, ...]
    peer_name: str
    bar: float | None = None
    more_is_better: bool = True

    @property
    def ratios(self) -> list[float]:
        pairs = zip(self.ours, self.peer, strict=True)
        return [a / b if self.more_is_better else b / a for a, b in pairs]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def reached(self) -> bool | None:
        return None if self.bar is None else self.ratio >= self.bar

    def document(self) -> dict[str, Any]:
        """What `--json` keeps."""
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": self.ours,
            "peer": self.peer,
            "peer_name": self.peer_name,
            "ratio": self.ratio,
            "ratio_spread": (min(self.ratios), max(self.ratios)),
            "bar": self.bar,
            "reached": self.reached,
        }


async def interleaved(
    name: str,
    *,
    unit: str,
    ours: Measure,
    peer: Measure,
    peer_name: str,
    bar: float | None = None,
    more_is_better: bool = True,
    rounds: int = 5,
) -> Comparison:
    """Runs both in turns, so that what else the machine does meets both alike; the first round only warms up."""
    results: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        measured = (await ours(), await peer())
        if turn:
            for kept, value in zip(results, measured, strict=True):
                kept.append(value)
    return Comparison(name, unit, tuple(results[0]), tuple(results[1]), peer_name, bar, more_is_better)


def machine() -> dict[str, Any]:
    """The machine, as far as it says."""
    cpu = next((line for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    memory = next((line for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "")
    return {
        "cpu": cpu.partition(":")[2].strip() or cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory.split()[1]) / 2**20) if memory else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg(),
    }


def table(comparisons: Sequence[Comparison]) -> str:
    """A table in Markdown, for a terminal and for the README alike."""
    rows = ["| what | ours | peer | ratio (spread) | bar |", "|---|---|---|---|---|"]
    for c in comparisons:
        mark = {None: "", True: " reached", False: " **not reached**"}[c.reached]
        rows.append(
            f"| {c.name} | {statistics.median(c.ours):,.4g} {c.unit} "
            f"| {c.peer_name}: {statistics.median(c.peer):,.4g} {c.unit} "
            f"| {c.ratio:.2f} ({min(c.ratios):.2f}–{max(c.ratios):.2f}) "
            f"| {'' if c.bar is None else f'≥ {c.bar:g}'}{mark} |"
        )
    return "\n".join(rows)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
