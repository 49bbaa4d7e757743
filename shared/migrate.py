"""The place for schema changes: one service's Alembic migrations, run by a command or at an embedded start."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from alembic import command, context
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from shared.db import open_engine
from shared.schema import SchemaMismatch
from shared.tables import GROUND
from shared.transaction import unavailable

log = structlog.get_logger()

ROOT = Path(__file__).parent.parent

# made by the first migration that drops something; its one row is the oldest schema whose code may still run
schema_floor = sa.Table("schema_floor", sa.MetaData(), sa.Column("revision", sa.String(32), primary_key=True))


def configuration(service: str, url: str) -> Config:
    """Alembic's configuration of one service, without a file."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "services" / service / "migrations"))
    config.attributes["url"] = url
    return config


def upgrade(service: str, url: str) -> None:
    """Brings a service's database to the newest schema; what is there already is left alone.

    A newer schema is left as it is: versions stand side by side during an upgrade. Raises SchemaMismatch when it has
    dropped what this version needs, and StoreUnavailable when the database does not answer.
    """
    config = configuration(service, url)
    engine = open_engine(url, pool_size=1)
    try:
        newer = _is_newer(ScriptDirectory.from_config(config), service, engine)
    except sa.exc.OperationalError as error:
        raise unavailable(error) from None
    finally:
        engine.dispose()
    if not newer:
        command.upgrade(config, "head")


def check_schema(service: str, engine: Engine, url: str) -> None:
    """Raises SchemaMismatch unless the database has this version's schema, or a newer one that serves it as well."""
    script = ScriptDirectory.from_config(configuration(service, url))
    if _is_newer(script, service, engine):
        return
    present = _present(engine)
    if present != script.get_current_head():
        raise SchemaMismatch(
            f"The database of {service} has schema {present or 'none'}, this version needs "
            f"{script.get_current_head()}: run `python -m services.{service} migrate` first."
        )


def _is_newer(script: ScriptDirectory, service: str, engine: Engine) -> bool:
    """Whether the schema is of a later version than this one. Raises SchemaMismatch when it is too late for us."""
    present, known = _present(engine), {revision.revision for revision in script.walk_revisions()}
    if present is None or present in known:
        return False
    needs = _oldest_served(engine)
    if needs is not None and needs not in known:
        raise SchemaMismatch(
            f"The database of {service} has schema {present}, which serves versions from schema {needs} on; this one "
            f"knows {script.get_current_head()}: start the newer version, or restore a backup from before the upgrade."
        )
    log.info("schema.newer", service=service, schema=present, known=script.get_current_head())
    return True


def _present(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _oldest_served(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(schema_floor.name):
            return None
        return connection.execute(sa.select(schema_floor.c.revision)).scalar()


def serve_only_from(operations: Any, revision: str) -> None:
    """Called by a migration that drops what older versions need: they refuse to start from then on."""
    connection = operations.get_bind()
    schema_floor.create(connection, checkfirst=True)
    connection.execute(sa.delete(schema_floor))
    connection.execute(sa.insert(schema_floor).values(revision=revision))


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
