"""The place where all three services live in one process: bundled broker, SQLite, Maildir, one address."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from starlette.types import ASGIApp

from deploy.embedded import valkey
from deploy.paths import OneAddress
from services.intro import wiring as intro
from services.notify import wiring as notify
from services.rsvp import wiring as rsvp
from shared import migrate
from shared.bus import Bus
from shared.clock import Clock, SystemClock
from shared.contracts.topology import streams_read_by
from shared.errors import WrongSetting
from shared.redis_bus import RedisBus
from shared.settings import Settings
from shared.tables import outbox_heads, parked, positions
from shared.transaction import Runner

SERVICES: Mapping[str, Any] = {"rsvp": rsvp, "intro": intro, "notify": notify}


@dataclass(frozen=True, slots=True)
class House:
    """The three services at work; `parts` by name, `app` answers for all of them."""

    parts: Mapping[str, Any]
    app: ASGIApp
    bus: Bus

    def run(self, service: str) -> Runner[Any]:
        runner: Runner[Any] = self.parts[service].run
        return runner


def migrate_all(settings: Settings) -> None:
    """Brings the databases of all three services to the newest schema."""
    if settings.database_url.startswith("sqlite"):
        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WrongSetting(
                f"TABLEMATES_DATA_DIR={settings.data_dir}: the folder cannot be made ({error.strerror})."
            ) from None
    for service in SERVICES:
        migrate.upgrade(service, settings.database_of(service))


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
        for part in parts.values():
            await part.service.start()
            stack.push_async_callback(part.service.stop)
        yield House(parts, OneAddress({name: part.app for name, part in parts.items()}), bus)


def build_parts(
    settings: Settings, bus: Bus, *, clock: Clock | None = None, chance: random.Random | None = None
) -> dict[str, Any]:
    """The three services composed, not yet started."""
    own_clock = clock or SystemClock()
    return {
        name: wiring.build(settings, bus=bus, clock=own_clock, chance=chance or random.SystemRandom())
        for name, wiring in SERVICES.items()
    }


async def on_its_way(house: House) -> dict[str, int]:
    """What has still to happen: entries not yet read, parked ones, and what each service itself is about to do."""
    heads: dict[str, int] = {}
    for name in SERVICES:
        heads |= await house.run(name).read(_heads)
    waiting: dict[str, int] = {}
    for name, part in house.parts.items():
        read, held = await house.run(name).read(_reading)
        behind = sum(heads.get(stream, 0) - position for stream, position in read.items())
        unread = sum(heads.get(stream, 0) for stream in streams_read_by(name, 1) if stream not in read)
        waiting[f"{name}: entries to read"] = behind + unread
        waiting[f"{name}: entries parked"] = held
        for what, count in (await house.run(name).read(part.pending)).items():
            waiting[f"{name}: {what}"] = count
    return {what: count for what, count in waiting.items() if count}


def _heads(store: Any) -> dict[str, int]:
    rows = store.sql.execute(sa.select(outbox_heads.c.stream, outbox_heads.c.top))
    return {row.stream: row.top for row in rows}


def _reading(store: Any) -> tuple[dict[str, int], int]:
    rows = store.sql.execute(sa.select(positions.c.stream, positions.c.position))
    held = store.sql.execute(sa.select(sa.func.count()).where(parked.c.state == "parked")).scalar()
    return {row.stream: row.position for row in rows}, held or 0
