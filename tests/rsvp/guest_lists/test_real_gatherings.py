"""The guest lists of real gatherings, counted a second time with nothing but the csv module."""

import csv
import io
from collections import Counter
from pathlib import Path

import pytest

from services.rsvp.domain.guest_lists import GuestList, GuestListRefused, Status, read_acquainted, read_guest_list
from tests.data import shared_data

LUMA_LISTS = sorted(shared_data("guest_lists").glob("*.luma.csv"))


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def read(path: Path) -> GuestList:
    return read_guest_list(path.read_bytes(), filename=path.name)


def test_there_are_nine_lists() -> None:
    assert len(LUMA_LISTS) == 9


@pytest.mark.parametrize("path", LUMA_LISTS, ids=lambda path: path.stem)
def test_everybody_is_on_it_once_with_their_status(path: Path) -> None:
    rows, found = rows_of(path), read(path)
    words = {"approved": Status.GOING, "declined": Status.DECLINED}
    assert found.format == "luma"
    assert found.refused == ()
    assert found.notes == ()
    assert [(guest.external_id, guest.email, guest.name, guest.status) for guest in found.guests] == [
        (row["guest_id"], row["email"], row["name"], words[row["approval_status"]]) for row in rows
    ]
    assert found.counts == Counter(words[row["approval_status"]] for row in rows)


@pytest.mark.parametrize("path", LUMA_LISTS, ids=lambda path: path.stem)
def test_interests_and_guests_are_what_people_wrote(path: Path) -> None:
    rows, found = rows_of(path), read(path)
    for row, guest in zip(rows, found.guests, strict=True):
        said = {item.casefold() for item in row["What are you interested in?"].split(", ") if item}
        assert {item.casefold() for item in guest.profile.interests} == said
        assert guest.guests == int(row["How many guests are you bringing?"])
        assert guest.introductions is None
        assert guest.answers == {}
        assert guest.created_at is not None


def test_about_a_third_state_no_interests_and_stay_blank() -> None:
    blank = sum(guest.profile.is_blank for path in LUMA_LISTS for guest in read(path).guests)
    assert blank == sum(not row["What are you interested in?"] for path in LUMA_LISTS for row in rows_of(path))
    assert blank > 150


def test_one_person_has_one_key_in_every_file() -> None:
    keys = {guest.address.key for path in LUMA_LISTS for guest in read(path).guests}
    assert keys == {row["email"] for path in LUMA_LISTS for row in rows_of(path)}


@pytest.mark.parametrize("path", LUMA_LISTS, ids=lambda path: path.stem)
def test_lines_are_those_an_editor_shows(path: Path) -> None:
    lines = path.read_text("utf-8-sig").splitlines()
    for guest in read(path).guests:
        assert lines[guest.line - 1].startswith(guest.external_id)


def test_the_sessions_of_a_conference_keep_their_commas() -> None:
    path = shared_data("guest_lists", "sips2017_form.csv")
    rows, found = rows_of(path), read(path)
    assert found.format == "google_forms"
    assert len(found.guests) == len(rows) == 166
    for row, guest in zip(rows, found.guests, strict=True):
        assert guest.profile.interests == tuple(row["Sessions you plan to attend"].split("; "))
    dinner = sum("All Conference Dinner & Drinks" in guest.profile.interests for guest in found.guests)
    assert dinner == 144


def test_delegates_say_what_they_offer_and_what_they_look_for() -> None:
    path = shared_data("guest_lists", "vaggi40_form.csv")
    rows, found = rows_of(path), read(path)
    assert len(found.guests) == len(rows) == 40
    for row, guest in zip(rows, found.guests, strict=True):
        assert guest.name == row["Your full name"]
        assert guest.profile.offers == tuple(filter(None, row["I can offer"].split(", ")))
        assert guest.profile.asks == tuple(filter(None, row["I am looking for"].split(", ")))


def test_who_already_knows_whom() -> None:
    path = shared_data("guest_lists", "vaggi40_already_acquainted.csv")
    found = read_acquainted(path.read_bytes())
    pairs = {frozenset((row["email_a"], row["email_b"])) for row in rows_of(path)}
    assert {frozenset((one.key, other.key)) for one, other in found.pairs} == pairs
    assert len(found.pairs) == len(pairs) == 104
    assert found.refused == ()


def test_a_list_of_acquaintances_is_no_guest_list() -> None:
    with pytest.raises(GuestListRefused, match=r"email_a.*email_b"):
        read(shared_data("guest_lists", "vaggi40_already_acquainted.csv"))
