"""RSVPs that share a commit ask the database a few times in all, not a few times each."""

import asyncio
from contextlib import closing

import pytest
import sqlalchemy as sa

from services.rsvp.domain.rsvps import Told
from services.rsvp.handlers.gatherings import create_gathering
from services.rsvp.handlers.rsvps import Once, answer_rsvp
from services.rsvp.store.sql import SqlStore
from services.rsvp.store.tables import metadata, rsvps
from shared.tables import outbox
from tests.databases import open_database
from tests.fakes import FakeClock, InlineRunner
from tests.rsvp.builders import NOON, PUBLIC_URL, address, gathering_fields

HANDFUL = 20


@pytest.mark.parametrize("confirm", [True, False])
async def test_forty_rsvps_in_one_commit_are_a_handful_of_statements(confirm: bool) -> None:
    engine = open_database("sqlite://", metadata)
    statements: list[str] = []
    with closing(InlineRunner(engine, store=SqlStore, clock=FakeClock(NOON))) as run:
        fields = gathering_fields(confirm_addresses=confirm, capacity=30)
        gathering = await run(create_gathering, fields, public_url=PUBLIC_URL)
        engine.raw_connection().driver_connection.set_trace_callback(statements.append)  # type: ignore[union-attr]
        await asyncio.gather(
            *(
                run(answer_rsvp, gathering.id, address(f"guest{n}"), Told(), once=Once(f"key {n}", f"body {n}"))
                for n in range(40)
            )
        )
        assert len(statements) <= HANDFUL
        with engine.connect() as sql:
            assert [len(sql.execute(sa.select(table)).all()) for table in (rsvps, outbox)] == [40, 41]
