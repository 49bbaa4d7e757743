"""Both databases answer alike to what the ground asks of them."""

from datetime import UTC, datetime

from shared.db import open_engine, upsert
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
