"""Streams on which nothing happens share one read; none of them is later for it, and each learns of its end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from deploy.embedded import valkey
from shared import redis_bus
from shared.redis_bus import RedisBus
from tests.shared.test_bus_contract import Listener, entries
from tests.waiting import wait_until

STREAMS = [f"rsvp.events.{n}" for n in range(6)]


@pytest.fixture
def server(tmp_path: Path) -> Any:
    with valkey.start(tmp_path) as server:
        yield server


@pytest.fixture
async def bus(server: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisBus]:
    monkeypatch.setattr(redis_bus, "BLOCK_MILLISECONDS", 50)
    bus = RedisBus(server.url)
    await bus.connect()
    yield bus
    await bus.close()


def reads(url: str) -> list[str]:
    """The connections on which a read is waiting now."""
    with Redis.from_url(url) as client:
        return [found["id"] for found in client.client_list() if found["cmd"] == "xread" and "b" in found["flags"]]


async def one_read(url: str) -> None:
    seen: list[int] = []

    def alone() -> bool:
        seen.append(len(reads(url)))
        return len(seen) > 12 and max(seen[-12:]) == 1  # none between two of them

    await wait_until(alone, what="one read alone", saw=lambda: seen)


async def quiet(bus: RedisBus, url: str, listeners: list[Listener]) -> list[Any]:
    """A subscription a listener, once they share a read."""
    every = zip(STREAMS, listeners, strict=False)
    found = [await bus.subscribe(stream, position=0, on_entries=one.take) for stream, one in every]
    await one_read(url)
    return found


async def test_they_share_one_read_and_each_hears_what_is_its_own(bus: RedisBus, server: Any) -> None:
    listeners = [Listener() for _ in STREAMS]
    subscriptions = await quiet(bus, server.url, listeners)
    for stream in STREAMS[:3]:
        await bus.append(stream, previous=0, entries=entries(1, 250))
    for listener in listeners[:3]:
        assert await listener.has(250) == entries(1, 250)
    assert [listener.entries for listener in listeners[3:]] == [[]] * 3
    await one_read(server.url)
    await bus.append(STREAMS[0], previous=250, entries=entries(251, 251))
    assert await listeners[0].has(251) == entries(1, 251)
    for subscription in subscriptions:
        await subscription.stop()


async def test_two_may_stand_at_different_places_of_one_stream(bus: RedisBus, server: Any) -> None:
    await bus.append(STREAMS[0], previous=0, entries=entries(1, 3))
    far, near = Listener(), Listener()
    ahead = await bus.subscribe(STREAMS[0], position=7, on_entries=far.take)
    behind = await bus.subscribe(STREAMS[0], position=3, on_entries=near.take)
    await one_read(server.url)
    await bus.append(STREAMS[0], previous=3, entries=entries(4, 9))
    assert await near.has(6) == entries(4, 9)
    assert await far.has(2) == entries(8, 9)
    for subscription in (ahead, behind):
        await subscription.stop()


async def test_who_stops_leaves_the_others_waiting(bus: RedisBus, server: Any) -> None:
    listeners = [Listener() for _ in STREAMS]
    first, *others = await quiet(bus, server.url, listeners)
    await first.stop()
    await bus.append(STREAMS[0], previous=0, entries=entries(1, 1))
    await bus.append(STREAMS[1], previous=0, entries=entries(1, 1))
    await listeners[1].has(1)
    assert listeners[0].entries == []
    for subscription in others:
        await subscription.stop()
    await wait_until(lambda: not reads(server.url), what="no read")


async def test_each_says_at_once_that_its_server_died(bus: RedisBus, server: Any) -> None:
    subscriptions = await quiet(bus, server.url, [Listener() for _ in STREAMS])
    with Redis.from_url(server.url) as client:
        pid = int(client.info("server")["process_id"])
    os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(3):
        await asyncio.gather(*(subscription.ended() for subscription in subscriptions))
    for subscription in subscriptions:
        await subscription.stop()


async def test_nothing_is_lost_while_streams_fall_silent_and_wake(bus: RedisBus) -> None:
    listeners = [Listener() for _ in STREAMS]
    every = list(zip(STREAMS, listeners, strict=True))
    subscriptions = [await bus.subscribe(stream, position=0, on_entries=one.take) for stream, one in every]
    for number in range(1, 13):
        for stream in STREAMS:
            await bus.append(stream, previous=number - 1, entries=entries(number, number))
        await asyncio.sleep(0.03 * number)  # about as long as it takes to fall silent
    for listener in listeners:
        assert await listener.has(12) == entries(1, 12)
    await asyncio.gather(*map(partial(type(subscriptions[0]).stop), subscriptions))
