"""The place for opening a service's database, SQLite or PostgreSQL, the same way everywhere."""

import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.pool import StaticPool

R = TypeVar("R")

CHECKPOINT_PAGES = 4_000  # of 4 KiB: SQLite's own limit would have one commit in seventy pay for those before it


def open_engine(url: str, *, pool_size: int = 5) -> Engine:
    """A synchronous engine. `sqlite:///path`, `sqlite://` (in memory, one connection) or `postgresql://…`."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return sa.create_engine(
        parsed,
        json_serializer=_json,
        pool_size=pool_size,
        max_overflow=2,
        connect_args={"connect_timeout": 5},
        pool_timeout=5,
        # else the row count of an INSERT … ON CONFLICT is -1, which reads as "it was inserted"
        execution_options={"preserve_rowcount": True},
    )


def _open_sqlite(url: sa.URL) -> Engine:
    in_memory = url.database in (None, "", ":memory:")
    options: dict[str, Any] = {"poolclass": StaticPool} if in_memory else {"pool_use_lifo": True}
    engine = sa.create_engine(
        url, json_serializer=_json, connect_args={"check_same_thread": False, "timeout": 30}, **options
    )
    sa.event.listen(engine, "connect", _prepare_connection)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _json(value: Any) -> str:
    return to_json(value).decode()


def _prepare_connection(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy opens transactions itself, below
    checkpoint = f"wal_autocheckpoint={CHECKPOINT_PAGES}"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-1000", checkpoint):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    # a reader that later writes would fail with SQLITE_BUSY at once, so writers say so at the start
    mode = "BEGIN" if connection.get_execution_options().get("reads_only") else "BEGIN IMMEDIATE"
    connection.exec_driver_sql(mode)


def put_away(engine: Engine) -> None:
    """SQLite moves what was committed into its main file; waits for nobody, and leaves what cannot be moved now."""
    if engine.dialect.name == "sqlite":
        with suppress(sqlite3.Error, sa.exc.SQLAlchemyError), closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")


def upsert(connection_or_dialect: sa.Connection | sa.Engine | sa.Dialect, table: sa.Table) -> Any:
    """`INSERT … ON CONFLICT` for the dialect in use."""
    known = connection_or_dialect
    dialect = known if isinstance(known, sa.Dialect) else known.dialect
    return postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)


def in_json(column: sa.Column[Any], spellings: Collection[str]) -> sa.ColumnElement[bool]:
    """Whether one of these stands in a JSON column, as it is written there."""
    written = (_json(words)[1:-1] for words in spellings if words)
    text = sa.cast(column, sa.Text)
    return sa.or_(sa.false(), *(text.contains(words, autoescape=True) for words in written))


def replace_row(connection: sa.Connection, table: sa.Table, **values: Any) -> None:
    """Writes these values of a row, whether or not there is one with its primary key."""
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in values.items() if name not in keys}
    statement = upsert(connection, table).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))


def read_with(engine: Engine, view: Callable[[sa.Connection], R]) -> R:
    """Runs a read-only view on a connection of its own."""
    with engine.connect().execution_options(reads_only=True) as connection, connection.begin():
        return view(connection)
