"""The place where a world's services are put together: their real code, on ports that die, lose and stall."""

import asyncio
import random
import sqlite3
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, cast

import sqlalchemy as sa
from fastapi import FastAPI

from services.intro import wiring as intro
from services.intro.store import SqlStore as IntroStore
from services.intro.store.tables import metadata as intro_tables
from services.notify import wiring as notify
from services.notify.settings import Settings as NotifySettings
from services.notify.store.sql_store import SqlStore as NotifyStore
from services.notify.store.tables import metadata as notify_tables
from services.rsvp import wiring as rsvp
from services.rsvp.store.sql import SqlStore as RsvpStore
from services.rsvp.store.tables import metadata as rsvp_tables
from shared.bus import BusUnavailable
from shared.db import open_engine
from shared.links import Links
from shared.organisers import Organisers
from shared.signals import Signals
from shared.tables import GROUND
from shared.transaction import ENDING, OutcomeUnknown, StoreUnavailable
from tests.fakes import FakeBus, InlineRunner
from tests.simulation.mail_host import SimulatedMailer, plain
from tests.simulation.processes import Process

KEY = "the simulation's own secret key"
LINKS = Links([KEY])
STORES: dict[str, Any] = {"rsvp": RsvpStore, "intro": IntroStore, "notify": NotifyStore}
TABLES = {"rsvp": rsvp_tables, "intro": intro_tables, "notify": notify_tables}
PARTS_OF: dict[str, Callable[..., Any]] = {"rsvp": rsvp.parts_of, "intro": intro.parts_of, "notify": notify.parts_of}

SERVING: ContextVar["Replica"] = ContextVar("serving")


class DiedHere(BaseException):
    """The process ended inside its transaction, which the database then rolled back."""


@dataclass(slots=True)
class Port:
    """What stands between a process and everything outside it: time passes, answers are lost, the process dies."""

    world: Any
    process: Process

    async def hop(self) -> None:
        """One way over the network."""
        self.process.check()
        luck, faults = self.world.luck, self.world.faults
        wait = luck.random() * 0.004
        if luck.random() < faults.network_stall:
            wait += luck.uniform(1, 12)
        await asyncio.sleep(wait)
        self.process.check()
        if luck.random() < faults.die_at_network:
            self.die("at the network")
        if luck.random() < faults.network_error:
            raise BusUnavailable("a packet was lost")

    async def mail_hop(self) -> None:
        luck, faults = self.world.luck, self.world.faults
        self.process.check()
        await asyncio.sleep(luck.random() * (8.0 if luck.random() < faults.mail_slow else 0.05))
        self.process.check()
        if luck.random() < faults.die_at_mail:
            self.die("in a mail dialogue")

    def die(self, where: str) -> None:
        self.world.kill(self.process, where)
        self.process.check()


class DyingRunner(InlineRunner):
    """The real runner's transactions, on a loop that may end the process before, in, and after the commit."""

    def __init__(self, port: Port, engine: sa.Engine, **options: Any) -> None:
        super().__init__(engine, latency=lambda: port.world.luck.random() * 0.003, **options)
        self._port, self._in_commit = port, False

    async def __call__(self, handler: Any, *args: Any, **kwargs: Any) -> Any:
        self._port.process.check()
        answer = await super().__call__(handler, *args, **kwargs)
        self._port.process.check()
        return answer

    async def read(self, view: Any, *args: Any, **kwargs: Any) -> Any:
        self._port.process.check()
        if self._strikes("store_lost"):
            raise StoreUnavailable
        if self._closed:
            raise StoreUnavailable(ENDING)
        await asyncio.sleep(self._latency())
        answer = self.database.look(lambda sql: view(self._store(sql), *args, **kwargs))
        self._port.process.check()
        return answer

    @property
    def database(self) -> "Database":
        world: Any = self._port.world
        return cast("Database", world.databases[self._source])

    def _strikes(self, fault: str) -> bool:
        return bool(self._port.world.luck.random() < getattr(self._port.world.faults, fault))

    def _drain(self) -> None:
        if self._port.process.alive and self._strikes("die_before_commit"):
            self._port.world.kill(self._port.process, "before a commit")
        if self._port.process.alive:
            super()._drain()

    def _commit_together(self, batch: Any) -> Any:
        if self._strikes("store_lost"):
            raise StoreUnavailable
        self.database.writer = self
        self._in_commit = self._strikes("die_in_commit")
        try:
            done = super()._commit_together(batch)
        finally:
            self._in_commit = False
        self._port.world.committed(self._source)
        if self._strikes("store_uncertain"):
            raise OutcomeUnknown
        if self._strikes("die_after_commit"):
            self._port.world.kill(self._port.process, "after a commit, before its answer")
        return done

    def _answer(self, batch: Any, outcomes: Any, wakes: Any) -> None:
        if self._port.process.alive:
            super()._answer(batch, outcomes, wakes)

    def _run_batch(self, batch: Any) -> None:
        try:
            super()._run_batch(batch)
        except DiedHere:
            self._port.world.kill(self._port.process, "in a commit")

    def dies_in_commit(self) -> bool:
        dies, self._in_commit = self._in_commit, False
        return dies


def _handle_and_note(handle: Any, tx: Any, envelope: Any, event: Any) -> None:
    """Notes in the same transaction what was heard, so that an invariant can count it."""
    handle(tx, envelope, event)
    tx.sql.exec_driver_sql("INSERT INTO noted (id) VALUES (?)", (envelope.id,))


class Database:
    """One service's database: it outlives every process of the service."""

    def __init__(self, service: str) -> None:
        self.engine, self._service = _engine(service), service
        self.writer: DyingRunner | None = None
        self.marks: dict[str, int] = {}
        """For a planted bug, which keeps a mark beside the stream."""
        _RAW[service].rollback()
        _RAW[service].deserialize(_empty(service))
        self._raw = _RAW[service]
        _CURRENT[service] = self

    def look(self, view: Callable[[sa.Connection], Any]) -> Any:
        """A read-only view. Nothing else happens in the one thread there is, so it needs no transaction of its own."""
        return view(_LOOKING[self._service])

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Looks in from outside, as an invariant does."""
        cursor = self._raw.execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def forget_databases() -> None:
    """Lets go of the last world, which its databases would hold."""
    _CURRENT.clear()


_CURRENT: dict[str, Database] = {}
_RAW: dict[str, sqlite3.Connection] = {}
_LOOKING: dict[str, sa.Connection] = {}


@cache
def _engine(service: str) -> sa.Engine:
    """One engine for all worlds: what SQLAlchemy compiled for one serves the next."""
    engine = open_engine("sqlite://")
    raw = engine.raw_connection().driver_connection
    assert isinstance(raw, sqlite3.Connection)
    _RAW[service] = raw
    _LOOKING[service] = sa.create_engine("sqlite://", creator=lambda: raw, poolclass=sa.StaticPool).connect()

    def before_commit(sql: sa.Connection) -> None:
        current = _CURRENT.get(service)
        if current and current.writer and current.writer.dies_in_commit():
            sql.connection.rollback()
            raise DiedHere

    sa.event.listen(engine, "commit", before_commit)
    return engine


@cache
def _empty(service: str) -> bytes:
    engine = open_engine("sqlite://")
    with engine.begin() as sql:
        GROUND.create_all(sql)
        TABLES[service].create_all(sql)
        sql.exec_driver_sql("CREATE TABLE noted (id TEXT NOT NULL)")
    raw = engine.raw_connection().driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw.serialize()


@cache
def _settings(partitions: int) -> NotifySettings:
    return NotifySettings(secret_key=KEY, partitions=partitions, public_url="https://tm.example.org")  # type: ignore[arg-type]


class Replica:
    """One replica of one service, which lives again and again on the same database."""

    def __init__(self, world: Any, service: str, number: int, *, shares: bool) -> None:
        self.world, self.service = world, service
        self.name = f"{service}-{number}"
        self.owner = self.name if shares else None
        self.process = Process(self.name, 0)
        self.process.alive = False
        self.parts: Any = None

    async def start(self) -> None:
        world = self.world
        self.process = process = Process(self.name, self.process.life + 1)
        world.trace.note("process starts", name=str(process))
        port = Port(world, process)
        signals, chance = Signals(), random.Random(world.luck.getrandbits(64))
        run = DyingRunner(
            port,
            world.databases[self.service].engine,
            source=self.service,
            store=STORES[self.service],
            clock=world.clock,
            signals=signals,
            partitions=world.partitions,
            chance=chance,
        )
        extra: dict[str, Any] = {}
        if self.service == "notify":
            extra = {"mailer": SimulatedMailer(world.mail_host, port), "life": str(process)}
        self.parts = PARTS_OF[self.service](
            run,
            _settings(world.partitions),
            bus=FakeBus(world.broker, network=port.hop),
            clock=world.clock,
            chance=chance,
            owner=self.owner,
            signals=signals,
            close=lambda: None,
            **extra,
        )
        self.parts.service.hears = world.hears(self.parts.service.hears)
        for reader in self.parts.service.readers.values():
            reader._hears = self.parts.service.hears
            reader.handle = partial(_handle_and_note, reader.handle)
        await process.run(self.parts.service.start())

    async def stop(self) -> None:
        """SIGTERM: the service gets its grace, then it is gone."""
        process, world = self.process, self.world
        started = world.clock.monotonic()
        world.trace.note("process stops", name=str(process))
        task = process.run(self.parts.service.stop())
        await asyncio.wait([task])
        if process.alive:
            world.stopped(self, world.clock.monotonic() - started)
            process.kill()


class _Current:
    """Stands in a service's web application for whatever replica serves the request."""

    def __init__(self, find: Callable[[Replica], Any]) -> None:
        self._find = find

    def __getattr__(self, name: str) -> Any:
        return getattr(self._find(SERVING.get()), name)

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return await self._find(SERVING.get())(*args, **kwargs)

    async def read(self, *args: Any, **kwargs: Any) -> Any:
        return await self._find(SERVING.get()).read(*args, **kwargs)


class _NoLimit:
    def check(self, client: str | None) -> None: ...


APPS: dict[str, FastAPI] = {}


async def _fine() -> None:
    """Nothing is wrong with the mail host."""


def prepare() -> None:
    """Once a process: the web applications, which cost more than a world, and a renderer that costs nothing."""
    rsvp_wiring, intro_wiring, notify_wiring = (cast("Any", wiring) for wiring in (rsvp, intro, notify))
    run, clock = _Current(lambda r: r.parts.run), _Current(lambda r: r.world.clock)
    matchmaker, organisers = _Current(lambda r: r.parts.matchmaker), Organisers([KEY])
    at_rsvp = rsvp_wiring.Entrance(run, LINKS, organisers, clock, _NoLimit(), "https://tm.example.org")
    APPS["rsvp"] = rsvp_wiring.app_of(at_rsvp)
    APPS["intro"] = intro_wiring._app(intro_wiring.Entrance(run, matchmaker, LINKS, organisers, clock))
    APPS["notify"] = notify_wiring._app(notify_wiring.Entrance(run, LINKS, organisers, clock, None), _fine)
    rsvp_wiring.app_of = intro_wiring._app = notify_wiring._app = lambda *_: None
    notify_wiring.Renderer = lambda *_: plain
    notify_wiring.Templates = lambda: None


def serve(replica: Replica, call: Any) -> "asyncio.Task[Any]":
    """Runs a request in a replica's process."""
    token = SERVING.set(replica)
    try:
        return replica.process.run(call)
    finally:
        SERVING.reset(token)
