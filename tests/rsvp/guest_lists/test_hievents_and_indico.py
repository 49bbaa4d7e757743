"""Hi.Events with its HYPERLINK cells and sheet of answers; Indico with its numbered columns."""

from services.rsvp.domain.guest_lists import Field, Status, read_guest_list
from tests.rsvp.guest_lists.exports import filled, table


def test_hievents_attendees() -> None:
    dana = {"First Name": "Dana", "Last Name": "Reyes", "Email": "dana@example.org", "Public ID": "A-1"}
    rows = [
        dana | {"Status": "ACTIVE", "Check Ins": "1", "Created Date": "2026-09-01 10:00:00"},
        dana | {"Status": "ACTIVE", "Check Ins": "0", "Public ID": "A-2"},
        dana | {"Status": "CANCELLED", "Email": "lee@example.org", "First Name": "Lee", "Check Ins": "0"},
        dana | {"Status": "AWAITING_PAYMENT", "Email": "kim@example.org", "First Name": "Kim"},
    ]
    found = read_guest_list(filled("hievents_attendees.csv", *rows))
    assert found.format == "hievents"
    assert [(guest.name, guest.status, guest.guests, guest.checked_in) for guest in found.guests] == [
        ("Dana Reyes", Status.GOING, 1, True),
        ("Lee Reyes", Status.CANCELLED, 0, False),
        ("Kim Reyes", Status.PENDING_APPROVAL, 0, False),
    ]


def test_hievents_orders_say_what_they_cannot_know() -> None:
    dana = {"First Name": "Dana", "Last Name": "Reyes", "Email": "dana@example.org", "Status": "COMPLETED"}
    refunded = dana | {"Email": "lee@example.org", "Is Fully Refunded": "Yes"}
    opted = {"Opted In To Marketing": "Yes"}
    found = read_guest_list(filled("hievents_orders.csv", dana | opted, refunded))
    assert [guest.status for guest in found.guests] == [Status.GOING, Status.CANCELLED]
    assert "does not say how many tickets" in found.notes[0]
    assert [guest.introductions for guest in found.guests] == [None, None], "marketing is no consent to introductions"


def test_hievents_answers_become_one_person_with_several_answers() -> None:
    dana = {"Attendee Name": "Dana", "Attendee Email": "dana@example.org", "Order Email": "buyer@example.org"}
    link = '=HYPERLINK("https://example.org/manage/1","O-1")'
    rows = [
        dana | {"Question": "What brings you here?", "Answer": "Friends", "Order URL": link},
        dana | {"Question": "Vegetarian?", "Answer": "Yes"},
        {"Attendee Name": "Lee", "Order Email": "buyer@example.org", "Question": "Vegetarian?", "Answer": "No"},
    ]
    found = read_guest_list(filled("hievents_answers_attendees_sheet.csv", *rows))
    assert [(guest.email, guest.answers) for guest in found.guests] == [
        ("dana@example.org", {"What brings you here?": "Friends", "Vegetarian?": "Yes"}),
        ("buyer@example.org", {"Vegetarian?": "No"}),
    ]
    assert "row for each answer" in found.notes[0]


def test_a_hyperlink_cell_is_its_text() -> None:
    found = read_guest_list(
        table(
            "Name,Email,Homepage",
            '"=HYPERLINK(""https://example.org/dana"",""Dana Reyes"")",'
            '"=HYPERLINK(""mailto:dana@example.org"")","=HYPERLINK(""https://example.org""; ""my page"")"',
        )
    )
    guest = found.guests[0]
    assert (guest.name, guest.email, guest.answers) == ("Dana Reyes", "dana@example.org", {"Homepage": "my page"})


def test_indico_ends_its_columns_in_numbers() -> None:
    renamed = {"<form field title>_<field id>": "What are you interested in?_1207"}
    person = {"ID": "7", "Name": "Dana Reyes", "Email Address_3": "dana@example.org", "Affiliation_4": "Ridge Library"}
    states = {
        "Completed": Status.GOING,
        "Pending": Status.PENDING_APPROVAL,
        "Rejected": Status.DECLINED,
        "Withdrawn": Status.CANCELLED,
        "Awaiting payment": Status.PENDING_APPROVAL,
    }
    rows = [
        person
        | {
            "Registration state": state,
            "Email Address_3": f"p{n}@example.org",
            "What are you interested in?_1207": "Zines; metadata, mostly",
            "Checked in": "Yes" if n == 0 else "No",
        }
        for n, state in enumerate(states)
    ]
    found = read_guest_list(filled("indico_registrants.csv", *rows, renamed=renamed))
    assert found.format == "indico"
    assert [guest.status for guest in found.guests] == list(states.values())
    dana = found.guests[0]
    assert (dana.external_id, dana.profile.employer, dana.checked_in) == ("7", "Ridge Library", True)
    assert dana.profile.interests == ("Zines", "metadata, mostly")
    taken = {column.header: column.taken_for for column in found.columns}
    assert taken["What are you interested in?_1207"] is Field.INTERESTS
    assert taken["Tags"] is Field.IGNORED
