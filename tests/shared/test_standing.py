"""A process says what it cannot do, and why, before it can do anything and while something is wrong."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from fastapi import FastAPI
from structlog.testing import capture_logs

from shared import migrate, schema
from shared.clock import Clock
from shared.db import open_engine
from shared.errors import TablematesError
from shared.runner import SqlRunner
from shared.signals import Signals
from shared.standing import STACK_LEASE, Door, hold_stack
from shared.transaction import StoreUnavailable
from shared.web import create_app
from tests.databases import open_database
from tests.waiting import wait_until

FULL = "The database cannot serve right now (No space left on device); nothing was changed."


class StoppedClock(Clock):
    """Time moves when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2026, 5, 4, 18, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


@pytest.fixture
def door() -> Door:
    return Door("rsvp", patience=0.05)


@pytest.fixture
async def visitor(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://rsvp") as client:
        yield client


def an_app(error: type[TablematesError] | None = None) -> FastAPI:
    app = create_app(title="t", service="rsvp")

    @app.get("/work")
    async def work() -> dict[str, str]:
        if error:
            raise error(FULL)
        return {"done": "yes"}

    return app


async def test_before_it_can_work_a_service_is_alive_but_not_ready(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get("/healthz")).status_code == 200
    assert (await visitor.get("/readyz")).status_code == 503
    refused = await visitor.get("/work")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["code"] == "try_again_later"


async def test_a_request_that_comes_a_little_early_is_answered_by_the_service() -> None:
    door = Door("rsvp", patience=30)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://rsvp") as early:
        asked = asyncio.create_task(early.get("/work"))
        await wait_until(lambda: door.waiting == 1, what="the early request to wait")
        door.open(an_app())
        assert (await asked).json() == {"done": "yes"}


async def test_what_is_wrong_is_one_line_in_the_log_and_in_readyz(door: Door, visitor: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        for _ in range(3):
            door.note("database", "password authentication failed for user rsvp")
        answer = await visitor.get("/readyz")
        door.note("database", None)
    assert answer.json()["problems"] == ["password authentication failed for user rsvp"]
    assert [line["event"] for line in lines] == ["service.in_trouble", "service.well_again"]


async def test_once_open_the_service_answers_for_itself(door: Door, visitor: httpx.AsyncClient) -> None:
    door.open(an_app())
    assert (await visitor.get("/work")).json() == {"done": "yes"}
    assert (await visitor.get("/readyz")).status_code == 200


async def test_a_refused_request_shows_its_reason_in_readyz(door: Door, visitor: httpx.AsyncClient) -> None:
    door.open(an_app(StoreUnavailable))
    with capture_logs() as lines:
        assert (await visitor.get("/work")).status_code == 503
    assert (await visitor.get("/readyz")).json()["problems"] == [FULL]
    assert FULL in [line.get("reason") for line in lines]


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def run(tmp_path: Path, clock: StoppedClock) -> Any:
    engine = open_database(f"sqlite:///{tmp_path / 'rsvp.sqlite'}")
    runner: SqlRunner[Any] = SqlRunner(engine, source="rsvp", store=lambda sql: sql, clock=clock, signals=Signals())
    yield runner
    runner.close()


async def test_a_second_stack_is_told_that_the_database_is_taken(run: Any) -> None:
    assert await run(hold_stack, ("blue",))
    assert not await run(hold_stack, ("green",))
    assert await run(hold_stack, ("blue",))


async def test_a_stack_whose_broker_forgot_its_name_is_still_the_same_stack(run: Any) -> None:
    assert await run(hold_stack, ("blue",))
    assert await run(hold_stack, ("renamed", "blue"))
    assert await run(hold_stack, ("renamed", "blue"))


async def test_a_stack_that_is_gone_leaves_the_database_to_the_next(run: Any, clock: StoppedClock) -> None:
    assert await run(hold_stack, ("blue",))
    clock.time += STACK_LEASE + timedelta(seconds=1)
    assert await run(hold_stack, ("green",))


@pytest.fixture
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'rsvp.sqlite'}"
    migrate.upgrade("rsvp", url)
    return url


def moved_on(url: str, *, floor: str | None = None) -> sa.Engine:
    """The database as a later version leaves it."""
    engine = open_engine(url)
    with engine.begin() as sql:
        sql.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        if floor:
            migrate.serve_only_from(type("Operations", (), {"get_bind": lambda _self: sql})(), floor)
    return engine


@pytest.mark.parametrize("service", ["rsvp", "intro", "notify"])
def test_the_newest_migration_is_told_by_the_name_of_its_file(service: str) -> None:
    script = ScriptDirectory.from_config(migrate.configuration(service, ""))
    assert schema.newest(service) == script.get_current_head()


def test_a_database_that_is_as_it_should_be_needs_nobody_who_migrates(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shared.migrate", None)
    monkeypatch.delattr("shared.migrate")
    schema.upgrade("rsvp", database)
    schema.check("rsvp", open_engine(database), database)


def test_a_newer_schema_that_only_grew_serves_this_version_as_well(database: str) -> None:
    schema.check("rsvp", moved_on(database), database)
    schema.upgrade("rsvp", database)


def test_a_newer_schema_that_dropped_something_is_refused_in_one_sentence(database: str) -> None:
    engine = moved_on(database, floor="9998")
    with pytest.raises(schema.SchemaMismatch, match="serves versions from schema 9998 on"):
        schema.check("rsvp", engine, database)
    with pytest.raises(schema.SchemaMismatch, match="start the newer version"):
        schema.upgrade("rsvp", database)
