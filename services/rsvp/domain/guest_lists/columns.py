"""The place for deciding what each column of a list is taken for, by its header and by what stands in it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from services.rsvp.domain.addresses import NotAnAddress, read_address_cell
from services.rsvp.domain.guest_lists.errors import AddressesMissing, AddressesUnclear
from services.rsvp.domain.guest_lists.formats import ROSTER, Format, folded
from services.rsvp.domain.guest_lists.questions import asks_for, is_machinery
from services.rsvp.domain.guest_lists.records import Column, Field
from services.rsvp.domain.guest_lists.statuses import status_of
from services.rsvp.domain.guest_lists.tables import Table
from services.rsvp.domain.guest_lists.values import whole_number, yes_or_no
from services.rsvp.domain.guest_lists.vocabularies import pace_in, reach_in

ANSWER_PREFIX = "answer: "  # before an organiser's own question in the roster
SEVERAL_ALLOWED = frozenset({Field.ANSWER, Field.IGNORED, Field.INTERESTS, Field.ASKS, Field.OFFERS, Field.GOALS})
_FREE_TEXT = frozenset(
    {Field.ROLE, Field.EMPLOYER, Field.INTERESTS, Field.GOALS, Field.ASKS, Field.OFFERS, Field.TIP, Field.PLACE}
)
_OPTION = re.compile(r"(?P<question>.+) [\u2013-] (?P<option>.+)")
_MOST = 0.6


def columns_of(table: Table, known: Format) -> tuple[Column, ...]:
    """Each column with what it is taken for. Raises when no column (or more than one) can hold the address."""
    cells = {name: tuple(row.cells[at] for row in table.rows) for at, name in enumerate(table.header)}
    fixed = {header: known.known.get(folded(header)) or known.known.get(_bare(header)) for header in table.header}
    columns = _each_once(Column(header, fixed[header] or Field.ANSWER) for header in table.header)
    if known is ROSTER:
        return tuple(map(_of_roster, columns))
    taken = {column.taken_for for column in columns} - {Field.ANSWER}
    columns = _each_once(
        column if fixed[column.header] else _by_wording(column, cells[column.header], taken) for column in columns
    )
    return _with_address(_options_joined(columns, cells), cells, known)


def _bare(header: str) -> str:
    return re.sub(r"_\d+$", "", folded(header))  # Indico ends its form's columns in _<id>


def _of_roster(column: Column) -> Column:
    is_answer = column.header.casefold().startswith(ANSWER_PREFIX)
    return replace(column, question=column.header[len(ANSWER_PREFIX) :] if is_answer else column.header)


def _each_once(columns: Iterable[Column]) -> tuple[Column, ...]:
    """A part of a guest comes from one column, the first; further ones are answers to their own question."""
    seen: set[Field] = set()
    found = []
    for column in columns:
        again = column.taken_for in seen and column.taken_for not in SEVERAL_ALLOWED
        seen.add(column.taken_for)
        found.append(replace(column, taken_for=Field.ANSWER) if again else column)
    return tuple(found)


def _by_wording(column: Column, cells: tuple[str, ...], taken: set[Field]) -> Column:
    if is_machinery(column.header):
        return replace(column, taken_for=Field.IGNORED)
    meaning = asks_for(_bare(column.header))
    if meaning is None or (meaning in taken and meaning not in SEVERAL_ALLOWED):
        return column
    said = [cell for cell in cells if cell.strip()]
    return replace(column, taken_for=meaning) if _stands_in(meaning, said) else column


def _stands_in(meaning: Field, said: list[str]) -> bool:
    """Whether what people answered is of the kind that the header promises."""
    if not said:
        return True
    if meaning in _FREE_TEXT:  # "Are you looking for a job?" asks for a yes or a no, not for an ask
        return not all(yes_or_no(cell) is not None or cell.strip().isdigit() for cell in said)
    reads: dict[Field, Callable[[str], object]] = {
        Field.CONSENT: yes_or_no,
        Field.NAME_SHOWN: yes_or_no,
        Field.GUESTS: whole_number,
        Field.AT_MOST: whole_number,
        Field.STATUS: status_of,
        Field.PACE: pace_in,
        Field.REACH: reach_in,
    }
    read = reads.get(meaning)
    return read is None or sum(read(cell) is not None for cell in said) >= _MOST * len(said)


def _options_joined(columns: tuple[Column, ...], cells: dict[str, tuple[str, ...]]) -> tuple[Column, ...]:
    """A column an option (pretix: the question, a dash and the option; ticked with Yes) is part of one question."""
    return tuple(
        column if column.taken_for is not Field.ANSWER else _option(column, cells[column.header]) for column in columns
    )


def _option(column: Column, cells: tuple[str, ...]) -> Column:
    found = _OPTION.fullmatch(column.header)
    if not found or not all(yes_or_no(cell) is not None for cell in cells if cell.strip()):
        return column
    meaning = asks_for(found["question"])
    kept = meaning if meaning in SEVERAL_ALLOWED else None
    return replace(column, taken_for=kept or Field.ANSWER, option=found["option"], question=found["question"])


def _with_address(columns: tuple[Column, ...], cells: dict[str, tuple[str, ...]], known: Format) -> tuple[Column, ...]:
    if any(column.taken_for in {Field.EMAIL, Field.ORDER_EMAIL} for column in columns):
        return columns
    free = (column for column in columns if column.taken_for in {Field.ANSWER, Field.IGNORED})
    holding = [column for column in free if _mostly_addresses(cells[column.header])]
    if not holding:
        raise AddressesMissing(
            f"There are no e-mail addresses in {known.title}, so nobody on it could be written to: "
            "add a column named “Email” and import it again.",
            format=known.name,
        )
    if len(holding) > 1:
        names = " and ".join(f"“{column.header}”" for column in holding[:3])
        raise AddressesUnclear(f"The columns {names} hold e-mail addresses: name the attendees' own “Email”.")
    return tuple(replace(c, taken_for=Field.EMAIL) if c is holding[0] else c for c in columns)


def address_columns(table: Table) -> tuple[int, ...]:
    """The places of the columns in which mostly addresses stand."""
    return tuple(at for at in range(len(table.header)) if _mostly_addresses(tuple(row.cells[at] for row in table.rows)))


def _mostly_addresses(cells: tuple[str, ...]) -> bool:
    said = [cell for cell in cells[:200] if cell.strip()]
    return bool(said) and sum(map(_is_address, said)) >= _MOST * len(said)


def _is_address(cell: str) -> bool:
    try:
        read_address_cell(cell)
    except NotAnAddress:
        return False
    return True
