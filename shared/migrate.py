"""The place for schema changes: one service's Alembic migrations, run by a command or at an embedded start."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from shared.db import open_engine
from shared.errors import TablematesError
from shared.tables import GROUND

ROOT = Path(__file__).parent.parent


class SchemaMismatch(TablematesError):
    """The database's schema is not the one that this version needs."""

    code = "schema_mismatch"


def configuration(service: str, url: str) -> Config:
    """Alembic's configuration of one service, without a file."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "services" / service / "migrations"))
    config.attributes["url"] = url
    return config


def upgrade(service: str, url: str) -> None:
    """Brings a service's database to the newest schema; what is there already is left alone."""
    command.upgrade(configuration(service, url), "head")


def check_schema(service: str, engine: Engine, url: str) -> None:
    """Raises SchemaMismatch unless the database has the schema of this version, or a newer one."""
    script = ScriptDirectory.from_config(configuration(service, url))
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if present is None or (present in known and present != script.get_current_head()):
        raise SchemaMismatch(
            f"The database of {service} has schema {present or 'none'}, this version needs "
            f"{script.get_current_head()}: run `python -m services.{service} migrate` first."
        )


def run_migrations(own: sa.MetaData) -> None:
    """Called by each service's `migrations/env.py`."""
    engine = open_engine(context.config.attributes["url"], pool_size=1)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SET lock_timeout = '5s'"))
            connection.execute(sa.text("SELECT pg_advisory_lock(7405)"))  # two migrations at once wait for each other
        context.configure(connection=connection, target_metadata=[GROUND, own], transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    engine.dispose()
