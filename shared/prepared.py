"""The place for statements that are compiled once and run often, past the layers that SQLAlchemy has for the others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData

from shared.db import upsert

Values = Mapping[str, Any]
Process = Callable[[Any], Any]


class Prepared(sa.Executable):
    """A statement whose text does not depend on the values given: `connection.execute(prepared, values)`.

    It answers what the statement itself would, in a fifth of the time or less: on a hot path SQLAlchemy's own
    bookkeeping takes ten times as long as SQLite. Not for `IN` with a list, nor for columns with defaults in Python:
    the first use raises TypeError. Only module-level statements are worth it, since each is compiled once.
    """

    def __init__(self, statement: Any) -> None:
        self._statement_for: Callable[[sa.Dialect], Any] = lambda _dialect: statement
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    @classmethod
    def upsert(cls, table: sa.Table, finish: Callable[[Any], Any]) -> "Prepared":
        """`INSERT … ON CONFLICT`: `finish` is given the dialect's own INSERT, and says what happens on conflict."""
        prepared = cls(None)
        prepared._statement_for = lambda dialect: finish(upsert(dialect, table))
        return prepared

    def _execute_on_connection(self, connection: sa.Connection, given: Sequence[Values], _options: Any) -> Any:
        """What `Connection.execute` calls of whatever it is given."""
        first = given[0] if given else {}
        known = (connection.dialect.name, *first)
        compiled = self._compiled.get(known)
        if compiled is None:
            compiled = self._compiled[known] = _compile(
                self._statement_for(connection.dialect), connection.dialect, list(first)
            )
        return compiled.run(connection, given)


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    parameters: tuple[tuple[str, Process | None, Any], ...]
    """Name, what makes of its value what the driver takes, and the value that stands in the statement itself."""
    positional: bool
    rows: SimpleResultMetaData | None

    def run(self, connection: sa.Connection, given: Sequence[Values]) -> Any:
        if connection.get_transaction() is None:
            connection.begin()
        cursor = connection.connection.cursor()
        bound: Any = None
        try:
            if len(given) > 1:
                bound = [self._bound(values) for values in given]
                cursor.executemany(self.text, bound)
            else:
                bound = self._bound(given[0] if given else {})
                cursor.execute(self.text, bound)
            if self.rows is None:
                return Done(cursor.rowcount)
            return Rows(self.rows, iter(cursor.fetchall()), cursor.rowcount)
        except connection.dialect.loaded_dbapi.Error as error:
            connection._handle_dbapi_exception(error, self.text, bound, cursor, None)  # noqa: SLF001 - it wraps the error, and knows a lost connection
        finally:
            cursor.close()

    def _bound(self, values: Values) -> Any:
        if self.positional:
            return [
                process(values.get(name, own)) if process else values.get(name, own)
                for name, process, own in self.parameters
            ]
        return {
            name: process(values.get(name, own)) if process else values.get(name, own)
            for name, process, own in self.parameters
        }


@dataclass(frozen=True, slots=True)
class Done:
    """What a statement without rows answers."""

    rowcount: int


class Rows(IteratorResult[Any]):
    """What a statement with rows answers: a Result like any other."""

    def __init__(self, metadata: SimpleResultMetaData, rows: Iterator[Any], rowcount: int) -> None:
        super().__init__(metadata, rows)
        self.rowcount = rowcount


def _compile(statement: Any, dialect: sa.Dialect, names: list[str]) -> _Compiled:
    keys = names if names and isinstance(statement, sa.Insert | sa.Update) else None
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    if compiled.post_compile_params or compiled.literal_execute_params or compiled.prefetch:
        raise TypeError("This statement's text depends on its values; it cannot be prepared.")
    own = compiled.construct_params(_check=False)
    processors = compiled._bind_processors  # noqa: SLF001 - there is no other way to them
    order = compiled.positiontup if compiled.positional else list(own)
    parameters = tuple((name, processors.get(name), own[name]) for name in order)
    return _Compiled(str(compiled), parameters, compiled.positional, _rows_of(compiled, dialect))


def _rows_of(compiled: Any, dialect: sa.Dialect) -> SimpleResultMetaData | None:
    columns = compiled._result_columns  # noqa: SLF001 - as above
    if not columns or (compiled.isinsert and not compiled.statement._returning):  # noqa: SLF001 - as above
        return None
    processors = [column.type._cached_result_processor(dialect, None) for column in columns]  # noqa: SLF001 - as above
    return SimpleResultMetaData(
        [column.keyname for column in columns],
        extra=[column.objects for column in columns],
        _processors=processors if any(processors) else None,
    )
