"""The place for the rsvp service as a client meets it: its application on a database of its own, no broker."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import sqlalchemy as sa

from services.rsvp.handlers.keys import create_key
from services.rsvp.settings import Settings
from services.rsvp.store.sql import SqlStore
from services.rsvp.store.tables import metadata
from services.rsvp.wiring import Parts, parts_of
from shared.contracts.envelope import decode
from shared.links import Link, Links
from shared.runner import SqlRunner
from shared.signals import Signals
from shared.tables import outbox
from tests.databases import open_database
from tests.fakes import FakeBroker, FakeBus, FakeClock
from tests.rsvp.builders import NOON

SECRET = "sixteen-letters-or-more-of-a-secret"


@dataclass(slots=True)
class Served:
    """The service over HTTP. `key` is an organiser's."""

    http: httpx.AsyncClient
    parts: Parts
    clock: FakeClock
    key: str

    async def organiser(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"} | request.pop("headers", {})
        return await self.http.request(method, path, headers=headers, **request)

    async def a_gathering(self, **fields: Any) -> dict[str, Any]:
        answer = await self.organiser("POST", "/api/v1/gatherings", json=gathering_json(**fields))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def rsvps(self, gathering: dict[str, Any], who: str, **fields: Any) -> httpx.Response:
        headers = fields.pop("headers", {})
        email = who if "@" in who else f"{who}@example.org"
        path = f"/api/v1/gatherings/{gathering['id']}/rsvps"
        return await self.http.post(path, json={"email": email, "name": who.title(), **fields}, headers=headers)

    async def roster(self, gathering: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Everybody by the part of their address before the @."""
        answer = await self.organiser("GET", f"/api/v1/gatherings/{gathering['id']}/rsvps?limit=200")
        return {item["email"].partition("@")[0]: item for item in answer.json()["items"]}

    async def token(self, gathering: dict[str, Any], who: str, **link: Any) -> str:
        """The personal link that somebody was mailed."""
        email = who if "@" in who else f"{who}@example.org"
        attendee_id = await self.parts.run.read(_attendee_id, email)
        return Links([SECRET]).sign(
            Link(**{"purpose": "my", **link}, attendee_id=attendee_id, gathering_id=gathering["id"])
        )

    async def holder(self, token: str, method: str, path: str, **request: Any) -> httpx.Response:
        return await self.http.request(method, path, headers={"Authorization": f"Bearer {token}"}, **request)

    async def said(self) -> list[Any]:
        return await self.parts.run.read(_said)


def _attendee_id(store: Any, email: str) -> str:
    found = store.attendee_with(email.lower())
    assert found is not None
    return str(found.id)


def _said(store: Any) -> list[Any]:
    bodies = store.sql.execute(sa.select(outbox.c.body).order_by(outbox.c.stream, outbox.c.sequence)).scalars()
    return [event for body in bodies if (event := decode(body.encode())[1]) is not None]


def gathering_json(**fields: Any) -> dict[str, Any]:
    return {
        "title": "Quiet Tables",
        "kind": "happy_hour",
        "format": "in_person",
        "starts_at": (NOON + timedelta(days=7)).isoformat(),
        "ends_at": (NOON + timedelta(days=7, hours=3)).isoformat(),
        "timezone": "America/New_York",
        "place": {"name": "The Lantern Room", "city": "Asheville", "region": "NC", "country": "US"},
        **fields,
    }


@asynccontextmanager
async def serving(url: str, *, client: str = "127.0.0.1") -> AsyncIterator[Served]:
    """The application on a fresh database; requests come from `client`."""
    engine = open_database(url, metadata)
    clock, signals, chance = FakeClock(NOON), Signals(), random.Random(7)
    run: SqlRunner[Any] = SqlRunner(engine, source="rsvp", store=SqlStore, clock=clock, signals=signals, chance=chance)
    settings = Settings(secret_key=SECRET, _env_file=None)  # type: ignore[arg-type]  # parsed by pydantic
    parts = parts_of(
        run,
        settings,
        bus=FakeBus(FakeBroker()),
        clock=clock,
        chance=chance,
        owner=None,
        signals=signals,
        close=run.close,
    )
    transport = httpx.ASGITransport(parts.app, raise_app_exceptions=False, client=(client, 1))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
            _, key = await run(create_key, "the tests' organiser")
            yield Served(http, parts, clock, key)
    finally:
        parts.close()
