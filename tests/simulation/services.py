"""The place where a world's services are put together: their real code, on ports that die, lose and stall."""

import asyncio
import random
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache, partial
from typing import Any, cast

from fastapi import FastAPI

from services.intro import wiring as intro
from services.intro.store import SqlStore as IntroStore
from services.notify import wiring as notify
from services.notify.settings import Settings as NotifySettings
from services.notify.store.sql_store import SqlStore as NotifyStore
from services.rsvp import wiring as rsvp
from services.rsvp.store.sql import SqlStore as RsvpStore
from shared import due, retrying, running
from shared.links import Links
from shared.organisers import Organisers
from shared.signals import Signals
from shared.streams import Hears
from tests.fakes import FakeBus
from tests.simulation.dying import DyingRunner, Port
from tests.simulation.mail_host import SimulatedMailer, plain
from tests.simulation.processes import Process

KEY = "the simulation's own secret key"
LINKS = Links([KEY])
BOUNCE_SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgc2ltdWxhdGlvbg=="
STORES: dict[str, Any] = {"rsvp": RsvpStore, "intro": IntroStore, "notify": NotifyStore}
PARTS_OF: dict[str, Callable[..., Any]] = {"rsvp": rsvp.parts_of, "intro": intro.parts_of, "notify": notify.parts_of}

SERVING: ContextVar["Replica"] = ContextVar("serving")


class Hiccup(Exception):
    """A handler failed for no reason that anybody could foresee."""


def _handle_and_note(world: Any, service: str, handle: Any, tx: Any, envelope: Any, event: Any) -> None:
    """Notes in the same transaction what was heard and when, so that an invariant can tell; some entries are poison."""
    if event is not None and world.poison:
        world.poison.check(service, envelope)
    handle(tx, envelope, event)
    late = service in world.known.replays and _was_parked_before(tx, envelope)
    tx.sql.exec_driver_sql("INSERT INTO noted (id, at, late) VALUES (?, ?, ?)", (envelope.id, tx.now.isoformat(), late))


def _was_parked_before(tx: Any, envelope: Any) -> bool:
    """What was parked before a replay began is tried again as ever, although the replay has not come to it."""
    ahead = tx.sql.exec_driver_sql(
        "SELECT 1 FROM parked JOIN positions ON positions.stream = parked.stream"
        " WHERE parked.sequence > positions.position AND instr(parked.body, ?)",
        (envelope.id,),
    )
    return ahead.first() is not None


@cache
def _settings(partitions: int, resends: tuple[str, ...]) -> NotifySettings:
    return NotifySettings(
        secret_key=KEY,  # type: ignore[arg-type]
        partitions=partitions,
        public_url="https://tm.example.org",
        mail_resend=resends,
    )


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
            _settings(world.partitions, world.resends),
            bus=FakeBus(world.broker, network=port.hop),
            clock=world.clock,
            chance=chance,
            owner=self.owner,
            signals=signals,
            close=lambda: None,
            **extra,
        )
        self.parts.service.hears = self._now_and_then_failing(self.parts.service.hears)
        for reader in self.parts.service.readers.values():
            reader._hears = self.parts.service.hears
            reader.handle = partial(_handle_and_note, world, self.service, reader.handle)
        await process.run(self.parts.service.start())

    def _now_and_then_failing(self, hears: Hears) -> Hears:
        """The service's own consumers, which now and then fail for no reason."""
        world = self.world

        def hiccuping(handle: Any) -> Any:
            def heard(tx: Any, event: Any) -> None:
                handle(tx, event)
                if world.luck.random() < world.faults.handler_fails:
                    raise Hiccup

            return heard

        return {kind: hiccuping(handle) for kind, handle in hears.items()}

    async def stop(self) -> None:
        """SIGTERM: the service gets its grace, then it is gone."""
        process, world = self.process, self.world
        started = world.clock.monotonic()
        world.trace.note("process stops", name=str(process))
        task = process.run(self.parts.service.stop())
        await asyncio.wait([task])
        if process.alive:
            if process.still_until < started:  # nobody can ask more of one that stands still
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
    APPS["notify"] = notify_wiring._app(notify_wiring.Entrance(run, LINKS, organisers, clock, BOUNCE_SECRET), _fine)
    due.LONGEST_SLEEP_SECONDS = retrying.LONGEST_SLEEP_SECONDS = 2.0  # hours pass in an instant: looked for oftener
    running.TIDY_SECONDS = 8.0
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
