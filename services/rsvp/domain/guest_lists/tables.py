"""The place for reading a table out of text: separator, quotes, header and rows with their line numbers."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from services.rsvp.domain.guest_lists.errors import HeaderMissing, ListTooBig, TableBroken
from services.rsvp.domain.guest_lists.records import Refusal

MAX_ROWS = 50_000
MAX_COLUMNS = 500

_TOLD_SEPARATOR = re.compile(r"sep=(.)(?:\r\n|\r|\n)", re.IGNORECASE)  # Excel writes and reads this first line
_SEPARATORS = ",;\t|"
_AN_ADDRESS = re.compile(r"\S+@\S+\.\S+")


@dataclass(frozen=True, slots=True)
class Row:
    """One row with a cell for every column. `line` is where it begins."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    refused: tuple[Refusal, ...] = ()


def table_of(text: str) -> Table:
    """The table in `text`. Raises a `GuestListRefused` when it is broken, has no header or is too long."""
    told = _TOLD_SEPARATOR.match(text)
    body = text[told.end() :] if told else text
    separator = told[1] if told else _separator(body)
    records = _records(body, separator, lines_before=1 if told else 0)
    line, header = next(records, (1, []))
    if any(_AN_ADDRESS.fullmatch(cell.strip()) for cell in header):
        raise HeaderMissing(
            f"Line {line} already holds an address; the first line must name the columns, one of them “Email”."
        )
    if len(header) > MAX_COLUMNS:
        raise TableBroken(f"The header names {len(header)} columns; at most {MAX_COLUMNS} can be read.")
    return _table(_unlike(header), records)


def _table(header: tuple[str, ...], records: Iterator[tuple[int, list[str]]]) -> Table:
    rows: list[Row] = []
    refused: list[Refusal] = []
    width = len(header)
    for line, cells in records:
        if len(rows) + len(refused) == MAX_ROWS:
            raise ListTooBig(f"The list has more than {MAX_ROWS:,} rows; split it and import the parts.")
        if any(cell.strip() for cell in cells[width:]):
            refused.append(Refusal(line, _too_many(len(cells), width)))
        else:
            rows.append(Row(line, (*cells[:width], *[""] * (width - len(cells)))))
    return Table(header, tuple(rows), tuple(refused))


def _too_many(cells: int, columns: int) -> str:
    return (
        f"This row has {cells} cells, but the header names {columns} columns: "
        "an answer with a separator in it must stand in quotes."
    )


def _records(body: str, separator: str, *, lines_before: int) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the line it begins on."""
    first_line = body.partition("\n")[0]
    # A blank before a quote would make the quote part of the text, and the separators in it real ones.
    blank_before_quotes = f'{separator} "' in first_line
    reader = csv.reader(
        io.StringIO(body, newline=""), delimiter=separator, strict=True, skipinitialspace=blank_before_quotes
    )
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins + lines_before, cells
            begins = reader.line_num + 1
    except csv.Error as wrong:
        raise TableBroken(_what_broke(str(wrong), begins + lines_before)) from wrong


def _what_broke(wrong: str, line: int) -> str:
    if "unexpected end" in wrong:
        return f"The quote that opens in the row on line {line} is never closed."
    if "field larger" in wrong:
        return f"A cell in the row on line {line} is far too long; perhaps a quote is missing."
    return f"The quotes in the row on line {line} do not match: a quote inside an answer must be doubled."


def _separator(body: str) -> str:
    """The separator that gives the header the most columns; a comma when there is but one column."""
    return max(_SEPARATORS, key=lambda separator: (_width(body, separator), separator == ","))


def _width(body: str, separator: str) -> int:
    try:
        return len(next(csv.reader(io.StringIO(body.lstrip(), newline=""), delimiter=separator), []))
    except csv.Error:
        return 0


def _unlike(header: list[str]) -> tuple[str, ...]:
    """Every header trimmed, named and different from the others."""
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(header, start=1):
        name = cell.strip() or f"column {position}"
        again = 2
        unlike = name
        while unlike in taken:
            unlike = f"{name} ({again})"
            again += 1
        taken.add(unlike)
        names.append(unlike)
    return tuple(names)
