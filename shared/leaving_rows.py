"""The place for rows that a transaction need not read back: they wait, and are written together."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from shared.prepared import Prepared


class LeavingRows:
    """A store's connection. What it leaves waiting is written as soon as the store is asked for anything else, and
    by the commit at the latest; a savepoint that is undone takes with it what was left within.

    A reader hears a hundred events in one transaction: on PostgreSQL a row a statement is a way there and back a row.
    """

    def __init__(self, sql: sa.Connection) -> None:
        self._sql = sql
        self._left: dict[Prepared, list[Mapping[str, Any]]] = {}

    @property
    def sql(self) -> sa.Connection:
        """For everything that may look at what was left: nothing waits any more."""
        self.flush()
        return self._sql

    @property
    def waiting(self) -> int:
        """How many rows wait."""
        return sum(map(len, self._left.values()))

    def leave(self, statement: Prepared, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows that the statement is to write, after those that were left to it before."""
        self._left.setdefault(statement, []).extend(rows)

    def flush(self) -> None:
        """Writes what waits, a statement each kind."""
        left, self._left = self._left, {}
        for statement, rows in left.items():
            if rows:
                self._sql.execute(statement, rows)

    def drop(self) -> None:
        """Forgets what waits, whose savepoint was undone."""
        self._left = {}
