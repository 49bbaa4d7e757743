"""Luma's export in its four ages, and the JSON of its API and webhooks."""

import json

import pytest

from services.rsvp.domain.guest_lists import Field, GuestListRefused, Status, read_guest_list
from services.rsvp.domain.guest_lists.errors import NobodyOnTheList, NotAGuestList
from tests.rsvp.guest_lists.exports import filled, sample

ADA = {"name": "Ada Lovelace", "email": "ada@example.org", "approval_status": "approved"}


def taken_for(raw: bytes) -> dict[str, Field]:
    return {column.header: column.taken_for for column in read_guest_list(raw).columns}


def test_age_a_with_api_id_and_a_byte_order_mark() -> None:
    assert sample("luma_guests_A_api_id_bom.csv").startswith(b"\xef\xbb\xbf")
    found = read_guest_list(filled("luma_guests_A_api_id_bom.csv", {"api_id": "gst-7", **ADA}))
    assert found.format == "luma"
    assert [(guest.external_id, guest.email, guest.status) for guest in found.guests] == [
        ("gst-7", "ada@example.org", Status.GOING)
    ]


def test_age_b_has_somebody_who_declined() -> None:
    found = read_guest_list(sample("luma_guests_B_source_before_checkin.csv"))
    guest = found.guests[0]
    assert (guest.external_id, guest.email, guest.name) == ("gst-Qlwi4e4mqdtWDvN", "email@gmail.com", "Full Name")
    assert guest.status is Status.DECLINED
    assert guest.checked_in is False
    assert guest.created_at is not None
    assert guest.created_at.isoformat() == "2025-08-08T00:16:45.813000+00:00"


def test_age_c_asks_for_employer_and_role_and_never_mistakes_a_click_for_a_profile() -> None:
    raw = sample("luma_guests_C_guest_id_utm_clickids.csv")
    guest = read_guest_list(raw).guests[0]
    assert (guest.profile.employer, guest.profile.role) == ("Analytical Engines", "Robotics Engineer")
    assert guest.answers == {
        "What is your LinkedIn profile?": "https://www.linkedin.com/in/ada-lovelace",
        "What makes you want to join the event?": "Curious",
    }
    columns = taken_for(raw)
    assert columns["linkedin_click_id"] is Field.IGNORED
    assert columns["qr_code_url"] is Field.IGNORED
    assert columns["What is your job title?"] is Field.ROLE


def test_age_d_asks_in_spanish_and_a_tax_number_is_no_employer() -> None:
    raw = filled(
        "luma_guests_D_guest_id_es_questions_bom.csv",
        ADA
        | {
            "¿Para qué empresa trabajas?": "Máquinas Analíticas",
            "¿Cuál es tu cargo?": "Ingeniera",
            "Nro. de DNI": "40000000",
            "Ruc de la empresa": "20100000000",
        },
    )
    guest = read_guest_list(raw).guests[0]
    assert (guest.profile.employer, guest.profile.role) == ("Máquinas Analíticas", "Ingeniera")
    assert guest.answers == {"Nro. de DNI": "40000000", "Ruc de la empresa": "20100000000"}


def test_an_age_that_is_not_known_yet_is_still_lumas() -> None:
    renamed = {"guest_id": "person_id", "linkedin_click_id": "snap_click_id", "referred_by": "utm_id"}
    found = read_guest_list(filled("luma_guests_C_guest_id_utm_clickids.csv", ADA, renamed=renamed))
    assert found.format == "luma"
    columns = {column.header: column.taken_for for column in found.columns}
    assert columns["snap_click_id"] is Field.IGNORED
    assert columns["utm_id"] is Field.IGNORED


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("approved", Status.GOING),
        ("declined", Status.DECLINED),
        ("pending_approval", Status.PENDING_APPROVAL),
        ("waitlist", Status.WAITLISTED),
        ("invited", Status.INVITED),
        ("session", Status.INVITED),
    ],
)
def test_every_status_of_luma_means_what_it_says(word: str, status: Status) -> None:
    raw = filled("luma_guests_C_guest_id_utm_clickids.csv", ADA | {"approval_status": word})
    assert read_guest_list(raw).guests[0].status is status


def test_who_was_checked_in_is_known() -> None:
    raw = filled("luma_guests_C_guest_id_utm_clickids.csv", ADA | {"checked_in_at": "2026-09-21T18:00:00.000Z"})
    assert read_guest_list(raw).guests[0].checked_in is True


def test_a_header_alone_says_whose_it_is() -> None:
    with pytest.raises(NobodyOnTheList) as refused:
        read_guest_list(sample("luma_guests_A_api_id_bom.csv"))
    assert str(refused.value) == ("The file is Luma's guest list and names its columns, but there is nobody on it.")


def luma_guest(**changes: object) -> dict[str, object]:
    guest = json.loads(sample("luma_v1_events_guests_get_get_200_response.json"))
    return {**guest, "user_email": "ada@example.org", "user_name": "Ada Lovelace", **changes}


def test_a_guest_of_the_api() -> None:
    answers = [
        {"label": "What is your job title?", "question_type": "text", "answer": "Engineer", "value": "Engineer"},
        {"label": "What are you interested in?", "answer": ["Looms", "Bernoulli numbers, of course"]},
        {"label": "Are you a member?", "value": True},
    ]
    raw = json.dumps(luma_guest(registration_answers=answers)).encode()
    found = read_guest_list(raw)
    assert found.format == "luma_json"
    guest = found.guests[0]
    assert guest.profile.role == "Engineer"
    assert guest.profile.interests == ("Looms", "Bernoulli numbers, of course")
    assert guest.answers == {"Are you a member?": "yes"}
    assert guest.checked_in is True


def test_the_sample_of_one_guest_has_no_real_address_and_is_refused_by_line() -> None:
    found = read_guest_list(sample("luma_v1_events_guests_get_get_200_response.json"))
    assert found.guests == ()
    assert [refusal.line for refusal in found.refused] == [1]
    assert found.refused[0].reason.startswith("“string” is not an e-mail address")


def test_the_list_of_the_api_says_that_there_is_more() -> None:
    page = json.loads(sample("luma_v1_events_guests_list_get_200_response.json"))
    ticket = {"id": "t", "name": "Members", "checked_in_at": None}
    page["entries"] = [luma_guest(event_tickets=[ticket, ticket, ticket]), luma_guest(user_email="bob@example.org")]
    found = read_guest_list(json.dumps(page).encode())
    assert [(guest.email, guest.guests, guest.checked_in) for guest in found.guests] == [
        ("ada@example.org", 2, False),
        ("bob@example.org", 0, True),
    ]
    assert "one page of several" in found.notes[0]


@pytest.mark.parametrize("event", ["registered", "updated"])
def test_a_webhook_holds_one_guest(event: str) -> None:
    message = json.loads(sample(f"luma_webhook_guest_{event}_post_request.json"))
    message["data"]["user_email"] = "ada@example.org"
    found = read_guest_list(json.dumps(message).encode())
    assert (found.format, found.guests[0].email) == ("luma_json", "ada@example.org")


def test_the_schema_of_a_webhook_is_no_guest_list() -> None:
    with pytest.raises(NotAGuestList, match="JSON Schema"):
        read_guest_list(sample("luma_webhook_guest_registered.schema.json"))


def test_the_errors_of_a_file_share_one_class() -> None:
    with pytest.raises(GuestListRefused) as refused:
        read_guest_list(b"", filename="guests.csv")
    assert refused.value.status == 422
    assert refused.value.details["filename"] == "guests.csv"
