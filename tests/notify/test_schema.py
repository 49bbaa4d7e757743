"""The migrations make the very tables that the code speaks of."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.notify.store.tables import metadata
from shared import migrate
from shared.db import open_engine
from shared.tables import GROUND


def test_migrations_and_tables_are_the_same(database_url: str) -> None:
    migrate.upgrade("notify", database_url)
    engine = open_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, [GROUND, metadata]) == []  # type: ignore[arg-type]
    migrate.check_schema("notify", engine, database_url)
    engine.dispose()
