"""The place for measuring rest: what the services take of the processor and of memory while nobody asks anything."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bench import growth, stand
from deploy.bench.report import Comparison

PARTITIONS = 8
ALLOWED_PERCENT, ALLOWED_MIB = 1.0, 200.0
SETTLING_SECONDS = 15.0
"""Until streams are quiet, and what was loaded is written."""


def compare(rsvps: int, *, seconds: float = 60.0, database_url: str = "") -> list[Comparison]:
    """The services at rest with so many RSVPs behind them: a process each, and all in one."""
    apart = _apart(rsvps, seconds, database_url)
    percent, mib = _embedded(rsvps, seconds)
    behind = f"at rest, {rsvps:,} RSVPs behind"
    return [
        _within(
            f"three services on {PARTITIONS} partitions, {behind}", "% of a core", sum(apart.values()), ALLOWED_PERCENT
        ),
        _within(f"the embedded process, {behind}", "% of a core", percent, ALLOWED_PERCENT),
        _within(f"memory of the embedded process, {behind}", "MiB", mib, ALLOWED_MIB),
    ]


def _within(name: str, unit: str, ours: float, allowed: float) -> Comparison:
    return Comparison(name, unit, (max(ours, 1e-6),), (allowed,), "what is allowed", bar=1.0, more_is_better=False)


def _apart(rsvps: int, seconds: float, database_url: str) -> dict[str, float]:
    with growth.stack(1, database_url, TABLEMATES_PARTITIONS=str(PARTITIONS)) as stack:
        stack.rsvps(stack.places, rsvps, "guest")
        return _percents(stack.running, seconds)


def _embedded(rsvps: int, seconds: float) -> tuple[float, float]:
    """Percent of a core, and MiB now."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tm-bench-")))
        environment = stand.environment_of(folder, "embedded:")
        settings = stand.migrated(environment)
        places = asyncio.run(stand.gatherings_in(settings, confirm=False))
        port, log = stand.free_port(), folder / "up.log"
        command = ("-m", "deploy.cli", "up", "--port", str(port))
        house = stack.enter_context(stand.python(*command, log=log, environment=environment, port=port))
        stand.until_it_answers(house, "/")
        growth.Stack({"rsvp": house}, places, folder / "among", settings).rsvps(places, rsvps, "guest")
        percent = _percents({"house": house}, seconds)["house"]
        return percent, house.rss_mib()


def _percents(running: Mapping[str, stand.Running], seconds: float) -> dict[str, float]:
    time.sleep(SETTLING_SECONDS)
    before = {name: one.cpu_seconds() for name, one in running.items()}
    began = time.monotonic()
    time.sleep(seconds)
    lasted = time.monotonic() - began
    return {name: (one.cpu_seconds() - before[name]) / lasted * 100 for name, one in running.items()}
