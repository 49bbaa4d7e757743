"""The database's schema is what the migrations make it."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.rsvp.store.tables import metadata
from shared.db import open_engine
from shared.migrate import check_schema, upgrade
from shared.tables import GROUND


def test_migrations_make_the_tables_that_the_code_speaks_of(database_url: str) -> None:
    upgrade("rsvp", database_url)
    upgrade("rsvp", database_url)
    engine = open_engine(database_url)
    check_schema("rsvp", engine, database_url)
    with engine.connect() as sql:
        both = sa.MetaData()
        for table in (*GROUND.sorted_tables, *metadata.sorted_tables):
            table.to_metadata(both)
        assert compare_metadata(MigrationContext.configure(sql), both) == []
    engine.dispose()
