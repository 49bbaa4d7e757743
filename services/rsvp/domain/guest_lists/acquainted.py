"""The place for reading who already knows whom: two columns of addresses, a pair a row."""

from dataclasses import dataclass

from services.rsvp.domain.addresses import Address, NotAnAddress, read_address_cell
from services.rsvp.domain.guest_lists.columns import address_columns
from services.rsvp.domain.guest_lists.decoding import decoded
from services.rsvp.domain.guest_lists.errors import AddressesMissing, NobodyOnTheList
from services.rsvp.domain.guest_lists.records import Refusal
from services.rsvp.domain.guest_lists.tables import table_of


@dataclass(frozen=True, slots=True)
class Acquainted:
    """People who know each other already: each pair once, whichever of the two stands first."""

    pairs: tuple[tuple[Address, Address], ...]
    refused: tuple[Refusal, ...] = ()


def read_acquainted(raw: bytes) -> Acquainted:
    """The pairs in a table with two columns of addresses. Raises a `GuestListRefused` when there are no two."""
    text, _ = decoded(raw)
    table = table_of(text)
    if not table.rows:
        raise NobodyOnTheList
    columns = address_columns(table)
    if len(columns) != 2:
        raise AddressesMissing("A list of who knows whom needs exactly two columns of e-mail addresses.")
    pairs: dict[frozenset[str], tuple[Address, Address]] = {}
    refused = list(table.refused)
    for row in table.rows:
        try:
            one, other = (read_address_cell(row.cells[column])[0] for column in columns)
        except NotAnAddress as wrong:
            refused.append(Refusal(row.line, wrong.sentence))
            continue
        if one.key == other.key:
            refused.append(Refusal(row.line, "Both addresses are the same person's."))
        else:
            pairs.setdefault(frozenset((one.key, other.key)), (one, other))
    return Acquainted(tuple(pairs.values()), tuple(refused))
