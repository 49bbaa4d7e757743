"""The roster as CSV: no spreadsheet runs it, and reading it back gives every text as it was."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rsvp.domain.cells import items_in_cell, list_cell, plain_cell, safe_cell
from services.rsvp.domain.guest_lists import Guest, read_guest_list
from services.rsvp.domain.profiles import Place, Profile
from services.rsvp.domain.roster import header, line_of
from services.rsvp.domain.rsvps import SHAREABLE, Rsvp
from tests.data import shared_data

WHATEVER = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
SOMETHING = WHATEVER.filter(bool)
RISKY = st.tuples(
    st.sampled_from(["", "'", "''", " ", "\t", "\r", "\n", '"', ";", "\\", ","]), st.sampled_from("=+-@"), WHATEVER
)
TEXTS = st.one_of(WHATEVER, RISKY.map("".join))
ITEMS = st.lists(st.one_of(SOMETHING, RISKY.map("".join)), max_size=4, unique=True).map(tuple)
TIMES = st.none() | st.integers(0, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
PROFILES = st.builds(
    Profile,
    role=TEXTS, employer=TEXTS, stage=TEXTS, interests=ITEMS, goals=ITEMS, asks=ITEMS, offers=ITEMS,
    pace=st.sampled_from([None, "quiet", "balanced", "outgoing"]),
    reach=st.sampled_from([None, "local", "region", "country", "anywhere"]),
    place=st.none() | st.builds(Place, city=TEXTS, region=TEXTS, country=TEXTS),
    languages=ITEMS, tip=TEXTS, at_most=st.none() | st.integers(1, 6),
)  # fmt: skip
RSVPS = st.builds(
    Rsvp,
    id=st.integers(0, 2**128 - 1).map(lambda number: str(UUID(int=number))),
    gathering_id=st.just("g"),
    attendee_id=st.just("a"),
    email=st.integers(0, 10**9).map("person{}@example.org".format),
    name=TEXTS,
    status=st.sampled_from(["going", "waitlisted", "declined", "cancelled"]),
    guests=st.integers(0, 99),
    introductions=st.booleans(),
    asked_first=st.booleans(),
    share=st.lists(st.sampled_from(SHAREABLE), unique=True).map(tuple),
    checked_in_at=TIMES,
    created_at=TIMES,
    updated_at=TIMES,
    profile=PROFILES,
    answers=st.dictionaries(SOMETHING.filter(lambda text: text.strip() == text), SOMETHING, max_size=3),
)


def written(*rsvps: Rsvp) -> str:
    questions = tuple(dict.fromkeys(question for rsvp in rsvps for question in rsvp.answers))
    return header(questions) + "".join(line_of(rsvp, questions) for rsvp in rsvps)


def read_back(*rsvps: Rsvp) -> tuple[Guest, ...]:
    found = read_guest_list(written(*rsvps).encode())
    assert found.format == "tablemates"
    assert found.refused == ()
    return found.guests


def facts(found: Guest | Rsvp) -> tuple[object, ...]:
    """What a roster says of somebody."""
    names = ("email", "name", "status", "guests", "share", "created_at", "updated_at", "profile", "answers")
    same = tuple(getattr(found, name) for name in names)
    if isinstance(found, Guest):
        return (*same, found.external_id, found.checked_in, found.introductions)
    consent = None if found.asked_first else found.introductions
    return (*same, found.id, found.checked_in_at is not None, consent)


def an_rsvp(**fields: Any) -> Rsvp:
    return Rsvp(**{"id": "1", "gathering_id": "g", "attendee_id": "a", "email": "dana@example.org", **fields})


@given(st.lists(RSVPS, min_size=1, max_size=4, unique_by=lambda rsvp: rsvp.email))
def test_a_roster_reads_back_as_it_was_written(rsvps: list[Rsvp]) -> None:
    assert [facts(guest) for guest in read_back(*rsvps)] == [facts(rsvp) for rsvp in rsvps]


@given(st.lists(RSVPS, min_size=1, max_size=2, unique_by=lambda rsvp: rsvp.email))
def test_no_cell_of_a_roster_begins_like_a_formula(rows: list[Rsvp]) -> None:
    for cells in csv.reader(io.StringIO(written(*rows), newline="")):
        for cell in cells:
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))
            assert not cell.startswith(("\t", "\r", "\n"))


@given(TEXTS)
def test_a_safe_cell_gives_its_text_back(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text


@given(ITEMS)
def test_a_list_in_a_cell_gives_its_entries_back(items: tuple[str, ...]) -> None:
    assert items_in_cell(list_cell(items)) == items


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-5", "'-5"),
        ("+49 30", "'+49 30"),
        (" =1", "' =1"),
        ("\t=1", "'\t=1"),
        ("\uff1d1", "'\uff1d1"),
        ("'=1", "''=1"),
        ("'t Hooft", "'t Hooft"),
        ("Dana", "Dana"),
        ("", ""),
    ],
)
def test_only_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str, cell: str) -> None:
    assert safe_cell(text) == cell
    assert plain_cell(cell) == text


def test_people_who_write_lists_by_hand_are_understood() -> None:
    assert items_in_cell("maps;zines; trail running;") == ("maps", "zines", "trail running")


def naughty() -> list[str]:
    return list(json.loads(shared_data("naughty_strings", "blns.json").read_text("utf-8")))


def test_there_are_515_naughty_strings() -> None:
    assert len(naughty()) == 515


@pytest.mark.parametrize("text", [text for text in naughty() if text], ids=range(514))
def test_a_naughty_string_survives_every_field(text: str) -> None:
    profile = Profile(
        role=text, employer=text, stage=text, interests=(text, "zines"), goals=("zines", text), asks=(text,),
        offers=(text,), place=Place(text, text, text), languages=(text,), tip=text,
    )  # fmt: skip
    rsvp = an_rsvp(name=text, status="going", profile=profile, answers={"Why?": text})
    (guest,) = read_back(rsvp)
    assert facts(guest) == facts(rsvp)


def test_naughty_strings_as_questions_survive_too() -> None:
    questions = {text: f"answer {n}" for n, text in enumerate(naughty()) if text and text == text.strip()}
    some = dict(list(questions.items())[:90])
    (guest,) = read_back(an_rsvp(name="Dana", status="going", answers=some))
    assert guest.answers == some


@pytest.mark.parametrize("text", [text for text in naughty() if text], ids=range(514))
def test_a_naughty_string_survives_another_tools_list(text: str) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(["Name", "Email", "Job title", "Company", "Where did you grow up?"])
    writer.writerow([text, "dana@example.org", text, "Ridge Library", text])
    writer.writerow(["Lee", "lee@example.org", "Librarian", text, ""])
    dana, lee = read_guest_list(written.getvalue().encode()).guests
    assert (dana.name, dana.profile.role, dana.answers) == (text, text, {"Where did you grow up?": text})
    assert lee.profile.employer == text


@pytest.mark.parametrize("text", [text for text in naughty() if text], ids=range(514))
def test_a_naughty_string_survives_json_lines(text: str) -> None:
    entry = {
        "email": "dana@example.org", "name": text, "answers": {text: text},
        "profile": {"role": text, "interests": [text], "tip": text, "place": {"city": text}},
    }  # fmt: skip
    (guest,) = read_guest_list(json.dumps(entry, ensure_ascii=False).encode()).guests
    assert (guest.name, guest.answers, guest.profile.tip, guest.profile.interests) == (
        text,
        {text: text},
        text,
        (text,),
    )
