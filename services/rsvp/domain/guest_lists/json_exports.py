"""The place for the JSON that the APIs and webhooks of Luma, Eventbrite and pretix give: flattened into rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.rsvp.domain.guest_lists.errors import AddressesMissing, NotAGuestList
from services.rsvp.domain.guest_lists.formats import Format
from services.rsvp.domain.guest_lists.records import Field
from services.rsvp.domain.guest_lists.tables import Row, Table

Object = Mapping[str, Any]

_LUMA_FIELDS = {
    "id": Field.EXTERNAL_ID, "user_email": Field.EMAIL, "user_name": Field.NAME, "user_first_name": Field.FIRST_NAME,
    "user_last_name": Field.LAST_NAME, "approval_status": Field.STATUS, "registered_at": Field.CREATED_AT,
    "checked_in_at": Field.CHECKED_IN, "tickets": Field.QUANTITY,
}  # fmt: skip
_EVENTBRITE_FIELDS = {
    "id": Field.EXTERNAL_ID, "email": Field.EMAIL, "name": Field.NAME, "first_name": Field.FIRST_NAME,
    "last_name": Field.LAST_NAME, "status": Field.STATUS, "created": Field.CREATED_AT, "checked_in": Field.CHECKED_IN,
    "quantity": Field.QUANTITY, "job_title": Field.ROLE, "company": Field.EMPLOYER, "city": Field.CITY,
    "region": Field.REGION, "country": Field.COUNTRY,
}  # fmt: skip
_PRETIX_FIELDS = {
    "order": Field.ORDER_ID, "positionid": Field.EXTERNAL_ID, "order_email": Field.ORDER_EMAIL,
    "attendee_email": Field.EMAIL, "attendee_name": Field.NAME, "status": Field.STATUS, "datetime": Field.CREATED_AT,
    "checkins": Field.CHECKED_IN, "addon_to": Field.ADDON_TO, "company": Field.EMPLOYER, "city": Field.CITY,
    "state": Field.REGION, "country": Field.COUNTRY,
}  # fmt: skip

LUMA_JSON = Format("luma_json", "Luma's JSON", frozenset(), _LUMA_FIELDS)
EVENTBRITE_JSON = Format("eventbrite_json", "Eventbrite's JSON", frozenset(), _EVENTBRITE_FIELDS, rows_are_tickets=True)
PRETIX_JSON = Format("pretix_json", "pretix's JSON", frozenset(), _PRETIX_FIELDS, rows_are_tickets=True)

_PRETIX_STATUS = {"n": "pending", "p": "paid", "e": "expired", "c": "canceled"}


@dataclass(slots=True)
class _Rows:
    """Rows that grow a column for every new question."""

    header: list[str]
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    def add(self, line: int, known: Object, answers: Iterable[tuple[object, object]]) -> None:
        row = {name: _text(value) for name, value in known.items()}
        for question, answer in answers:
            label = _text(question)
            if label and (text := _text(answer)):
                row[self._column(label)] = text
        self.rows.append((line, row))

    def _column(self, label: str) -> str:
        name = f"{label} (question)" if label in _RESERVED else label
        if name not in self.header:
            self.header.append(name)
        return name

    def table(self) -> Table:
        return Table(
            tuple(self.header),
            tuple(Row(line, tuple(row.get(name, "") for name in self.header)) for line, row in self.rows),
        )


_RESERVED = frozenset(_LUMA_FIELDS) | frozenset(_EVENTBRITE_FIELDS) | frozenset(_PRETIX_FIELDS)


def kind_of(entry: object) -> Format | None:
    """Which tool's guest (or order) an object is; None when it is not one we know.

    Raises what would be right for objects that are known to hold no guests.
    """
    if not isinstance(entry, dict):
        return None
    if {"rsvp_id", "member", "event"} <= entry.keys():
        raise AddressesMissing(
            "Meetup's RSVPs have no e-mail addresses, so nobody could be written to: give each line an “email”.",
            format="meetup",
        )
    if {"notification_id", "action"} <= entry.keys():
        raise NotAGuestList("This is a pretix notification, which names an order but nobody in it: import the order.")
    if "approval_status" in entry:
        return LUMA_JSON
    if "positions" in entry and "code" in entry:
        return PRETIX_JSON
    return EVENTBRITE_JSON if "profile" in entry and "ticket_class_id" in entry else None


def unwrapped(document: object) -> tuple[list[Any], tuple[str, ...]]:
    """The entries of a whole document and notes: a list, a page of an API, a webhook, or one entry by itself."""
    if isinstance(document, list):
        return document, ()
    if not isinstance(document, dict):
        raise NotAGuestList("The file holds a single JSON value, not RSVPs.")
    if "$schema" in document:
        raise NotAGuestList("The file is a JSON Schema: it describes guests, but holds none.")
    for name in ("entries", "attendees", "results", "items", "rsvps", "guests"):
        if isinstance(inside := document.get(name), list):
            return inside, _more_pages(document)
    if isinstance(data := document.get("data"), dict) and "type" in document:
        return [data], ()
    return [document], ()


def _more_pages(document: Object) -> tuple[str, ...]:
    page = document.get("pagination")
    more = document.get("has_more") or document.get("next") or (isinstance(page, dict) and page.get("has_more_items"))
    return ("This is one page of several: import the following ones too.",) if more else ()


def table_of_entries(kind: Format, entries: Sequence[tuple[int, Object]]) -> Table:
    """The entries of one tool as a table; `line` is the entry's place in the file."""
    rows = _Rows(list(kind.known))
    flatten = {"luma_json": _luma, "eventbrite_json": _eventbrite, "pretix_json": _pretix}[kind.name]
    for line, entry in entries:
        flatten(rows, line, entry)
    return rows.table()


def _luma(rows: _Rows, line: int, guest: Object) -> None:
    tickets = _dicts(guest.get("event_tickets"))
    seen = next((ticket["checked_in_at"] for ticket in tickets if ticket.get("checked_in_at")), None)
    known = {name: guest.get(name) for name in _LUMA_FIELDS if name in guest}
    known |= {"checked_in_at": seen or guest.get("checked_in_at"), "tickets": len(tickets) or None}
    known["registered_at"] = guest.get("registered_at") or guest.get("joined_at") or guest.get("created_at")
    answers = _dicts(guest.get("registration_answers"))
    rows.add(line, known, ((answer.get("label"), _first(answer, "answer", "value")) for answer in answers))


def _eventbrite(rows: _Rows, line: int, attendee: Object) -> None:
    profile = _dict(attendee.get("profile"))
    addresses = _dict(profile.get("addresses"))
    home = _dict(addresses.get("home")) or _dict(addresses.get("work"))
    known = {name: profile.get(name) for name in ("email", "name", "first_name", "last_name", "job_title", "company")}
    known |= {name: attendee.get(name) for name in ("id", "status", "created", "checked_in", "quantity")}
    known |= {name: home.get(name) for name in ("city", "region", "country")}
    if attendee.get("refunded") or attendee.get("cancelled"):
        known["status"] = "refunded" if attendee.get("refunded") else "cancelled"
    answers = _dicts(attendee.get("answers"))
    rows.add(line, known, ((answer.get("question"), answer.get("answer")) for answer in answers))


def _pretix(rows: _Rows, line: int, order: Object) -> None:
    status = "approval pending" if order.get("require_approval") else _PRETIX_STATUS.get(str(order.get("status")))
    for position in _dicts(order.get("positions")):
        known = {name: position.get(name) for name in _PRETIX_FIELDS if name in position}
        known |= {"order": order.get("code"), "order_email": order.get("email"), "datetime": order.get("datetime")}
        known["status"] = "canceled" if position.get("canceled") else status or order.get("status")
        known["checkins"] = "yes" if position.get("checkins") else "no"
        answers = _dicts(position.get("answers"))
        rows.add(line, known, ((_pretix_question(answer), answer.get("answer")) for answer in answers))


def _pretix_question(answer: Object) -> str:
    """The question's text where the API was asked to expand it, else the identifier that pretix gave it."""
    question = answer.get("question")
    if isinstance(question, dict):
        text = question.get("question")
        return _text(text.get("en") or next(iter(text.values()), "")) if isinstance(text, dict) else _text(text)
    return _text(answer.get("question_identifier") or question)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(filter(None, map(_text, value)))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _first(entry: Object, *names: str) -> object:
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
