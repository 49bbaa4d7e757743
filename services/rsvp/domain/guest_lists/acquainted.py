"""The place for reading who already knows whom: two addresses a row, in a table or as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.rsvp.domain.addresses import Address, NotAnAddress, read_address_cell
from services.rsvp.domain.guest_lists.columns import address_columns
from services.rsvp.domain.guest_lists.decoding import decoded
from services.rsvp.domain.guest_lists.errors import AddressesMissing, NobodyOnTheList
from services.rsvp.domain.guest_lists.reading import loaded
from services.rsvp.domain.guest_lists.records import Refusal
from services.rsvp.domain.guest_lists.tables import MAX_ROWS, table_of

TWO = "A list of who knows whom needs two e-mail addresses a row."
Cells = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Acquainted:
    """People who know each other already: each pair once, whichever of the two stands first."""

    pairs: tuple[tuple[Address, Address], ...]
    refused: tuple[Refusal, ...] = ()


def read_acquainted(raw: bytes) -> Acquainted:
    """The pairs in a table with two columns of addresses, or in JSON: `["ana@…", "bo@…"]`, a line or an entry each.

    Raises a `GuestListRefused` when the file as a whole is neither.
    """
    text, _ = decoded(raw)
    rows, refused = _of_json(text) if text.lstrip()[:1] in {"{", "["} else _of_table(text)
    pairs: dict[frozenset[str], tuple[Address, Address]] = {}
    for line, cells in rows:
        try:
            one, other = (read_address_cell(cell)[0] for cell in cells)
        except NotAnAddress as wrong:
            refused.append(Refusal(line, wrong.sentence))
            continue
        if one.key == other.key:
            refused.append(Refusal(line, "Both addresses are the same person's."))
        else:
            pairs.setdefault(frozenset((one.key, other.key)), (one, other))
    return Acquainted(tuple(pairs.values()), tuple(sorted(refused, key=lambda refusal: refusal.line)))


def _of_table(text: str) -> tuple[list[tuple[int, Cells]], list[Refusal]]:
    table = table_of(text)
    if not table.rows:
        raise NobodyOnTheList
    columns = address_columns(table)
    if len(columns) != 2:
        raise AddressesMissing("A list of who knows whom needs exactly two columns of e-mail addresses.")
    one, other = columns
    return [(row.line, (row.cells[one], row.cells[other])) for row in table.rows], list(table.refused)


def _of_json(text: str) -> tuple[list[tuple[int, Cells]], list[Refusal]]:
    rows: list[tuple[int, Cells]] = []
    refused: list[Refusal] = []
    for line, entry in _entries(text):
        if _is_two_texts(entry):
            rows.append((line, (entry[0], entry[1])))
        else:
            refused.append(Refusal(line, TWO))
    if not rows:
        raise AddressesMissing(f'{TWO} In JSON that is ["ana@example.org", "bo@example.org"], a line each.')
    return rows, refused


def _entries(text: str) -> Iterator[tuple[int, Any]]:
    """What stands on each line, or the entries of one list."""
    try:
        document = loaded(text)
    except ValueError:
        lines = [(line, said) for line, said in enumerate(text.split("\n"), start=1) if said.strip()]
        yield from ((line, _or_nothing(said)) for line, said in lines[:MAX_ROWS])
        return
    several = document if isinstance(document, list) and not _is_two_texts(document) else [document]
    yield from enumerate(several[:MAX_ROWS], start=1)


def _or_nothing(line: str) -> Any:
    try:
        return loaded(line)
    except ValueError:
        return None


def _is_two_texts(entry: Any) -> bool:
    return isinstance(entry, list) and len(entry) == 2 and all(isinstance(text, str) for text in entry)
