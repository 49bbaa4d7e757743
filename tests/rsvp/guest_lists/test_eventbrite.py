"""Eventbrite's reports: a row a ticket, refunded rows among them, and the JSON of its API."""

import json

from services.rsvp.domain.guest_lists import Status, read_guest_list
from services.rsvp.domain.profiles import Place
from tests.rsvp.guest_lists.exports import filled, sample

REPORT = "eventbrite_attendee_refunded.csv"


def test_a_refunded_row_is_cancelled() -> None:
    found = read_guest_list(sample(REPORT))
    assert found.format == "eventbrite"
    assert [(guest.name, guest.status) for guest in found.guests] == [
        ("Aarti Shah", Status.GOING),
        ("Bina Rao", Status.CANCELLED),
        ("Chetan Mehta", Status.GOING),
    ]
    assert [guest.external_id for guest in found.guests] == ["5001", "5002", "5003"]


def test_the_long_report_gives_role_employer_and_place() -> None:
    found = read_guest_list(sample("eventbrite_attendee_report_cnsv.csv"))
    john, jane = found.guests
    assert (john.email, john.profile.role, john.profile.employer) == (
        "jdoe1@test1mail.com",
        "JobTitle1",
        "Company1Name",
    )
    assert john.profile.place == Place(city="City1", region="CA")
    assert jane.profile.place == Place(city="City2 CA")
    assert john.answers["Are you a consultant?"] == "Yes"
    assert john.answers["How did you hear about this event?"] == "CNSV Email"
    assert "Cell Phone" not in john.answers


def ticket(number: int, status: str = "Attending", quantity: str = "1") -> dict[str, str]:
    person = {"First Name": "Aarti", "Last Name": "Shah", "Email": "Aarti@Example.com", "Order #": "1001"}
    return {**person, "Attendee #": str(number), "Attendee Status": status, "Quantity": quantity}


def test_tickets_of_one_buyer_are_one_person_with_guests() -> None:
    found = read_guest_list(filled(REPORT, ticket(1), ticket(2), ticket(3)))
    assert [(guest.guests, guest.status) for guest in found.guests] == [(2, Status.GOING)]
    assert found.notes == ("Lines 2, 3 and 4 have the same address: counted as one person, going with 2 guests.",)


def test_a_refunded_ticket_of_three_leaves_one_guest() -> None:
    found = read_guest_list(filled(REPORT, ticket(1, "Refunded"), ticket(2), ticket(3)))
    assert [(guest.guests, guest.status) for guest in found.guests] == [(1, Status.GOING)]


def test_all_tickets_refunded_is_cancelled() -> None:
    found = read_guest_list(filled(REPORT, ticket(1, "Refunded"), ticket(2, "Refunded")))
    assert found.guests[0].status is Status.CANCELLED


def test_the_quantity_of_a_row_counts() -> None:
    found = read_guest_list(filled(REPORT, ticket(1, quantity="4")))
    assert found.guests[0].guests == 3


def test_who_was_checked_in_is_going_and_was_there() -> None:
    found = read_guest_list(filled(REPORT, ticket(1, "Checked In")))
    assert (found.guests[0].status, found.guests[0].checked_in) == (Status.GOING, True)


def test_the_api_without_addresses_is_refused_attendee_by_attendee() -> None:
    found = read_guest_list(sample("eventbrite_attendees_api_mock.json"))
    assert found.format == "eventbrite_json"
    assert [refusal.line for refusal in found.refused] == [1, 2, 3]
    assert "no e-mail address" in found.refused[0].reason


def test_the_api_with_addresses_gives_guests() -> None:
    page = json.loads(sample("eventbrite_attendees_api_mock.json"))
    jane, gabriel, garcia = page["attendees"]
    jane["profile"] |= {"email": "jane@example.org", "job_title": "Archivist", "company": "City Library"}
    jane["answers"] = [{"question": "What can you offer?", "answer": "Oral history", "question_id": "1"}]
    gabriel["profile"]["email"] = garcia["profile"]["email"] = "gabriel@example.org"
    garcia |= {"refunded": True, "status": "Attending"}
    found = read_guest_list(json.dumps(page).encode())
    assert [(guest.email, guest.status, guest.guests, guest.checked_in) for guest in found.guests] == [
        ("jane@example.org", Status.GOING, 0, True),
        ("gabriel@example.org", Status.GOING, 0, True),
    ]
    profile = found.guests[0].profile
    assert (profile.role, profile.employer, profile.offers) == ("Archivist", "City Library", ("Oral history",))
