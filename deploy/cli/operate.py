"""The place for what operators do by command: parked and dead entries, replay."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from deploy.cli import say
from deploy.embedded import valkey
from deploy.embedded.house import SERVICES, build_parts
from shared import parked
from shared.contracts.topology import streams_read_by
from shared.errors import NotFound, TablematesError
from shared.operating import EntryShown
from shared.parked import ParkedEntry
from shared.positions import how_far
from shared.redis_bus import RedisBus
from shared.replaying import begin_replay
from shared.settings import Settings

REPLAY_MOST_SECONDS = 3600.0


class NobodyServes(TablematesError):
    """Nothing runs on this data folder, so nobody could do that: start `tablemates up` first."""

    code = "nobody_serves"


def bus_of(settings: Settings) -> RedisBus:
    """The broker in use: the one configured, or the bundled one that a running `tablemates up` holds."""
    if not settings.broker_url.startswith("embedded:"):
        return RedisBus(settings.broker_url)
    url = valkey.running_url(settings.data_dir / "broker")
    if url is None:
        raise NobodyServes
    return RedisBus(url)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """The services' stores for one command, beside whatever runs: nothing is started, nothing is read."""
    parts = build_parts(settings, RedisBus("redis://nobody"))
    try:
        yield parts
    finally:
        for part in parts.values():
            part.close()


def known(service: str) -> str:
    """A service's name. Raises NotFound."""
    if service not in SERVICES:
        raise NotFound(f"There is no service {service!r}; there are {', '.join(SERVICES)}.")
    return service


async def list_entries(settings: Settings, *, as_json: bool) -> None:
    """Every parked or dead entry of every service."""
    async with opened(settings) as parts:
        found = [(name, entry) for name, part in parts.items() for entry in await part.run.read(_listed)]
    if as_json:
        say.as_json([{"service": name, **asdict(entry)} for name, entry in found])
        return
    for name, entry in found:
        say.line(
            f"{entry.state:6} {name} {entry.stream} {entry.sequence}  {entry.type}  {entry.reason.splitlines()[0]}"
        )
    say.line(f"{len(found)} entries" if found else "Nothing is parked, nothing is dead.")


async def show_entry(settings: Settings, service: str, stream: str, sequence: int, *, as_json: bool) -> None:
    """One entry with its reason, attempts, times, trace and body."""
    async with opened(settings) as parts:
        entry = await parts[known(service)].run.read(_shown, stream, sequence)
    told = EntryShown.whole(entry).model_dump(mode="json")  # in the words in which it is told over HTTP
    if as_json:
        say.as_json(told)
        return
    for name, value in told.items():
        say.line(f"{name:14} {'-' if value is None else value}")


async def act_on_entry(settings: Settings, service: str, act: Callable[..., None], *where: Any) -> None:
    """Redrives or drops one entry in the service's own store; the running service takes it from there."""
    async with opened(settings) as parts:
        await parts[known(service)].run(act, *where)


async def replay(settings: Settings, service: str) -> None:
    """Rebuilds what a service knows from others: reads every event again, from the first, while it runs."""
    bus = bus_of(settings)
    await bus.connect()
    try:
        async with opened(settings) as parts:
            goals = await begin_replay(parts[service].run, bus, streams_read_by(known(service), settings.partitions))
            await _watch(parts[service], goals, time.monotonic() + REPLAY_MOST_SECONDS)
    finally:
        await bus.close()


async def _watch(part: Any, goals: dict[str, int], deadline: float) -> None:
    with say.Bar("replayed", sum(goals.values())) as bar:
        while True:
            reached = await part.run.read(how_far, tuple(goals))
            bar.reach(sum(min(reached[stream], goal) for stream, goal in goals.items()))
            if all(reached[stream] >= goal for stream, goal in goals.items()):
                return
            if time.monotonic() > deadline:
                raise TablematesError("The replay did not end in time; it goes on while the services run.")
            await asyncio.sleep(0.1)


def _listed(store: Any) -> list[ParkedEntry]:
    return list(parked.listed(store.sql))


def _shown(store: Any, stream: str, sequence: int) -> ParkedEntry:
    return parked.shown(store.sql, stream, sequence)
