"""The migrations make exactly the tables that the code speaks of, on each database."""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.intro.store.tables import metadata
from shared import migrate
from shared.db import open_engine
from shared.tables import GROUND


def test_migrations_and_tables_agree(database_url: str) -> None:
    migrate.upgrade("intro", database_url)
    migrate.upgrade("intro", database_url)
    engine = open_engine(database_url)
    with engine.connect() as connection:
        both: Any = [GROUND, metadata]  # as migrations do; the signature names one only
        context = MigrationContext.configure(connection, opts={"compare_type": _different})
        assert compare_metadata(context, both) == []
    migrate.check_schema("intro", engine, database_url)
    engine.dispose()


def _different(
    context: object, inspected: object, column: sa.Column[object], found: object, wanted: object
) -> bool | None:
    """Types of our own are compared by what the database makes of them elsewhere."""
    return None if type(wanted).__module__.startswith("sqlalchemy") else False
