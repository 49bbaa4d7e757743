"""Tools whose exports have no e-mail addresses: what they are told, and what works once a column is added."""

import pytest

from services.rsvp.domain.guest_lists import Status, read_guest_list
from services.rsvp.domain.guest_lists.errors import AddressesMissing, NobodyOnTheList
from tests.rsvp.guest_lists.exports import filled, sample, table


@pytest.mark.parametrize("name", ["partiful_guests.csv", "partiful_guests_with_question.csv"])
def test_partiful_has_no_addresses_and_is_told_what_would_help(name: str) -> None:
    with pytest.raises(AddressesMissing) as refused:
        read_guest_list(sample(name))
    assert str(refused.value) == (
        "There are no e-mail addresses in Partiful's guest list, so nobody on it could be written to: "
        "add a column named “Email” and import it again."
    )
    assert refused.value.details["format"] == "partiful"


def test_partiful_with_addresses_added_counts_the_plus_one_with_the_host() -> None:
    found = read_guest_list(
        table(
            "Name,Status,RSVP date,Invited By,Is Plus One Of,Email",
            "Austin Lee,Going,2026-09-02 13:26:51,,,austin@example.org",
            "Russ,Going,2026-09-02 13:26:51,Austin Lee,Austin Lee,",
            "Brooke,Maybe,2026-09-05 02:04:38,,,brooke@example.org",
            "Cleo,Can't Go,,,,cleo@example.org",
            "Drew,Going,,,Nobody Here,",
            "Eli,Going,,,Austin Lee,eli@example.org",
        )
    )
    assert found.format == "partiful"
    assert [(guest.name, guest.status, guest.guests) for guest in found.guests] == [
        ("Austin Lee", Status.GOING, 1),
        ("Brooke", Status.MAYBE, 0),
        ("Cleo", Status.DECLINED, 0),
        ("Eli", Status.GOING, 0),
    ]
    assert [(refusal.line, refusal.reason) for refusal in found.refused] == [
        (6, "This is a plus-one of “Nobody Here”, who is not on the list.")
    ]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Approved", Status.GOING),
        ("Invited", Status.INVITED),
        ("Pending", Status.PENDING_APPROVAL),
        ("Waitlist", Status.WAITLISTED),
    ],
)
def test_every_status_of_partiful_means_what_it_says(word: str, status: Status) -> None:
    found = read_guest_list(table("Name,Status,RSVP date,Is Plus One Of,Email", f"Ali,{word},,,ali@example.org"))
    assert found.guests[0].status is status


def test_meetups_attendee_list_is_tabs_without_addresses() -> None:
    name = "meetup_event_attendees_after_event.tsv"
    with pytest.raises(NobodyOnTheList, match="Meetup's attendee list"):
        read_guest_list(sample(name))
    with pytest.raises(AddressesMissing, match="Meetup's attendee list"):
        read_guest_list(filled(name, {"Name": "Dagmar", "RSVP": "Yes", "RSVPed on": "03/19/2017"}), filename="x.xls")


def test_meetups_member_list_is_refused_the_same_way() -> None:
    with pytest.raises(AddressesMissing, match="Meetup's member list"):
        read_guest_list(sample("meetup_member_list.tsv"), filename="members.xls")


def test_meetups_attendee_list_with_addresses_added() -> None:
    person = {"Name": "Dagmar", "User ID": "user 7", "RSVP": "Yes", "Guests": "2", "RSVPed on": "03/19/2017"}
    rows = [
        person | {"Notes": "dagmar@example.org", "Attendance": "Attended"},
        person
        | {"Name": "Ute", "RSVP": "No", "Notes": "ute@example.org", "Guests": "0", "Attendance": "Did not attend"},
    ]
    found = read_guest_list(
        filled("meetup_event_attendees_after_event.tsv", *rows, renamed={}).replace(b"Notes", b"E-Mail", 1)
    )
    assert found.format == "meetup"
    assert [(guest.name, guest.status, guest.guests, guest.checked_in) for guest in found.guests] == [
        ("Dagmar", Status.GOING, 2, True),
        ("Ute", Status.DECLINED, 0, False),
    ]
    assert found.guests[0].created_at is not None
    assert found.guests[0].created_at.date().isoformat() == "2017-03-19"
