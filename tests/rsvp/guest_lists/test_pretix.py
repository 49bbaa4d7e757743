"""pretix: positions, orders, check-in list, waiting list, and the JSON of its API."""

import json

import pytest

from services.rsvp.domain.guest_lists import Field, Status, read_guest_list
from services.rsvp.domain.guest_lists.errors import NotAGuestList
from tests.rsvp.guest_lists.exports import filled, sample

POSITIONS = "pretix_order_positions.csv"
QUESTION = "<question text>"
OPTION = "<multiple-choice question> \N{EN DASH} <option>"


def position(number: int, **cells: str) -> dict[str, str]:
    ordered = {"Order code": "ABC12", "Email": "buyer@example.org", "Status": "paid", "Order date": "2026-09-01"}
    return {**ordered, "Position ID": str(number), "Order time": "10:30:00", **cells}


def test_an_attendee_without_an_address_is_reached_by_the_orders() -> None:
    found = read_guest_list(
        filled(
            POSITIONS,
            position(1, **{"Attendee name": "Dana Reyes", "Attendee email": "dana@example.org"}),
            position(2, **{"Attendee name": "Lee Park"}),
        )
    )
    assert found.format == "pretix"
    assert [(guest.external_id, guest.name, guest.email) for guest in found.guests] == [
        ("ABC12-1", "Dana Reyes", "dana@example.org"),
        ("ABC12-2", "Lee Park", "buyer@example.org"),
    ]
    assert found.guests[0].created_at is not None
    assert found.guests[0].created_at.isoformat() == "2026-09-01T10:30:00+00:00"


def test_cancelled_positions_are_cancelled_and_unpaid_ones_wait() -> None:
    words = {"canceled": Status.CANCELLED, "pending": Status.PENDING_APPROVAL, "expired": Status.CANCELLED}
    rows = [position(n, Status=word, Email=f"p{n}@example.org") for n, word in enumerate(words)]
    found = read_guest_list(filled(POSITIONS, *rows))
    assert [guest.status for guest in found.guests] == list(words.values())


def test_positions_without_addresses_are_the_buyers_guests_and_add_ons_are_nobody() -> None:
    add_on = position(4, **{"Add-on to position ID": "1", "Product": "Dinner"})
    found = read_guest_list(filled(POSITIONS, position(1), position(2), position(3, Status="canceled"), add_on))
    assert [(guest.email, guest.guests, guest.status) for guest in found.guests] == [
        ("buyer@example.org", 1, Status.GOING)
    ]


def test_a_multiple_choice_in_several_columns_is_one_list() -> None:
    renamed = {
        QUESTION: "What topics are you interested in? \N{EN DASH} Zines",
        OPTION: "What topics are you interested in? \N{EN DASH} Metadata",
    }
    zines, metadata = renamed.values()
    found = read_guest_list(
        filled(
            POSITIONS,
            position(1, **{zines: "Yes", metadata: "Yes"}),
            position(2, **{zines: "No", metadata: "Yes", "Attendee email": "lee@example.org"}),
            renamed=renamed,
        )
    )
    assert [guest.profile.interests for guest in found.guests] == [("Zines", "Metadata"), ("Metadata",)]
    assert {column.taken_for for column in found.columns if column.option} == {Field.INTERESTS}


def test_a_multiple_choice_of_another_kind_is_one_answer() -> None:
    first, second = "Lunch \N{EN DASH} Soup", "Lunch \N{EN DASH} Salad"
    raw = filled(POSITIONS, position(1, **{first: "Yes", second: "Yes"}), renamed={QUESTION: first, OPTION: second})
    assert read_guest_list(raw).guests[0].answers == {"Lunch": "Soup; Salad"}


def test_the_attendees_company_counts_and_the_invoice_does_not() -> None:
    cells = {"Attendee company": "Ridge Library", "Invoice address company": "Ridge County", "City": "Asheville"}
    guest = read_guest_list(filled(POSITIONS, position(1, **cells))).guests[0]
    assert guest.profile.employer == "Ridge Library"
    assert guest.profile.place is not None
    assert guest.profile.place.city == "Asheville"
    assert guest.answers == {}


def test_the_list_of_orders_counts_the_other_tickets_as_guests() -> None:
    raw = filled(
        "pretix_orders.csv",
        {"Order code": "ABC12", "Email": "dana@example.org", "Name": "Dana", "Status": "paid", "Positions": "3"},
    )
    found = read_guest_list(raw)
    assert (found.title, found.guests[0].guests) == ("pretix's list of orders", 2)
    assert found.notes[0].startswith("This is the list of orders")


def test_the_check_in_list_knows_who_came_and_who_has_not_paid() -> None:
    rows = [
        {"Order code": "A", "Attendee name": "Dana", "Email": "dana@example.org", "Paid": "Yes"},
        {"Order code": "B", "Attendee name": "Lee", "Email": "lee@example.org", "Paid": "No"},
    ]
    rows[0]["Checked in"] = "2026-09-21 18:00:00"
    found = read_guest_list(filled("pretix_checkin_list.csv", *rows))
    assert [(guest.name, guest.status, guest.checked_in) for guest in found.guests] == [
        ("Dana", Status.GOING, True),
        ("Lee", Status.PENDING_APPROVAL, False),
    ]


def test_the_waiting_list_waits() -> None:
    words = ["Waiting for a voucher", "Voucher assigned", "Voucher redeemed", "Voucher expired"]
    rows = [{"Name": f"P{n}", "Email": f"p{n}@example.org", "Status": word} for n, word in enumerate(words)]
    found = read_guest_list(filled("pretix_waiting_list.csv", *rows))
    assert [guest.status for guest in found.guests] == [
        Status.WAITLISTED,
        Status.WAITLISTED,
        Status.GOING,
        Status.CANCELLED,
    ]


def test_an_order_of_the_api() -> None:
    found = read_guest_list(sample("pretix_order_from_docs.json"))
    assert found.format == "pretix_json"
    guest = found.guests[0]
    assert (guest.external_id, guest.name, guest.email) == ("ABC12-1", "Peter", "tester@example.org")
    assert (guest.status, guest.checked_in) == (Status.GOING, True)
    assert guest.answers == {"WY3TP9SL": "Foo"}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "n"}, Status.PENDING_APPROVAL),
        ({"status": "n", "require_approval": True}, Status.PENDING_APPROVAL),
        ({"status": "c"}, Status.CANCELLED),
        ({"status": "e"}, Status.CANCELLED),
    ],
)
def test_every_status_of_an_order_means_what_it_says(changes: dict[str, object], status: Status) -> None:
    order = json.loads(sample("pretix_order_from_docs.json")) | changes
    page = {"count": 1, "next": None, "results": [order]}
    assert read_guest_list(json.dumps(page).encode()).guests[0].status is status


def test_a_notification_names_an_order_but_nobody_in_it() -> None:
    with pytest.raises(NotAGuestList, match="notification"):
        read_guest_list(sample("pretix_webhook_shape.json"))
