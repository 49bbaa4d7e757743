"""What only a real server can do to us: it dies, comes back, hangs up; and what FastStream must not do meanwhile."""

import asyncio
import gc
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from faststream.redis.subscriber.usecases.stream_subscriber import StreamBatchSubscriber
from redis import Redis
from redis.exceptions import RedisClusterException

from shared.bus import BusUnavailable
from shared.clock import SystemClock
from shared.redis_bus import RedisBus
from shared.runner import SqlRunner
from shared.running import Service
from shared.signals import Signals
from tests.fakes import PlainStore
from tests.shared.ground import JOBS_OF_NOBODY, GuestSpoke, empty_database, remember, speak_often, versions_heard
from tests.shared.mortal_server import MortalServer
from tests.shared.test_bus_contract import STREAM, Listener, entries, listening
from tests.waiting import wait_until


@pytest.fixture
def server() -> Iterator[MortalServer]:
    with tempfile.TemporaryDirectory(prefix="tm-") as folder:
        mortal = MortalServer(Path(folder))
        yield mortal
        mortal.close()


@pytest.fixture
async def bus(server: MortalServer) -> AsyncIterator[RedisBus]:
    bus = RedisBus(server.url)
    await bus.connect()
    yield bus
    await bus.close()


async def test_a_cluster_whose_nodes_do_not_agree_yet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def disagree() -> None:
        raise RedisClusterException("startup_nodes could not agree on a valid slots cache")

    bus = RedisBus("redis+cluster://one:6379,two:6379")
    monkeypatch.setattr(bus.broker, "connect", disagree)
    await bus.connect()
    with pytest.raises(BusUnavailable, match="could not agree"):
        await bus.ping()


async def test_after_a_restart_faster_than_anybody_looks_reading_goes_on_or_says_that_it_does_not(
    server: MortalServer, bus: RedisBus
) -> None:
    listener = Listener()
    subscription = await listening(bus, listener)
    server.kill()
    server.start()
    await bus.append(STREAM, previous=0, entries=entries(1, 3))
    await wait_until(lambda: listener.entries or subscription.has_ended)
    await subscription.stop()


async def test_a_connection_that_the_server_hangs_up_is_replaced_or_said_to_be_lost(redis_url: str) -> None:
    bus = RedisBus(redis_url)
    await bus.connect()
    listener = Listener()
    subscription = await listening(bus, listener)

    def hang_up() -> bool:
        with Redis.from_url(redis_url) as client:
            readers = [found for found in client.client_list() if found["cmd"].startswith("xread")]
            for found in readers:
                client.client_kill_filter(_id=found["id"])
            return bool(readers)

    await wait_until(hang_up, what="reading connection")
    await bus.append(STREAM, previous=0, entries=entries(1, 3))
    await wait_until(lambda: listener.entries or subscription.has_ended)
    await subscription.stop()
    await bus.close()


async def test_whole_services_flow_again_after_their_broker_was_killed_and_lost_everything(
    server: MortalServer, bus: RedisBus, tmp_path: Path
) -> None:
    signals = Signals()
    databases = [empty_database(f"sqlite:///{tmp_path / name}") for name in ("rsvp", "notify")]
    speaker = SqlRunner(databases[0], source="rsvp", store=PlainStore, clock=SystemClock(), signals=signals)
    listener = SqlRunner(databases[1], source="notify", store=PlainStore, clock=SystemClock(), signals=Signals())
    services = [
        _service("rsvp", speaker, bus, signals, {}),
        _service("notify", listener, bus, Signals(), {GuestSpoke: remember}),
    ]
    for service in services:
        await service.start()
    count = 0
    for loss in (False, True, False):
        await speaker(speak_often, 20, start=count + 1)
        server.kill()
        await speaker(speak_often, 20, start=count + 21)
        server.start()
        if loss:
            with Redis.from_url(server.url) as client:
                client.flushall()
        count += 40
        await wait_until(partial(_heard, listener, count), timeout=20, saw=partial(listener.read, versions_heard))
    assert await listener.read(versions_heard) == list(range(1, count + 1))
    for service in services:
        await service.stop()
    speaker.close()
    listener.close()


@pytest.mark.slow
async def test_subscriptions_come_and_go_without_leaving_anything(valkey_url: str) -> None:
    bus = RedisBus(valkey_url)
    await bus.connect()
    listener = Listener()
    for _ in range(20):
        await (await listening(bus, listener)).stop()
    connections, subscribers, tasks = _connections(valkey_url), _subscribers(), len(asyncio.all_tasks())
    for _ in range(250):  # more often than there are connections in the pool
        subscription = await listening(bus, listener)
        await asyncio.sleep(0.001)
        await subscription.stop()
    await wait_until(lambda: len(asyncio.all_tasks()) <= tasks, saw=asyncio.all_tasks)
    assert _subscribers() <= subscribers + 2
    assert _connections(valkey_url) <= connections + 2
    await bus.close()


async def test_faststream_writes_no_line_a_message(valkey_url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bus = RedisBus(valkey_url)
    await bus.connect()
    await bus.append(STREAM, previous=0, entries=entries(1, 250))
    listener = Listener()
    subscription = await listening(bus, listener)
    await listener.has(250)
    await subscription.stop()
    await bus.close()
    assert [record for record in caplog.records if "faststream" in record.name] == []


async def test_a_server_that_became_a_replica_is_a_sentence_and_no_hot_loop(
    server: MortalServer, bus: RedisBus
) -> None:
    await bus.append(STREAM, previous=0, entries=entries(1, 3))
    with Redis.from_url(server.url) as client:
        client.replicaof("127.0.0.1", "1")
        with pytest.raises(BusUnavailable, match="read only replica"):
            await bus.append(STREAM, previous=3, entries=entries(4, 4))
        with pytest.raises(BusUnavailable):
            await bus.mark(STREAM, group="notify", position=3)
        before = client.info("stats")["total_commands_processed"]
        listener = Listener()
        subscription = await listening(bus, listener)
        await listener.has(3)
        await asyncio.sleep(0.5)
        assert client.info("stats")["total_commands_processed"] - before < 50
        client.replicaof("NO", "ONE")
        assert await bus.append(STREAM, previous=3, entries=entries(4, 4)) == 4
        await subscription.stop()


def _service(name: str, run: SqlRunner[Any], bus: RedisBus, signals: Signals, hears: Any) -> Service:
    import random  # noqa: PLC0415 - chance for back-off only

    return Service(
        name=name,
        run=run,
        bus=bus,
        signals=signals,
        clock=SystemClock(),
        chance=random.Random(1),
        hears=hears,
        jobs=JOBS_OF_NOBODY,
    )


async def _heard(listener: SqlRunner[Any], count: int) -> bool:
    return len(await listener.read(versions_heard)) >= count


def _connections(url: str) -> int:
    with Redis.from_url(url) as client:
        return len(client.client_list())


def _subscribers() -> int:
    gc.collect()
    return sum(isinstance(found, StreamBatchSubscriber) for found in gc.get_objects())
