"""One person in several rows: which row is the truth, and what the others add."""

import itertools

import pytest

from services.rsvp.domain.guest_lists import Status, read_guest_list
from tests.rsvp.guest_lists.exports import table

FURTHEST_FIRST = ["going", "waitlist", "pending", "declined", "cancelled", "maybe", "invited"]


@pytest.mark.parametrize(("further", "other"), list(itertools.combinations(FURTHEST_FIRST, 2)))
def test_the_status_furthest_along_counts_in_either_order(further: str, other: str) -> None:
    alone = read_guest_list(table("Email,Status", f"a@example.org,{further}")).guests[0].status
    for rows in ((further, other), (other, further)):
        found = read_guest_list(table("Email,Status", *(f"a@example.org,{word}" for word in rows)))
        assert [guest.status for guest in found.guests] == [alone]


def test_a_row_that_does_not_count_adds_nothing() -> None:
    found = read_guest_list(
        table("Email,Status,Guests,Interests", "a@example.org,declined,5,maps", "a@example.org,going,1,")
    )
    (guest,) = found.guests
    assert (guest.status, guest.guests, guest.profile.interests) == (Status.GOING, 1, ())


@pytest.mark.parametrize(
    ("said", "consent"), [("yes yes", True), ("yes no", False), ("no yes", False), ("no no", False)]
)
def test_consent_needs_a_yes_and_no_no(said: str, consent: bool) -> None:
    rows = [f"a@example.org,{word}" for word in said.split()]
    found = read_guest_list(table("Email,Would you like to be introduced to others?", *rows))
    assert found.guests[0].introductions is consent


def test_the_latest_row_is_the_truth_whole() -> None:
    found = read_guest_list(
        table(
            "Email,Name,Status,Guests,Updated at",
            "a@example.org,Old,going,4,2026-09-21T10:00:00Z",
            "a@example.org,New,cancelled,0,2026-09-22T10:00:00Z",
            "a@example.org,Older,going,2,2026-09-20T10:00:00Z",
        )
    )
    (guest,) = found.guests
    assert (guest.name, guest.status, guest.guests, guest.line) == ("New", Status.CANCELLED, 0, 2)


def test_many_repeats_are_told_of_in_few_words() -> None:
    rows = [f"p{n}@example.org" for n in range(9)] * 12
    found = read_guest_list(table("Email", *rows))
    assert len(found.guests) == 9
    assert len(found.notes) == 7
    assert found.notes[1].startswith("Lines 2, 11, 20, 29, 38, 47, 56, 65, 74, 83 and more have the same address")
    assert found.notes[-1] == "4 more people stand in several rows and are counted once."
