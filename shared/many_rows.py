"""The place for inserting many rows by few statements, which each database likes to be told in another way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json

Values = Mapping[str, Any]
Processes = Mapping[str, Callable[[Any], Any] | None]
"""For each column, what makes of a value what the driver takes."""
Insert = Callable[[Any, Sequence[Values]], int]
"""Given a cursor and rows, answers how many were inserted."""

ROWS_AT_ONCE = 64
"""Rows in one statement at most; with fewer it has a power of two of them, so that few texts are compiled and kept."""


def inserting(table: sa.Table, processes: Processes, dialect: sa.Dialect, *, unless_there: bool = False) -> Insert:
    """For rows that have these columns; `unless_there` passes over those that are there already."""
    finish = " ON CONFLICT DO NOTHING" if unless_there else ""
    names = ", ".join(map(dialect.identifier_preparer.quote, processes))
    into = f"INSERT INTO {dialect.identifier_preparer.format_table(table)} ({names})"
    if dialect.name != "postgresql":
        return _by_places(into, processes, finish)
    types = (f"{dialect.identifier_preparer.quote(name)} {table.c[name].type.compile(dialect)}" for name in processes)
    text = f"{into} SELECT {names} FROM json_to_recordset(%s::json) AS given ({', '.join(types)}){finish}"  # noqa: S608 - names
    return _by_one_document(text)


def _by_one_document(text: str) -> Insert:
    """All rows in one place: psycopg takes a text with many apart anew each time, longer than the insert takes."""

    def insert(cursor: Any, rows: Sequence[Values]) -> int:
        cursor.execute(text, [to_json(rows).decode()])
        return int(cursor.rowcount)

    return insert


def _by_places(into: str, processes: Processes, finish: str) -> Insert:
    """A place a value: SQLite lets go of the interpreter once a statement, and executemany is a statement a row."""
    place = f"({', '.join('?' * len(processes))})"
    texts: dict[int, str] = {}

    def insert(cursor: Any, rows: Sequence[Values]) -> int:
        for portion in _portions(rows):
            count = len(portion)
            text = texts.get(count) or texts.setdefault(count, f"{into} VALUES {', '.join([place] * count)}{finish}")
            columns = processes.items()
            values = [process(row[name]) if process else row[name] for row in portion for name, process in columns]
            cursor.execute(text, values)
        return len(rows)

    return insert


def _portions(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    at = 0
    while left := len(rows) - at:
        count = min(ROWS_AT_ONCE, 1 << (left.bit_length() - 1))
        yield rows[at : at + count]
        at += count
