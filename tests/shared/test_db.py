"""Both databases answer alike to what the ground asks of them."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from shared.db import open_engine, put_away, upsert
from shared.tables import GROUND, leases


def test_an_insert_that_met_a_conflict_counts_no_row(database_url: str) -> None:
    engine = open_engine(database_url)
    GROUND.create_all(engine)
    with engine.begin() as sql:
        row = {"name": "stack", "owner": "blue", "until": datetime(2026, 5, 4, 18, tzinfo=UTC)}
        insert = upsert(sql, leases).values(row).on_conflict_do_nothing(index_elements=["name"])
        assert sql.execute(insert).rowcount == 1
        assert sql.execute(insert).rowcount == 0
    engine.dispose()


@pytest.mark.parametrize("trouble", [sqlite3.OperationalError("unable to open"), sa.exc.TimeoutError("no connection")])
def test_who_cannot_put_away_what_was_committed_leaves_it_where_it_is(tmp_path: Path, trouble: Exception) -> None:
    def refuse(*_: object) -> None:
        raise trouble

    engine = open_engine(f"sqlite:///{tmp_path / 'rsvp.sqlite3'}")
    sa.event.listen(engine, "connect", refuse)
    put_away(engine)
