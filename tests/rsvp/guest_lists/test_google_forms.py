"""Google Forms: the question is the header, and people fill a form in twice."""

from services.rsvp.domain.guest_lists import Field, Status, read_guest_list
from tests.rsvp.guest_lists.exports import sample, table


def test_the_sample_takes_no_parent_for_a_person() -> None:
    found = read_guest_list(sample("google_forms_registration.csv"))
    assert found.format == "google_forms"
    guest = found.guests[0]
    assert (guest.email, guest.name, guest.status) == ("aarti@example.com", "Aarti Shah", Status.GOING)
    assert guest.answers == {
        "College name": "LD College",
        "WhatsApp number (for your pass)": "98240 17356",
        "Parent's phone number": "9824017399",
    }
    assert guest.created_at is not None
    assert guest.created_at.isoformat() == "2026-09-20T10:00:00+00:00"
    assert found.notes == ("The list does not say who is coming: everybody on it is taken as going.",)


def test_of_a_form_filled_in_twice_the_later_answer_is_the_truth() -> None:
    found = read_guest_list(
        table(
            "Timestamp,Email Address,Will you attend?,What are you interested in?",
            "2026/09/21 09:00:00 AM GMT+2,dana@example.org,No,",
            '2026/09/20 10:00:00 AM GMT+2,Dana@example.org,Yes,"zines, maps"',
        )
    )
    (guest,) = found.guests
    assert guest.status is Status.DECLINED
    assert guest.profile.interests == ()
    assert guest.updated_at is not None
    assert guest.updated_at.isoformat() == "2026-09-21T07:00:00+00:00"
    assert guest.created_at is not None
    assert guest.created_at.isoformat() == "2026-09-20T08:00:00+00:00"


def test_an_address_column_by_another_name_is_found_by_what_stands_in_it() -> None:
    found = read_guest_list(table("Zeitstempel;Wie erreichen wir dich?;Vorname", "1.9.2026;dana@example.org;Dana"))
    assert (found.format, found.guests[0].email, found.guests[0].name) == ("google_forms", "dana@example.org", "Dana")
    assert found.columns[1].taken_for is Field.EMAIL
