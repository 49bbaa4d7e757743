"""The place for a test's own database: its tables made by one script, and nothing waits for the disk."""

from contextlib import closing
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from shared.db import open_engine
from shared.tables import GROUND


def open_database(url: str = "sqlite://", *known: sa.MetaData) -> sa.Engine:
    """With the tables that every service has, and these; those that are there stay as they are."""
    engine = open_engine(url)
    if engine.dialect.name != "sqlite":
        for metadata in (GROUND, *known):
            metadata.create_all(engine)
        return engine
    # what is lost when the machine dies does not matter here
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    with closing(engine.raw_connection()) as connection:
        connection.cursor().executescript(_script((GROUND, *known)))
    return engine


@cache
def _script(known: tuple[sa.MetaData, ...]) -> str:
    """What `create_all` would say; that asks for each table first, which takes longer than many a test."""
    tables = [table for metadata in known for table in metadata.sorted_tables]
    indexes = [index for table in tables for index in table.indexes]
    wanted: list[CreateTable | CreateIndex] = [
        *(CreateTable(table, if_not_exists=True) for table in tables),
        *(CreateIndex(index, if_not_exists=True) for index in indexes),
    ]
    statements = [str(statement.compile(dialect=sqlite.dialect())) for statement in wanted]
    return ";".join(["BEGIN", *statements, "COMMIT"])
