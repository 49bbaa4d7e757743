"""The place for reading RSVPs written as JSON: an object a line, or a list, in the shape the API takes."""

from collections.abc import Mapping
from typing import Any

from services.rsvp.domain.addresses import NotAnAddress, read_address
from services.rsvp.domain.guest_lists.guests import RowRefused, Seat
from services.rsvp.domain.guest_lists.records import Guest, Status
from services.rsvp.domain.guest_lists.statuses import status_of
from services.rsvp.domain.guest_lists.values import point_in_time
from services.rsvp.domain.profiles import (
    GUESTS_MAX,
    NAME_MAX,
    Profile,
    answers_within_bounds,
    carried,
    profile_from,
)

FIELDS = (
    "email", "name", "response", "guests", "introductions", "share", "profile", "answers", "updated_at", "created_at",
    "status", "checked_in", "id",
)  # fmt: skip


def rsvp_in(entry: Mapping[str, Any], *, line: int) -> Seat:
    """The RSVP in one object. Raises `RowRefused` or `FieldRefused`; unknown fields are refused by name."""
    unknown = [name for name in entry if name not in FIELDS]
    if unknown:
        raise RowRefused(f"“{unknown[0][:60]}” is not a field of an RSVP; known are {', '.join(FIELDS)}.")
    guest = Guest(
        line=line,
        address=_address(entry.get("email")),
        name=carried(_text(entry, "name"), field="name", most=NAME_MAX),
        external_id=_text(entry, "id"),
        status=_status(entry),
        guests=_guests(entry.get("guests")),
        checked_in=_flag(entry, "checked_in") or False,
        introductions=_flag(entry, "introductions"),
        share=_share(entry.get("share")),
        profile=_profile(entry.get("profile")),
        answers=_answers(entry.get("answers")),
        created_at=_time(entry, "created_at"),
        updated_at=_time(entry, "updated_at"),
    )
    return Seat(guest)


def _address(value: object) -> Any:
    if not isinstance(value, str) or not value:
        raise RowRefused("“email” is missing: every RSVP needs an e-mail address.")
    try:
        return read_address(value)
    except NotAnAddress as wrong:
        raise RowRefused(f"“{value[:80]}” is not an e-mail address: {wrong.sentence}") from wrong


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowRefused(f"“{name}” must be a text.")
    return carried(value, field=name)


def _flag(entry: Mapping[str, Any], name: str) -> bool | None:
    value = entry.get(name)
    if value is not None and not isinstance(value, bool):
        raise RowRefused(f"“{name}” must be true or false.")
    return value


def _status(entry: Mapping[str, Any]) -> Status:
    word = _text(entry, "response") or _text(entry, "status") or "going"
    if (status := status_of(word)) is None:
        raise RowRefused(f"“response” is “{word[:60]}”; it must be “going” or “declined”.")
    return status


def _guests(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= GUESTS_MAX:
        raise RowRefused(f"“guests” must be a whole number from 0 to {GUESTS_MAX}.")
    return value


def _profile(value: object) -> Profile:
    if value is None:
        return Profile()
    if not isinstance(value, dict):
        raise RowRefused("“profile” must be an object.")
    return profile_from(value)


def _share(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise RowRefused("“share” must be a list of the fields that may be shown.")
    return tuple(value)


def _answers(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(answer, str) for answer in value.values()):
        raise RowRefused("“answers” must be an object of questions and answers in text.")
    return answers_within_bounds(value)


def _time(entry: Mapping[str, Any], name: str) -> Any:
    value = entry.get(name)
    if value is None:
        return None
    if (time := point_in_time(value)) is None:
        raise RowRefused(f"“{name}” must be a time like 2026-09-20T10:00:00Z, or milliseconds since 1970.")
    return time
