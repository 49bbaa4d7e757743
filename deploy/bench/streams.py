"""The place for measuring relay and reader: beside pipelined XADD, and beside a bare FastStream batch subscriber."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import redis.asyncio
import sqlalchemy as sa
from faststream.redis import RedisBroker, StreamSub

from deploy.bench import stand
from deploy.bench.report import Comparison, interleaved
from deploy.embedded import valkey
from shared.cancelling import cancelled
from shared.chance import SystemChance
from shared.clock import SystemClock
from shared.contracts.rsvp import Profile, RsvpConfirmed
from shared.db import open_engine
from shared.leaving_rows import LeavingRows as Store
from shared.outbox import Relay
from shared.prepared import Prepared
from shared.redis_bus import RedisBus
from shared.runner import SqlRunner
from shared.signals import Signals
from shared.streams import Reader
from shared.tables import GROUND, outbox
from shared.transaction import Transaction

STREAM = "rsvp.events"
BATCH = 500
SCHEMA = "tablemates_bench"
CELERY, CELERY_MOST = "deploy.bench.peers.celery_noop", 1_000

heard = sa.Table(
    "bench_heard",
    sa.MetaData(),
    sa.Column("rsvp_id", sa.String(64), primary_key=True),
    sa.Column("status", sa.String(12)),
)
HEAR = Prepared.rows(heard)


def somebody_is_going(number: int) -> RsvpConfirmed:
    """An event as the rsvp service says it, with a profile of common size."""
    return RsvpConfirmed(
        version=1,
        rsvp_id=f"0198-rsvp-{number:08}",
        gathering_id="0198-gathering",
        attendee_id=f"0198-attendee-{number:08}",
        status="going",
        email=f"person{number}@example.org",
        name="Dana Reyes",
        introductions=True,
        profile=Profile(role="Cataloguer", interests=("metadata", "zines", "trail running"), pace="quiet"),
    )


def on_rsvp_confirmed(tx: Transaction[Store], event: RsvpConfirmed) -> None:
    """Leaves a row, as notify leaves its mails."""
    tx.store.leave(HEAR, [{"rsvp_id": event.rsvp_id, "status": event.status}])


@contextmanager
def runner(url: str, service: str, *, empty: bool = True) -> Iterator[SqlRunner[Store]]:
    with a_place_of_its_own(url) as engine:
        for metadata in (GROUND, heard.metadata):
            if empty:
                metadata.drop_all(engine)
            metadata.create_all(engine)
        run = SqlRunner(engine, source=service, store=Store, clock=SystemClock(), signals=Signals())
        try:
            yield run
        finally:
            run.close()


@contextmanager
def a_place_of_its_own(url: str) -> Iterator[sa.Engine]:
    """On PostgreSQL a schema that is gone afterwards, beside whatever the services have in the same database."""
    if not url.startswith("postgresql"):
        yield open_engine(url)
        return
    drop, create = (sa.text(f"{what} SCHEMA {SCHEMA}{how}") for what, how in (("DROP", " CASCADE"), ("CREATE", "")))
    outside = open_engine(url)
    with outside.begin() as sql:
        sql.execute(create)
    try:
        yield open_engine(f"{url}?options=-csearch_path%3D{SCHEMA}")
    finally:
        with outside.begin() as sql:
            sql.execute(drop)
        outside.dispose()


def reader_on(bus: RedisBus, run: SqlRunner[Store]) -> Reader:
    """Reads the stream, and keeps a row of each event."""
    return Reader(
        stream=STREAM,
        group="notify",
        run=run,
        bus=bus,
        hears={RsvpConfirmed: on_rsvp_confirmed},
        clock=SystemClock(),
        chance=SystemChance(),
    )


def _say(tx: Transaction[Store], first: int, last: int) -> None:
    for number in range(first, last):
        tx.say(somebody_is_going(number))


def _bodies(store: Store) -> list[str]:
    return list(store.sql.execute(sa.select(outbox.c.body).order_by(outbox.c.sequence)).scalars())


async def compare(events: int, *, rounds: int, database_url: str | None = None) -> list[Comparison]:
    """Relay and reader beside their peers, in events a second, in one interleaved run."""
    with TemporaryDirectory(prefix="tm-bench-") as name, valkey.start(Path(name) / "broker") as server:
        folder = Path(name)
        urls = [
            (database_url and f"{database_url}/{s}") or f"sqlite:///{folder}/{s}.sqlite3" for s in ("rsvp", "notify")
        ]
        with runner(urls[0], "rsvp") as said, runner(urls[1], "notify") as read:
            for first in range(0, events, BATCH):
                await said(_say, first, min(first + BATCH, events))
            bench = _Streams(server.url, said, read, await said.read(_bodies))
            try:
                return await bench.compare(rounds)
            finally:
                await bench.close()


class _Streams:
    def __init__(self, url: str, said: SqlRunner[Store], read: SqlRunner[Store], bodies: list[str]) -> None:
        self._url, self._said, self._read, self._bodies = url, said, read, bodies
        self._redis: Any = redis.asyncio.Redis.from_url(url)
        self._bus = RedisBus(url)

    async def close(self) -> None:
        await self._bus.close()
        await self._redis.aclose()

    async def compare(self, rounds: int) -> list[Comparison]:
        await self._bus.connect()
        relayed = await interleaved(
            "compare-and-publish relay",
            unit="events/s",
            ours=self.relay,
            peer=self.pipelined_xadd,
            peer_name="pipelined XADD",
            bar=1.0,
            rounds=rounds,
        )
        consumed = await interleaved(
            "durable intake of events",
            unit="events/s",
            ours=self.reader,
            peer=self.bare_subscriber,
            peer_name="bare FastStream batch no-op",
            bar=1.0,
            rounds=rounds,
        )
        beside_celery = await interleaved(
            "the same beside celery",
            unit="events/s",
            ours=self.reader,
            peer=self.celery_worker,
            peer_name="celery, one worker, no-op",
            bar=10.0,
            rounds=max(1, rounds // 2),
        )
        return [relayed, consumed, beside_celery]

    async def relay(self) -> float:
        await self._redis.delete(STREAM)
        relay = Relay(self._said, self._bus, signals=Signals(), clock=SystemClock())
        return await self._rate(relay.publish_everything())

    async def pipelined_xadd(self) -> float:
        await self._redis.delete("peer")

        async def publish() -> None:
            for first in range(0, len(self._bodies), BATCH):
                pipe = self._redis.pipeline(transaction=False)
                for body in self._bodies[first : first + BATCH]:
                    pipe.xadd("peer", {"__data__": body})
                await pipe.execute()

        return await self._rate(publish())

    async def reader(self) -> float:
        await self._read(_start_over)
        reader = reader_on(self._bus, self._read)
        following = asyncio.create_task(reader.follow())
        rate = await self._rate(until(lambda: reader.position >= len(self._bodies)))
        await cancelled([following])
        return rate

    async def bare_subscriber(self) -> float:
        broker, seen = RedisBroker(self._url, logger=None), 0  # type: ignore[arg-type]  # None is its word for silence

        @broker.subscriber(stream=StreamSub("peer", last_id="0", batch=True, max_records=100))
        async def take(messages: list[dict[str, Any]]) -> None:
            nonlocal seen
            seen += len(messages)

        async def follow() -> None:
            await broker.start()
            await until(lambda: seen >= len(self._bodies))

        rate = await self._rate(follow())
        await broker.stop()
        return rate

    async def celery_worker(self) -> float:
        """Tasks a second from the first to the last of a full queue; starting the worker is not counted."""
        return await asyncio.to_thread(self._celery_rate)

    def _celery_rate(self) -> float:
        environment = {"BENCH_BROKER": stand.celery_url(self._url)}
        with TemporaryDirectory(prefix="tm-bench-") as name:
            times, app = Path(name) / "times.txt", _celery_app(environment["BENCH_BROKER"])
            queue = [json.loads(body) for body in self._bodies[:CELERY_MOST]]
            app.send_task(f"{CELERY}.note_time", [str(times)])
            for event in queue:
                app.send_task(f"{CELERY}.nothing", [event])
            app.send_task(f"{CELERY}.note_time", [str(times)])
            app.close()
            worker = ("-m", "celery", "-A", CELERY, "worker", "--concurrency", "1", "--loglevel", "ERROR")
            with stand.python(*worker, log=Path(name) / "worker.log", environment=environment):
                first, last = stand.until_lines(times, 2)
        return len(queue) / (float(last) - float(first))

    async def _rate(self, work: Any) -> float:
        started = time.perf_counter()
        await work
        return len(self._bodies) / (time.perf_counter() - started)


def _celery_app(broker_url: str) -> Any:
    from celery import Celery  # noqa: PLC0415 - only who compares has it

    return Celery("bench", broker=broker_url)


def _start_over(tx: Transaction[Store]) -> None:
    tx.sql.execute(heard.delete())
    tx.sql.exec_driver_sql("DELETE FROM positions")


async def until(reached: Callable[[], bool]) -> None:
    """Looks every few milliseconds, which is little beside what is measured."""
    while not reached():  # noqa: ASYNC110 - the peer has nothing that could be waited for
        await asyncio.sleep(0.005)
