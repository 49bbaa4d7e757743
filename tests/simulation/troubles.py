"""The place for what befalls a world while its people go about: each trouble comes at a moment drawn by lot."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

from shared.contracts.topology import streams_read_by
from shared.errors import TryAgainLater
from shared.replaying import begin_replay
from tests.fakes import FakeBus

Trouble = Callable[[Any], Coroutine[Any, Any, None]]


def troubles_of(world: Any) -> list[Coroutine[Any, Any, None]]:
    """Everything that is to go wrong in a world."""
    faults = world.faults
    counted: list[tuple[Trouble, int]] = [
        (_broker_trouble, faults.broker_troubles),
        (_mail_host_outage, faults.mail_host_outages),
        (_graceful_stop, faults.graceful_stops),
        (_kill, faults.kills),
        (_stall, faults.stalls),
        (_clock_jump, faults.clock_jumps),
        (_address_dies, faults.dead_addresses),
        (_replay, faults.replays),
    ]
    return [_once(world, trouble) for trouble, times in counted for _ in range(times)]


async def keep_what_survives(world: Any) -> None:
    """Once a second the broker's disk has what its memory has: what came later, a power cut forgets."""
    while True:
        await asyncio.sleep(1.0)
        if world.broker.up:
            world.broker.save()


async def _once(world: Any, trouble: Trouble) -> None:
    await asyncio.sleep(world.luck.random() * world.length)
    await trouble(world)


async def _broker_trouble(world: Any) -> None:
    kind = world.luck.choice(("restart", "power cut", "flush", "flush while gone"))
    world.trace.note("broker", trouble=kind)
    world.trace.counts[f"broker: {kind}"] += 1
    if kind == "flush":
        world.broker.flush()
        return
    if kind == "power cut":
        world.broker.lose_power()
    else:
        world.broker.go()
    if kind == "flush while gone":
        world.broker.flush()
    await asyncio.sleep(world.luck.random() * world.luck.choice((0.1, 3.0, 10.0)))
    world.broker.come_back()
    world.trace.note("broker is back")


async def _mail_host_outage(world: Any) -> None:
    world.mail_host.up = False
    world.trace.note("mail host is gone")
    await asyncio.sleep(world.luck.random() * 10)
    world.mail_host.up = True


async def _graceful_stop(world: Any) -> None:
    replica = world.luck.choice(world.replicas)
    if replica.process.alive:
        await replica.stop()
        world.revives(replica, after=world.luck.random() * 3)


async def _kill(world: Any) -> None:
    """At whatever await each of its tasks is just then."""
    world.kill(world.luck.choice(world.replicas).process, "out of the blue")


async def _stall(world: Any) -> None:
    """The process stands still, as a machine that swaps: when it goes on, its leases may have run out."""
    process = world.luck.choice(world.replicas).process
    seconds = world.luck.choice((2, 5, 20)) * world.luck.uniform(0.5, 1)
    world.trace.note("stands still", process=str(process), seconds=seconds)
    process.stall(seconds)


async def _address_dies(world: Any) -> None:
    """From now on the mail host knows no such user."""
    world.mail_host.dead_addresses.add(world.luck.choice(world.people).email)


async def _replay(world: Any) -> None:
    """An operator has a service read everything again, from the first event, and asks once more where that fails."""
    service = world.luck.choice(world.replicas).service
    streams = streams_read_by(service, world.partitions)
    while True:
        replica = world.luck.choice([one for one in world.replicas if one.service == service])
        if replica.process.alive:
            world.trace.note("is to replay", process=str(replica.process))
            world.known.replays.add(service)
            begun = replica.process.run(begin_replay(replica.parts.run, FakeBus(world.broker), streams))
            await asyncio.wait([begun])
            with suppress(TryAgainLater, asyncio.CancelledError):
                begun.result()
                return
        await asyncio.sleep(1)


async def _clock_jump(world: Any) -> None:
    by = timedelta(minutes=world.luck.choice((-60, -5, 5, 60)))
    world.trace.note("wall clock jumps", by=by)
    world.clock.leap(by)
    await asyncio.sleep(world.luck.random() * world.length)
    world.clock.leap(-by)
