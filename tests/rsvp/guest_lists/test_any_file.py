"""Whatever file comes: a guest list or one sentence, never anything else."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rsvp.domain.guest_lists import GuestListRefused, read_acquainted, read_guest_list
from tests.data import shared_data

SAMPLES = [path for kind in ("csv", "json") for path in sorted(shared_data("export_formats", kind).iterdir())]
WORDS = st.sampled_from(
    [
        "Email", "Name", "Status", "Guests", "Interests", "Is Plus One Of", "RSVP date", "Timestamp", "Answer",
        "Question", "Updated", "Introductions", "City", "Where are you based?", "Add-on to position ID", "Lunch - Soup",
        "a@example.org", "b@example.org", "going", "declined", "yes", "no", "1", "99999999999999999999999", "\u00b2",
        "1e400", "nan", "-", "=1+1", '=HYPERLINK("x","y")', "a, b; c", "2026-09-20", "99/99/9999", "\x00", "", " ",
        "\ud7ff", "((((", "a" * 400, "x;" * 100, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "email", "name", "response", "status", "guests", "introductions", "profile", "answers", "updated_at", "id",
        "user_email", "approval_status", "event_tickets", "registration_answers", "label", "answer", "value", "entries",
        "attendees", "ticket_class_id", "positions", "code", "results", "question", "data", "type", "place", "city",
        "interests", "pagination", "checkins", "addresses", "home", "checked_in_at", "order", "attendee_name",
    ]
)  # fmt: skip
JSONS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.sampled_from(["\ud800", 10**400, -(10**18)]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(KEYS, inside, max_size=6),
    max_leaves=20,
)


def reads(raw: bytes) -> None:
    for read in (read_guest_list, read_acquainted):
        try:
            read(raw)
        except GuestListRefused as refused:
            said = str(refused)
            if not said.endswith(".") or "\n" in said:
                pytest.fail(f"not a sentence: {said!r}")


@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    reads(raw)


@given(
    st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_any_table(rows: list[list[str]], separator: str, encoding: str) -> None:
    reads("\n".join(separator.join(row) for row in rows).encode(encoding, "replace"))


@given(st.lists(JSONS, min_size=1, max_size=4), st.booleans())
def test_any_json(values: list[Any], as_lines: bool) -> None:
    text = "\n".join(map(json.dumps, values)) if as_lines else json.dumps(values[0])
    reads(text.encode())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
@settings(max_examples=30)
@given(data=st.data())
def test_a_damaged_export(path: Any, data: st.DataObject) -> None:
    raw = bytearray(path.read_bytes()[:6000])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    reads(bytes(raw))
