"""The place for whether a database has the schema that this version needs. What migrates is loaded where it has not."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from shared.db import open_engine
from shared.errors import TablematesError
from shared.transaction import unavailable

MIGRATIONS = Path(__file__).parent.parent / "services"

_alembic_version = sa.table("alembic_version", sa.column("version_num", sa.String))


class SchemaMismatch(TablematesError):
    """The database's schema is not the one that this version needs."""

    code = "schema_mismatch"


def newest(service: str) -> str:
    """The newest revision that this version has: the file of each begins with its number."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / service).glob("migrations/versions/[0-9]*.py"))


def upgrade(service: str, url: str) -> None:
    """Brings a service's database to the newest schema. Raises SchemaMismatch and StoreUnavailable."""
    engine = open_engine(url, pool_size=1)
    try:
        if _is_newest(service, engine):
            return
    except sa.exc.OperationalError as error:
        raise unavailable(error) from None
    finally:
        engine.dispose()
    from shared import migrate  # noqa: PLC0415 - it loads Alembic

    migrate.upgrade(service, url)


def check(service: str, engine: Engine, url: str) -> None:
    """Raises SchemaMismatch unless the database has this version's schema, or a newer one that serves it as well."""
    if not _is_newest(service, engine):
        from shared import migrate  # noqa: PLC0415 - it loads Alembic

        migrate.check_schema(service, engine, url)


def _is_newest(service: str, engine: Engine) -> bool:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(_alembic_version.name):
            return False
        return connection.execute(sa.select(_alembic_version.c.version_num)).scalar() == newest(service)
