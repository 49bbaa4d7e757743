"""The place for what operators do by command: parked and dead entries, replay."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from deploy.cli import say
from deploy.embedded import valkey
from deploy.embedded.house import build_parts
from shared import parked
from shared.contracts.topology import streams_read_by
from shared.errors import TablematesError
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


async def list_entries(settings: Settings, *, as_json: bool) -> None:
    """Every parked or dead entry of every service."""
    async with opened(settings) as parts:
        found = [(name, entry) for name, part in parts.items() for entry in await part.run.read(_listed)]
    if as_json:
        say.as_json([{"service": name, **_told(entry)} for name, entry in found])
        return
    for name, entry in found:
        tried = "tried once" if entry.attempts == 1 else f"tried {entry.attempts} times"
        reason = entry.reason.splitlines()[0]
        say.line(f"{entry.state:6} {name} {entry.stream} {entry.sequence}  {entry.type}  {tried}  {reason}")
    say.line(f"{len(found)} entries" if found else "Nothing is parked, nothing is dead.")


async def show_entry(settings: Settings, service: str, stream: str, sequence: int, *, as_json: bool) -> None:
    """One entry with its reason, attempts, times, trace and body."""
    async with opened(settings) as parts:
        told = _told(await parts[service].run.read(_shown, stream, sequence))
    if as_json:
        say.as_json(told)
        return
    for name, value in told.items():
        say.line(f"{name:14} {'-' if value is None else value}")


async def redrive_entry(settings: Settings, service: str, stream: str, sequence: int, *, as_json: bool) -> None:
    """Redrives one entry in the service's own store, where the running service finds it at its next look."""
    async with opened(settings) as parts:
        told = _told(await parts[service].run(_redriven, stream, sequence))
    soon = f"{stream} {sequence} is tried again by the running {service}, within half a minute."
    say.done({"service": service, **told}, soon, in_json=as_json)


async def drop_entry(settings: Settings, service: str, stream: str, sequence: int, note: str, *, as_json: bool) -> None:
    """Drops one entry in the service's own store; what queues behind it is found at the running service's next look."""
    async with opened(settings) as parts:
        await parts[service].run(parked.drop, stream, sequence, note)
    kept = {"service": service, "stream": stream, "sequence": sequence, "note": note}
    given_up = (
        f"{stream} {sequence} is given up; your note is kept. What queues behind it goes on within half a minute."
    )
    say.done(kept, given_up, in_json=as_json)


async def replay(settings: Settings, service: str, *, as_json: bool = False) -> None:
    """Has a service apply every event of the others again, from the first, while it runs."""
    bus = bus_of(settings)
    await bus.connect()
    try:
        async with opened(settings) as parts:
            goals = await begin_replay(parts[service].run, bus, streams_read_by(service, settings.partitions))
            await _watch(parts[service], goals, time.monotonic() + REPLAY_MOST_SECONDS)
    finally:
        await bus.close()
    say.done({"service": service, "read": goals}, f"{service} has read everything again.", in_json=as_json)


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


def _told(entry: ParkedEntry) -> dict[str, Any]:
    """In the words in which it is told over HTTP."""
    return EntryShown.whole(entry).model_dump(mode="json")


def _listed(store: Any) -> list[ParkedEntry]:
    return list(parked.listed(store.sql))


def _redriven(tx: Any, stream: str, sequence: int) -> ParkedEntry:
    """Looked at before the commit: the running service may be done with it right after."""
    parked.redrive(tx, stream, sequence)
    return parked.shown(tx.sql, stream, sequence)


def _shown(store: Any, stream: str, sequence: int) -> ParkedEntry:
    return parked.shown(store.sql, stream, sequence)
