"""The place for a world's databases: they outlive every process, and are empty again for the next world."""

import sqlite3
from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa

from services.intro.store.tables import metadata as intro_tables
from services.notify.store.tables import metadata as notify_tables
from services.rsvp.store.tables import metadata as rsvp_tables
from shared.db import open_engine
from shared.tables import GROUND
from tests.simulation.invariants.always import WATCHED
from tests.simulation.invariants.known import REPLAY

NOTES_REPLAYS = (
    "CREATE TRIGGER replays AFTER UPDATE OF position ON positions WHEN new.position < old.position"
    f" BEGIN INSERT INTO noted (id, at) VALUES ('{REPLAY}', new.updated_at); END"
)
TABLES = {"rsvp": rsvp_tables, "intro": intro_tables, "notify": notify_tables}


class DiedHere(BaseException):
    """The process ended inside its transaction, which the database then rolled back."""


class Database:
    """One service's database: it outlives every process of the service."""

    def __init__(self, service: str) -> None:
        self.engine, self._service = _engine(service), service
        self.writer: Any = None
        self.marks: dict[str, int] = {}
        """For a planted bug, which keeps a mark beside the stream."""
        _RAW[service].rollback()
        _RAW[service].deserialize(_empty(service))
        self._raw = _RAW[service]
        _CURRENT[service] = self

    def look(self, view: Callable[[sa.Connection], Any]) -> Any:
        """A read-only view. Nothing else happens in the one thread there is, so it needs no transaction of its own."""
        return view(_LOOKING[self._service])

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Looks in from outside, as an invariant does."""
        cursor = self._raw.execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def forget_databases() -> None:
    """Lets go of the last world, which its databases would hold."""
    _CURRENT.clear()


_CURRENT: dict[str, Database] = {}
_RAW: dict[str, sqlite3.Connection] = {}
_LOOKING: dict[str, sa.Connection] = {}


@cache
def _engine(service: str) -> sa.Engine:
    """One engine for all worlds: what SQLAlchemy compiled for one serves the next."""
    engine = open_engine("sqlite://")
    raw = engine.raw_connection().driver_connection
    assert isinstance(raw, sqlite3.Connection)
    _RAW[service] = raw
    _LOOKING[service] = sa.create_engine("sqlite://", creator=lambda: raw, poolclass=sa.StaticPool).connect()

    def before_commit(sql: sa.Connection) -> None:
        current = _CURRENT.get(service)
        if current and current.writer and current.writer.dies_in_commit():
            sql.connection.rollback()
            raise DiedHere

    sa.event.listen(engine, "commit", before_commit)
    return engine


@cache
def _empty(service: str) -> bytes:
    engine = open_engine("sqlite://")
    with engine.begin() as sql:
        GROUND.create_all(sql)
        TABLES[service].create_all(sql)
        sql.exec_driver_sql("CREATE TABLE noted (id TEXT NOT NULL, at TEXT NOT NULL, late INTEGER NOT NULL DEFAULT 0)")
        sql.exec_driver_sql(NOTES_REPLAYS)
        for statement in WATCHED.get(service, ()):
            sql.exec_driver_sql(statement)
    raw = engine.raw_connection().driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw.serialize()
