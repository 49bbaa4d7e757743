"""The place for making a guest out of a row: what each cell says, once it is known what its column is for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.rsvp.domain.addresses import Address, NotAnAddress, read_address_cell
from services.rsvp.domain.cells import items_in_cell, plain_cell
from services.rsvp.domain.guest_lists.formats import GOOGLE_FORMS, ROSTER, Format
from services.rsvp.domain.guest_lists.records import Column, Field, Guest, Status
from services.rsvp.domain.guest_lists.statuses import says_checked_in, status_of
from services.rsvp.domain.guest_lists.tables import Row
from services.rsvp.domain.guest_lists.values import (
    entries,
    point_in_time,
    separator_of_lists,
    whole_number,
    without_formula,
    yes_or_no,
)
from services.rsvp.domain.guest_lists.vocabularies import pace_in, place_in, reach_in
from services.rsvp.domain.profiles import (
    AT_MOST_MAX,
    GUESTS_MAX,
    ITEM_MAX,
    ITEMS_MAX,
    NAME_MAX,
    TEXT_MAX,
    TIP_MAX,
    Place,
    Profile,
    answers_within_bounds,
    carried,
)
from services.rsvp.domain.rsvps import SHAREABLE
from shared.errors import TablematesError

LISTS = {
    Field.INTERESTS: "interests", Field.GOALS: "goals", Field.ASKS: "asks", Field.OFFERS: "offers",
    Field.LANGUAGES: "languages",
}  # fmt: skip
TEXTS = {Field.ROLE: TEXT_MAX, Field.EMPLOYER: TEXT_MAX, Field.STAGE: TEXT_MAX, Field.TIP: TIP_MAX}


class RowRefused(TablematesError):
    """A row that cannot be taken; its sentence becomes the reason of a `Refusal`."""

    code = "guest_list_row_refused"
    status = 422


@dataclass(slots=True)
class Reading:
    """How the rows of one list are read: its columns, and what separates the entries of those that hold lists."""

    known: Format
    columns: tuple[Column, ...]
    separators: Mapping[str, str]
    too_long: list[tuple[int, str]] = field(default_factory=list)
    """Lines and headers of answers that were too long for the profile and kept as plain answers."""


@dataclass(frozen=True, slots=True)
class PlusOne:
    """A row without an address of its own that belongs to somebody else on the list."""

    line: int
    name: str
    of: str
    status: Status


@dataclass(frozen=True, slots=True)
class Seat:
    """A guest and how many seats their row stands for: an Eventbrite row for 3 tickets has 3, an add-on none."""

    guest: Guest
    seats: int = 1


@dataclass(slots=True)
class _Said:
    """What one row says, by what its columns were taken for."""

    cells: dict[Field, str] = field(default_factory=dict)
    items: dict[Field, list[str]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)

    def get(self, *fields: Field) -> str:
        """The first of these that is not blank."""
        return next((cell for one in fields if (cell := self.cells.get(one, "")).strip()), "")


def reading_of(known: Format, columns: tuple[Column, ...], rows: Sequence[Row]) -> Reading:
    """How to read `rows`; looks at whole columns to find what separates their entries."""
    separators = {
        column.header: separator_of_lists(row.cells[at] for row in rows)
        for at, column in enumerate(columns)
        if column.taken_for in LISTS
    }
    return Reading(known, columns, separators)


def seat_in(row: Row, reading: Reading) -> Seat | PlusOne:
    """Who the row is about. Raises `RowRefused`, `NotAnAddress` or `FieldRefused`, each a sentence of its own."""
    said = _said(row, reading)
    status = _status(said, reading)
    own = said.get(Field.EMAIL) or said.get(Field.ORDER_EMAIL)
    if host := said.get(Field.GUEST_OF):
        if not own:
            return PlusOne(row.line, _name(said), host.strip(), status)
        said.answers.setdefault("Plus-one of", host)
    address, name_beside_it = _address(own, reading)
    guest = Guest(
        line=row.line,
        address=address,
        name=carried(_name(said) or name_beside_it, field="name", most=NAME_MAX),
        external_id="-".join(filter(None, (said.get(Field.ORDER_ID), said.get(Field.EXTERNAL_ID)))),
        status=status,
        guests=_guests(said),
        checked_in=_checked_in(said),
        introductions=_consent(said, reading),
        share=_share(said, reading),
        profile=_profile(said),
        answers=answers_within_bounds(said.answers),
    )
    return Seat(_with_times(guest, said, reading), seats=_seats(said))


def _said(row: Row, reading: Reading) -> _Said:
    said = _Said()
    for column, cell in zip(reading.columns, row.cells, strict=True):
        if column.taken_for is Field.IGNORED or not cell:
            continue
        text = plain_cell(cell) if reading.known is ROSTER else without_formula(cell)
        if column.option is not None:
            _tick(said, column, text)
        elif column.taken_for is Field.ANSWER:
            said.answers[column.question or column.header] = text
        elif column.taken_for in LISTS:
            _list(said, column, text, line=row.line, reading=reading)
        elif len(text) > TEXTS.get(column.taken_for, len(text)):
            _too_long(said, column, text, line=row.line, reading=reading)
        else:
            said.cells[column.taken_for] = text
    if question := said.get(Field.QUESTION):
        said.answers[question] = said.get(Field.REPLY)
    return said


def _tick(said: _Said, column: Column, text: str) -> None:
    if not yes_or_no(text) or column.option is None:
        return
    if column.taken_for in LISTS:
        said.items.setdefault(column.taken_for, []).append(column.option)
    else:
        before = said.answers.get(column.question)
        said.answers[column.question] = f"{before}; {column.option}" if before else column.option


def _list(said: _Said, column: Column, text: str, *, line: int, reading: Reading) -> None:
    found = items_in_cell(text) if reading.known is ROSTER else entries(text, reading.separators[column.header])
    already = said.items.setdefault(column.taken_for, [])
    if len(already) + len(found) > ITEMS_MAX or any(len(item) > ITEM_MAX for item in found):
        _too_long(said, column, text, line=line, reading=reading)
    else:
        already.extend(found)


def _too_long(said: _Said, column: Column, text: str, *, line: int, reading: Reading) -> None:
    reading.too_long.append((line, column.header))
    said.answers[column.header] = text


def _address(cell: str, reading: Reading) -> tuple[Address, str]:
    if not cell:
        raise RowRefused(f"There is no e-mail address in this row of {reading.known.title}.")
    try:
        return read_address_cell(cell)
    except NotAnAddress as wrong:
        raise RowRefused(f"“{cell.strip()[:80]}” is not an e-mail address: {wrong.sentence}") from wrong


def _name(said: _Said) -> str:
    parts = filter(None, (said.get(Field.FIRST_NAME), said.get(Field.LAST_NAME)))
    return said.get(Field.NAME) or " ".join(parts) or said.cells.get(Field.NAME, "")


def _status(said: _Said, reading: Reading) -> Status:
    if yes_or_no(said.get(Field.REFUNDED)):
        return Status.CANCELLED
    if any(column.taken_for is Field.STATUS for column in reading.columns):
        word = said.get(Field.STATUS)
        if (status := status_of(word)) is None:
            raise RowRefused(
                f"“{word.strip()[:80]}” is not a status we know; “going”, “waitlist”, “declined”, “cancelled” would be."
            )
        return status
    return Status.PENDING_APPROVAL if yes_or_no(said.get(Field.PAID)) is False else Status.GOING


def _guests(said: _Said) -> int:
    cell = said.get(Field.GUESTS)
    count = whole_number(cell) if cell else 0
    if count is None:
        said.answers["Guests"] = cell
        return 0
    if count > GUESTS_MAX:
        raise RowRefused(f"{count} guests are too many for one person; at most {GUESTS_MAX} can come along.")
    return count


def _seats(said: _Said) -> int:
    if said.get(Field.ADDON_TO):
        return 0
    return min(whole_number(said.get(Field.QUANTITY)) or 1, GUESTS_MAX + 1)


def _checked_in(said: _Said) -> bool:
    if says_checked_in(said.get(Field.STATUS)):
        return True
    cell = said.get(Field.CHECKED_IN)
    return bool(cell) and yes_or_no(cell) is not False and cell.strip().casefold() not in {"did not attend", "no show"}


def _consent(said: _Said, reading: Reading) -> bool | None:
    """Yes only when the person plainly said so; None when the list has no such column."""
    if not any(column.taken_for is Field.CONSENT for column in reading.columns):
        return None
    cell = said.get(Field.CONSENT)
    if reading.known is ROSTER and not cell:
        return None
    return yes_or_no(cell) is True


def _share(said: _Said, reading: Reading) -> tuple[str, ...] | None:
    """Our own roster says it, and a blank there is nothing; a form may ask whether the name may be shown too."""
    if any(column.taken_for is Field.SHARE for column in reading.columns):
        return items_in_cell(said.get(Field.SHARE))
    return SHAREABLE if yes_or_no(said.get(Field.NAME_SHOWN)) else None


def _profile(said: _Said) -> Profile:
    place = place_in(said.get(Field.PLACE)) if said.get(Field.PLACE) else Place()
    place = Place(
        city=said.cells.get(Field.CITY) or place.city,
        region=said.cells.get(Field.REGION) or place.region,
        country=said.cells.get(Field.COUNTRY) or place.country,
    )
    texts: dict[str, Any] = {one.value: said.cells.get(one) for one in TEXTS}
    lists: dict[str, Any] = {name: tuple(said.items.get(one, ())) for one, name in LISTS.items()}
    pace, reach = pace_in(said.get(Field.PACE)), reach_in(said.get(Field.REACH))
    return Profile(**texts, **lists, pace=pace, reach=reach, place=place, at_most=_at_most(said))


def _at_most(said: _Said) -> int | None:
    """A number beyond what we give anybody is as good as none; so is a nought, since consent is asked apart."""
    count = whole_number(said.get(Field.AT_MOST)) if said.get(Field.AT_MOST) else None
    return count if count is not None and 1 <= count <= AT_MOST_MAX else None


def _with_times(guest: Guest, said: _Said, reading: Reading) -> Guest:
    created = " ".join(filter(None, (said.get(Field.CREATED_AT), said.get(Field.CREATED_TIME))))
    updated_at = point_in_time(said.get(Field.UPDATED_AT))
    created_at = point_in_time(created)
    if created_at is None and reading.known is GOOGLE_FORMS:
        created_at = updated_at
    return replace(guest, created_at=created_at, updated_at=updated_at)
