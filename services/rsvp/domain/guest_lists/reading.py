"""The place where a file becomes a guest list: told apart, read row by row, each person once."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from services.rsvp.domain.addresses import NotAnAddress
from services.rsvp.domain.guest_lists.columns import columns_of
from services.rsvp.domain.guest_lists.decoding import decoded
from services.rsvp.domain.guest_lists.errors import GuestListRefused, NobodyOnTheList, NotAGuestList
from services.rsvp.domain.guest_lists.formats import Format, format_of
from services.rsvp.domain.guest_lists.guests import PlusOne, RowRefused, Seat, reading_of, seat_in
from services.rsvp.domain.guest_lists.json_exports import kind_of, table_of_entries, unwrapped
from services.rsvp.domain.guest_lists.json_lines import rsvp_in
from services.rsvp.domain.guest_lists.merging import each_person_once, with_plus_ones
from services.rsvp.domain.guest_lists.records import Column, Field, GuestList, Refusal, Status
from services.rsvp.domain.guest_lists.tables import MAX_ROWS, Table, table_of
from services.rsvp.domain.profiles import FieldRefused

Made = TypeVar("Made")

RSVPS = Format("json_lines", "RSVPs as JSON", frozenset())


def read_guest_list(raw: bytes, *, filename: str = "") -> GuestList:
    """The guest list in a file, whichever tool wrote it; the name of the file is never believed.

    Raises a `GuestListRefused` with one sentence when the file as a whole cannot be read. Rows that cannot be
    taken are in `refused`, each with its line and reason.
    """
    try:
        text, notes = decoded(raw)
        return _of_json(text, notes) if text.lstrip()[:1] in {"{", "["} else _of_table(text, notes)
    except GuestListRefused as refused:
        if filename:
            refused.details.setdefault("filename", filename[:100])
        raise


def _of_table(text: str, notes: tuple[str, ...]) -> GuestList:
    table = table_of(text)
    return _read(table, format_of(table.header), notes)


def _read(table: Table, known: Format, notes: tuple[str, ...], *, unread: Sequence[Refusal] = ()) -> GuestList:
    if not table.rows and not table.refused and not unread:
        raise NobodyOnTheList(
            f"The file is {known.title} and names its columns, but there is nobody on it.", format=known.name
        )
    columns = columns_of(table, known)
    reading = reading_of(known, columns, table.rows)
    seen, refused = _each((row.line, partial(seat_in, row, reading)) for row in table.rows)
    guests, repeats = each_person_once(
        [seat for seat in seen if isinstance(seat, Seat)], rows_are_tickets=known.rows_are_tickets
    )
    guests, hostless = with_plus_ones(guests, [one for one in seen if isinstance(one, PlusOne)])
    return GuestList(
        format=known.name,
        title=known.title,
        columns=columns,
        guests=guests,
        refused=_in_order(table.refused, refused, hostless, unread),
        notes=(*notes, *filter(None, (known.note, _without_status(columns))), *repeats, *_kept_apart(reading.too_long)),
    )


def _of_json(text: str, notes: tuple[str, ...]) -> GuestList:
    entries, unread, more = _entries(text)
    kind = next((kind for _, entry in entries if (kind := kind_of(entry))), None)
    if kind is None:
        return _of_rsvps(entries, unread, (*notes, *more))
    ours = [(line, entry) for line, entry in entries if kind_of(entry) is kind]
    foreign = (line for line, entry in entries if kind_of(entry) is not kind)
    others = [Refusal(line, f"This is not a guest in {kind.title}.") for line in foreign]
    return _read(table_of_entries(kind, ours), kind, (*notes, *more), unread=(*unread, *others))


def _of_rsvps(entries: Sequence[tuple[int, Any]], unread: Sequence[Refusal], notes: tuple[str, ...]) -> GuestList:
    if not any(isinstance(entry, dict) and "email" in entry for _, entry in entries):
        raise NotAGuestList("The file is JSON, but no RSVPs: each object needs at least an “email”.")
    seen, refused = _each((line, partial(_rsvp, entry, line)) for line, entry in entries)
    guests, repeats = each_person_once(seen, last_is_true=True)
    return GuestList(RSVPS.name, RSVPS.title, (), guests, _in_order(refused, unread), (*notes, *repeats))


def _rsvp(entry: Any, line: int) -> Seat:
    if not isinstance(entry, dict):
        raise RowRefused("This is not an RSVP but a single value.")
    return rsvp_in(entry, line=line)


def _entries(text: str) -> tuple[list[tuple[int, Any]], list[Refusal], tuple[str, ...]]:
    """The objects in a file with their line (or place in its list), and the lines that are not JSON."""
    try:
        document = loaded(text)
    except ValueError as wrong:
        return *_of_lines(text, wrong), ()
    found, notes = unwrapped(document)
    if not found:
        raise NobodyOnTheList
    return list(enumerate(found[:MAX_ROWS], start=1)), [], notes


def _of_lines(text: str, whole: ValueError) -> tuple[list[tuple[int, Any]], list[Refusal]]:
    entries: list[tuple[int, Any]] = []
    unread: list[Refusal] = []
    for line, said in enumerate(text.split("\n"), start=1):
        if not said.strip():
            continue
        try:
            entries.append((line, loaded(said)))
        except ValueError as wrong:
            unread.append(Refusal(line, f"This line is not JSON: {_where(wrong)}."))
    if not any(isinstance(entry, dict) for _, entry in entries):
        raise NotAGuestList(f"The file begins like JSON but is not: {_where(whole)}.") from whole
    return entries, unread


def loaded(text: str) -> Any:
    """What JSON says. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError as wrong:
        raise ValueError("it is nested too deeply") from wrong


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number that JSON knows")


def _where(wrong: ValueError) -> str:
    if isinstance(wrong, json.JSONDecodeError):
        return f"{wrong.msg[0].lower()}{wrong.msg[1:]} at line {wrong.lineno}, column {wrong.colno}"
    return str(wrong)


def _each(makings: Iterable[tuple[int, Callable[[], Made]]]) -> tuple[list[Made], list[Refusal]]:
    made: list[Made] = []
    refused: list[Refusal] = []
    for line, make in makings:
        try:
            made.append(make())
        except (RowRefused, NotAnAddress, FieldRefused) as wrong:
            refused.append(Refusal(line, wrong.sentence))
    return made, refused


def _in_order(*refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    return tuple(sorted((refusal for several in refusals for refusal in several), key=lambda refusal: refusal.line))


def _without_status(columns: tuple[Column, ...]) -> str:
    if any(column.taken_for in {Field.STATUS, Field.PAID, Field.REFUNDED} for column in columns):
        return ""
    return f"The list does not say who is coming: everybody on it is taken as {Status.GOING}."


def _kept_apart(too_long: Sequence[tuple[int, str]]) -> tuple[str, ...]:
    """A note for each answer that was too long for the profile."""
    return tuple(
        f"Line {line}: the answer to “{header[:80]}” is too long for a profile and is kept as an answer."
        for line, header in too_long[:20]
    )
