"""The place where all three services live in one process: bundled broker, SQLite, Maildir, one address."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from starlette.types import ASGIApp

from deploy.embedded import valkey
from deploy.paths import OneAddress, OperatorsAddress
from services.intro import wiring as intro
from services.notify import wiring as notify
from services.rsvp import wiring as rsvp
from shared import schema
from shared.bus import Bus
from shared.chance import SystemChance
from shared.clock import Clock, SystemClock
from shared.errors import WrongSetting
from shared.prepared import Prepared
from shared.redis_bus import RedisBus
from shared.settings import Settings, make_private
from shared.tables import due, outbox_heads, parked, positions
from shared.transaction import Runner

SERVICES: Mapping[str, Any] = {"rsvp": rsvp, "intro": intro, "notify": notify}


@dataclass(frozen=True, slots=True)
class House:
    """The three services at work; `parts` by name, `app` answers for all of them, `operators` for those who run it."""

    parts: Mapping[str, Any]
    app: ASGIApp
    bus: Bus

    @property
    def operators(self) -> ASGIApp:
        return OperatorsAddress({name: part.app for name, part in self.parts.items()})

    def run(self, service: str) -> Runner[Any]:
        runner: Runner[Any] = self.parts[service].run
        return runner


def migrate_all(settings: Settings) -> None:
    """Brings the databases of all three services to the newest schema."""
    if settings.database_url.startswith("sqlite"):
        try:
            make_private(settings.data_dir)
        except OSError as error:
            raise WrongSetting(
                f"TABLEMATES_DATA_DIR={settings.data_dir}: the folder cannot be made ({error.strerror})."
            ) from None
    for service in SERVICES:
        schema.upgrade(service, settings.database_of(service))


@asynccontextmanager
async def open_house(
    settings: Settings, *, clock: Clock | None = None, chance: random.Random | None = None
) -> AsyncIterator[House]:
    """Everything started, and stopped in order at the end with nothing lost."""
    async with AsyncExitStack() as stack:
        broker_url = settings.broker_url
        if broker_url.startswith("embedded:"):
            server = await asyncio.to_thread(valkey.start, settings.data_dir / "broker")
            stack.callback(server.close)
            broker_url = server.url
        await asyncio.to_thread(migrate_all, settings)
        bus = RedisBus(broker_url)
        await bus.connect()
        stack.push_async_callback(bus.close)
        parts = build_parts(settings, bus, clock=clock, chance=chance)
        for part in parts.values():
            stack.callback(part.close)
        address = OneAddress({name: part.app for name, part in parts.items()})
        for part in parts.values():
            await part.service.start()
            stack.push_async_callback(part.service.stop)
        yield House(parts, address, bus)


def build_parts(
    settings: Settings, bus: Bus, *, clock: Clock | None = None, chance: random.Random | None = None
) -> dict[str, Any]:
    """The three services composed, not yet started."""
    own_clock = clock or SystemClock()
    return {
        name: wiring.build(settings, bus=bus, clock=own_clock, chance=chance or SystemChance())
        for name, wiring in SERVICES.items()
    }


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """`waiting`: what has still to happen, by what it is; `said`: how far each stream of events goes."""

    waiting: Mapping[str, int]
    said: Mapping[str, int]


async def on_its_way(house: House) -> OnItsWay:
    """What has still to happen: entries not yet read, parked ones, due work, and what each service is about to do."""
    looks = [await part.run.read(_look, part.pending, part.service.clock.now()) for part in house.parts.values()]
    said = {stream: top for look in looks for stream, top in look.heads.items()}
    waiting: dict[str, int] = {}
    for (name, part), look in zip(house.parts.items(), looks, strict=True):
        to_read = (said.get(stream, 0) - look.positions.get(stream, 0) for stream in part.service.readers)
        own = {"entries to read": sum(to_read), "entries parked": look.parked, "due": look.due, **look.pending}
        waiting |= {f"{name}: {what}": count for what, count in own.items() if count}
    return OnItsWay(waiting, said)


@dataclass(frozen=True, slots=True)
class _Look:
    heads: Mapping[str, int]
    positions: Mapping[str, int]
    parked: int
    due: int
    pending: Mapping[str, int]


_HEADS = Prepared(sa.select(outbox_heads.c.stream, outbox_heads.c.top))
_POSITIONS = Prepared(sa.select(positions.c.stream, positions.c.position))
_PARKED = Prepared(sa.select(sa.func.count()).where(parked.c.state == "parked"))
_DUE = Prepared(sa.select(sa.func.count()).where(due.c.at <= sa.bindparam("now")))


def _look(store: Any, pending: Callable[[Any], Mapping[str, int]], now: datetime) -> _Look:
    return _Look(
        {row.stream: row.top for row in store.sql.execute(_HEADS)},
        {row.stream: row.position for row in store.sql.execute(_POSITIONS)},
        store.sql.execute(_PARKED).scalar() or 0,
        store.sql.execute(_DUE, {"now": now}).scalar() or 0,
        pending(store),
    )
