"""The place for statements that are compiled once and run often, past the layers that SQLAlchemy has for the others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.sql import visitors

from shared.db import upsert
from shared.many_rows import Insert, Processes, inserting

Values = Mapping[str, Any]
Process = Callable[[Any], Any]


class Prepared(sa.Executable):
    """A statement whose text does not depend on the values given: `connection.execute(prepared, values)`.

    It answers what the statement itself would, in a fifth of the time or less: on a hot path SQLAlchemy's own
    bookkeeping takes ten times as long as SQLite. Worth it for module-level statements, since each is compiled once.
    `lists` names the parameters that are lists, `column.in_(bindparam(name, expanding=True))`; on SQLite each length
    of them is compiled once. Not for columns with defaults in Python: the first use raises TypeError.
    `indexed` is the index that SQLite is to use for the first table: it knows no numbers of it, and may guess wrong.
    """

    def __init__(self, statement: Any, *, lists: Sequence[str] = (), indexed: sa.Index | None = None) -> None:
        self._statement_for: Callable[[sa.Dialect], Any] = lambda _dialect: statement
        self._lists, self._indexed = lists, indexed
        self._many: Callable[[Processes, sa.Dialect], Insert] | None = None
        self._compiled: dict[tuple[object, ...], _Compiled] = {}

    @classmethod
    def upsert(cls, table: sa.Table, finish: Callable[[Any], Any]) -> "Prepared":
        """`INSERT … ON CONFLICT`: `finish` is given the dialect's own INSERT, and says what happens on conflict."""
        prepared = cls(None)
        prepared._statement_for = lambda dialect: finish(upsert(dialect, table))
        return prepared

    @classmethod
    def rows(cls, table: sa.Table, *, unless_there: bool = False) -> "Prepared":
        """`INSERT` of any number of rows, many to a statement. `unless_there` passes over those that are there."""
        prepared = cls(table.insert())
        if unless_there:
            prepared._statement_for = lambda dialect: upsert(dialect, table).on_conflict_do_nothing()
        prepared._many = partial(inserting, table, unless_there=unless_there)
        return prepared

    def _execute_on_connection(self, connection: sa.Connection, given: Sequence[Values], _options: Any) -> Any:
        """What `Connection.execute` calls of whatever it is given."""
        first = given[0] if given else {}
        lists = () if connection.dialect.name == "postgresql" else self._lists
        known = (connection.dialect.name, *first, *(len(first[name]) for name in lists))
        compiled = self._compiled.get(known)
        if compiled is None:
            statement = self._statement_for(connection.dialect)
            if self._lists and not lists:
                statement = _with_arrays(statement)
            compiled = _compile(statement, connection.dialect, first, tuple(lists))
            if self._indexed is not None and connection.dialect.name == "sqlite":
                compiled = replace(compiled, text=_by_index(compiled.text, self._indexed))
            if self._many is not None:
                processes = {name: process for name, process, _own in compiled.parameters if name in first}
                compiled = replace(compiled, many=self._many(processes, connection.dialect))
            self._compiled[known] = compiled
        return compiled.run(connection, given)


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    parameters: tuple[tuple[str, Process | None, Any], ...]
    """Name, what makes of its value what the driver takes, and the value that stands in the statement itself."""
    positional: bool
    lists: tuple[str, ...]
    rows: SimpleResultMetaData | None
    many: Insert | None = None

    def run(self, connection: sa.Connection, given: Sequence[Values]) -> Any:
        if connection.get_transaction() is None:
            connection.begin()
        cursor = connection.connection.cursor()
        bound: Any = None
        try:
            if len(given) > 1 and self.many:
                bound = given
                return Done(self.many(cursor, given))
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
        if self.lists:
            values = {**values, **self._unfolded(values)}
        if self.positional:
            return [
                process(values.get(name, own)) if process else values.get(name, own)
                for name, process, own in self.parameters
            ]
        return {
            name: process(values.get(name, own)) if process else values.get(name, own)
            for name, process, own in self.parameters
        }

    def _unfolded(self, values: Values) -> dict[str, Any]:
        """A list's members under the names that SQLAlchemy gives them."""
        return {f"{name}_{n}": member for name in self.lists for n, member in enumerate(values[name], 1)}


@dataclass(frozen=True, slots=True)
class Done:
    """What a statement without rows answers."""

    rowcount: int


class Rows(IteratorResult[Any]):
    """What a statement with rows answers: a Result like any other."""

    def __init__(self, metadata: SimpleResultMetaData, rows: Iterator[Any], rowcount: int) -> None:
        super().__init__(metadata, rows)
        self.rowcount = rowcount


def _compile(statement: Any, dialect: sa.Dialect, given: Values, lists: tuple[str, ...]) -> _Compiled:
    keys = list(given) if given and isinstance(statement, sa.Insert | sa.Update) else None
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    if (compiled.post_compile_params and not lists) or compiled.literal_execute_params or compiled.prefetch:
        raise TypeError("This statement's text depends on its values; it cannot be prepared.")
    text, order, own = str(compiled), compiled.positiontup, compiled.construct_params(_check=False)
    processors = compiled._bind_processors  # noqa: SLF001 - there is no other way to them
    if lists:
        unfolded = compiled.construct_expanded_state({name: _listed(value) for name, value in given.items()})
        text, order, own = unfolded.statement, unfolded.positiontup, unfolded.parameters
        processors = {**processors, **unfolded.processors}
    parameters = tuple((name, processors.get(name), None if name in given else own.get(name)) for name in order or own)
    return _Compiled(text, parameters, compiled.positional, lists, _rows_of(compiled, dialect))


def _with_arrays(statement: Any) -> Any:
    """PostgreSQL takes a list as one value, so that there is one text for all lengths, which it prepares as well."""

    def any_of(element: Any, **_: Any) -> Any:
        listed = getattr(element, "right", None)
        if not isinstance(listed, sa.BindParameter) or not listed.expanding:
            return None
        array = sa.bindparam(listed.key, type_=postgresql.ARRAY(element.left.type))
        return element.left == sa.any_(array)

    return visitors.replacement_traverse(statement, {}, any_of)


def _by_index(text: str, index: sa.Index) -> str:
    table = index.table.name if index.table is not None else ""
    return text.replace(f"FROM {table} ", f"FROM {table} INDEXED BY {index.name} ", 1)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, set | frozenset | tuple) else value


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
