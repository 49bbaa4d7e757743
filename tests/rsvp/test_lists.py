"""What importing an organiser's list does, whatever was there before and in whatever order rows come."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rsvp.domain.gatherings import Gathering, GatheringOff
from services.rsvp.domain.guest_lists.records import Guest, Status
from services.rsvp.domain.profiles import Profile
from services.rsvp.domain.rsvps import SHARED_BY_A_LIST
from services.rsvp.handlers.gatherings import cancel_gathering
from services.rsvp.handlers.lists import Imported, import_guests, plan_of
from services.rsvp.handlers.my import cancel_rsvp, change_rsvp, erase_attendee
from services.rsvp.store.tables import metadata
from services.rsvp.store.views import known_guests
from shared.contracts.rsvp import (
    AttendeeCheckedIn,
    RsvpCancelled,
    RsvpChanged,
    RsvpConfirmed,
    RsvpDeclined,
    RsvpWaitlisted,
)
from tests.databases import open_database
from tests.rsvp.builders import NOON, PUBLIC_URL, Desk, address


def a_guest(who: str, **fields: Any) -> Guest:
    return Guest(**{"line": 2, "address": address(who), "name": who.title(), **fields})


def imports(desk: Desk, gathering: Gathering, *guests: Guest) -> list[Imported]:
    return desk(import_guests, gathering.id, guests)


def effects(outcomes: Sequence[Imported]) -> list[str | None]:
    return [one.effect for one in outcomes]


def test_who_is_on_the_list_is_going_declined_or_waiting_as_it_says(desk: Desk) -> None:
    gathering = desk.a_gathering()
    imports(
        desk,
        gathering,
        a_guest("ana"),
        a_guest("bo", status=Status.DECLINED),
        a_guest("cleo", status=Status.WAITLISTED),
        a_guest("dana", status=Status.CANCELLED),
        a_guest("eli", status=Status.INVITED),
    )
    assert desk.statuses(gathering) == {"ana": "going", "bo": "declined", "cleo": "waitlisted", "dana": "cancelled"}
    assert [type(event) for event in desk.said()][1:] == [RsvpConfirmed, RsvpDeclined, RsvpWaitlisted, RsvpCancelled]
    assert all(event.by == "import" for event in desk.said(RsvpConfirmed, RsvpDeclined))


def test_importing_twice_changes_nothing_and_says_nothing(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=2)
    guests = [a_guest("ana", guests=1, checked_in=True), a_guest("bo"), a_guest("cleo", status=Status.DECLINED)]
    imports(desk, gathering, *guests)
    said = len(desk.said())
    assert effects(imports(desk, gathering, *guests)) == ["unchanged"] * 3
    assert len(desk.said()) == said


def test_people_on_a_list_are_asked_first_unless_it_carries_their_consent(desk: Desk) -> None:
    gathering = desk.a_gathering()
    imports(
        desk,
        gathering,
        a_guest("ana", profile=Profile(interests=("zines",), employer="Ridge County Library")),
        a_guest("bo", introductions=True),
        a_guest("cleo", introductions=False),
    )
    ana, bo, cleo = (desk.rsvp(gathering, who) for who in ("ana", "bo", "cleo"))
    assert (ana.introductions, ana.asked_first, ana.share) == (True, True, SHARED_BY_A_LIST)
    assert (bo.introductions, bo.asked_first) == (True, False)
    assert "employer" in bo.share
    assert (cleo.introductions, cleo.asked_first, cleo.share) == (False, False, ())


def test_a_list_may_say_what_is_shown_and_what_people_chose_themselves_outlives_it(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    desk.answers(gathering, "bo", introductions=True, share=("interests", "name"))
    shares = [a_guest(who, introductions=True, share=("offers",)) for who in ("ana", "bo")]
    imports(desk, gathering, *shares, a_guest("cleo", introductions=False, share=("offers",)))
    assert [desk.rsvp(gathering, who).share for who in ("ana", "bo", "cleo")] == [
        ("offers",),
        ("interests", "name"),
        (),
    ]


def test_a_name_is_shared_only_where_somebody_says_so(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    desk.answers(gathering, "ana", introductions=True)
    assert "name" not in desk.rsvp(gathering, "ana").share
    imports(desk, gathering, a_guest("bo", introductions=True, share=("name",)), a_guest("cleo", introductions=True))
    assert [("name" in desk.rsvp(gathering, who).share) for who in ("bo", "cleo")] == [True, False]


def test_a_list_fills_places_in_its_order_and_no_more_than_there_are(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=3)
    imports(desk, gathering, *(a_guest(who, guests=guests) for who, guests in (("ana", 1), ("bo", 1), ("cleo", 0))))
    assert desk.statuses(gathering) == {"ana": "going", "bo": "waitlisted", "cleo": "going"}


def test_a_row_that_cannot_be_taken_leaves_the_others_alone(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=1, waiting_list=False)
    ana, bo, cleo = imports(desk, gathering, a_guest("ana"), a_guest("bo"), a_guest("cleo", status=Status.DECLINED))
    assert (ana.effect, cleo.effect) == ("added", "added")
    assert bo.effect is None
    assert "full" in bo.reason
    assert desk.statuses(gathering) == {"ana": "going", "cleo": "declined"}


def test_what_people_said_themselves_stands(desk: Desk) -> None:
    gathering = desk.a_gathering()
    imports(desk, gathering, a_guest("ana"), a_guest("bo"))
    desk(change_rsvp, gathering.id, desk.rsvp(gathering, "ana").attendee_id, {"introductions": False})
    desk(cancel_rsvp, gathering.id, desk.rsvp(gathering, "bo").attendee_id)
    assert effects(imports(desk, gathering, a_guest("ana", guests=2), a_guest("bo"))) == ["kept", "kept"]
    assert desk.statuses(gathering)["bo"] == "cancelled"
    assert desk.rsvp(gathering, "ana").introductions is False


def test_a_row_that_is_newer_than_their_own_word_counts_but_gives_no_consent_for_them(desk: Desk) -> None:
    gathering = desk.a_gathering()
    imports(desk, gathering, a_guest("ana"))
    desk(change_rsvp, gathering.id, desk.rsvp(gathering, "ana").attendee_id, {"introductions": False})
    later = desk.now + timedelta(minutes=1)
    imports(desk, gathering, a_guest("ana", status=Status.DECLINED, updated_at=later))
    ana = desk.rsvp(gathering, "ana")
    assert (ana.status, ana.introductions) == ("declined", False)


def test_saying_yes_to_introductions_ends_being_asked_first(desk: Desk) -> None:
    gathering = desk.a_gathering()
    imports(desk, gathering, a_guest("ana"))
    desk(change_rsvp, gathering.id, desk.rsvp(gathering, "ana").attendee_id, {"introductions": True})
    ana = desk.rsvp(gathering, "ana")
    assert (ana.asked_first, "employer" in ana.share) == (False, True)
    assert desk.said(RsvpChanged)[-1].changed == ("share", "asked_first")


def test_a_list_vouches_for_an_address_that_was_not_confirmed(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk.answers(gathering, "ana")
    assert effects(imports(desk, gathering, a_guest("ana"))) == ["changed"]
    assert desk.statuses(gathering) == {"ana": "going"}


def test_a_corrected_row_counts_though_the_tools_own_time_did_not_move(desk: Desk) -> None:
    gathering = desk.a_gathering()
    listed = a_guest("ana", guests=1, updated_at=NOON)
    corrected = replace(listed, name="Ana María", guests=0)
    imports(desk, gathering, listed)
    assert effects(imports(desk, gathering, corrected)) == ["changed"]
    assert (desk.rsvp(gathering, "ana").name, desk.gathering(gathering).taken) == ("Ana María", 1)
    said = len(desk.said())
    assert effects(imports(desk, gathering, corrected)) == ["unchanged"]
    assert effects(imports(desk, gathering, replace(corrected, updated_at=NOON - timedelta(days=1)))) == ["older"]
    assert len(desk.said()) == said


def test_whom_an_organiser_took_off_by_hand_is_not_brought_back_by_the_same_list(desk: Desk) -> None:
    gathering = desk.a_gathering()
    for listed in (a_guest("ana"), a_guest("bo", updated_at=NOON)):
        imports(desk, gathering, listed)
        rsvp = desk.rsvp(gathering, listed.email.partition("@")[0])
        desk(cancel_rsvp, gathering.id, rsvp.attendee_id, by="organiser")
        assert effects(imports(desk, gathering, listed)) == ["kept"]
    assert desk.statuses(gathering) == {"ana": "cancelled", "bo": "cancelled"}
    back = a_guest("bo", updated_at=NOON + timedelta(days=1))
    assert effects(imports(desk, gathering, back)) == ["changed"]


def test_who_was_promoted_is_not_sent_back_by_the_old_list(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=1)
    guests = [a_guest("ana"), a_guest("bo", status=Status.WAITLISTED)]
    imports(desk, gathering, *guests)
    desk(cancel_rsvp, gathering.id, desk.rsvp(gathering, "ana").attendee_id)
    assert desk.statuses(gathering)["bo"] == "going"
    assert effects(imports(desk, gathering, *guests)) == ["kept", "unchanged"]


def test_who_waited_on_the_old_list_and_is_going_on_the_new_one_is_going_if_there_is_a_place(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=2)
    imports(
        desk, gathering, a_guest("ana", status=Status.WAITLISTED), a_guest("bo", status=Status.WAITLISTED, guests=1)
    )
    outcomes = imports(desk, gathering, a_guest("ana"), a_guest("bo", guests=1))
    assert effects(outcomes) == ["changed", "unchanged"]
    assert desk.statuses(gathering) == {"ana": "going", "bo": "waitlisted"}
    imports(desk, gathering, a_guest("bo"))
    assert desk.statuses(gathering) == {"ana": "going", "bo": "going"}


def test_a_list_that_gets_to_know_more_is_merged(desk: Desk) -> None:
    gathering = desk.a_gathering()
    imports(desk, gathering, a_guest("ana", profile=Profile(role="Cataloguer")))
    imports(desk, gathering, a_guest("ana", profile=Profile(interests=("zines",)), checked_in=True))
    ana = desk.rsvp(gathering, "ana")
    assert (ana.profile.role, ana.profile.interests) == ("Cataloguer", ("zines",))
    assert len(desk.said(RsvpChanged)) == len(desk.said(AttendeeCheckedIn)) == 1


def test_somebody_who_asked_to_be_erased_is_not_brought_back_by_a_list(desk: Desk) -> None:
    gathering = desk.a_gathering()
    imports(desk, gathering, a_guest("ana"))
    desk(erase_attendee, desk.rsvp(gathering, "ana").attendee_id)
    assert effects(imports(desk, gathering, a_guest("ana"))) == ["forgotten"]
    assert desk.statuses(gathering) == {}


def test_nobody_is_imported_into_a_cancelled_gathering(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk(cancel_gathering, gathering.id, reason="", public_url=PUBLIC_URL)
    with pytest.raises(GatheringOff):
        imports(desk, gathering, a_guest("ana"))


def test_a_preview_says_what_the_import_then_does(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=3)
    imports(desk, gathering, a_guest("ana"), a_guest("bo", guests=1))
    guests = [
        a_guest("ana", status=Status.DECLINED),
        a_guest("bo"),
        a_guest("cleo", guests=1),
        a_guest("dana"),
        a_guest("eli", status=Status.MAYBE),
        a_guest("fay", guests=5),
    ]
    with desk.store() as store:
        planned = plan_of(desk.gathering(gathering), known_guests(store, gathering.id), guests, now=desk.now)
    assert planned == imports(desk, gathering, *guests)


TIMES = st.integers(0, 5).map(lambda minute: datetime(2027, 2, 1, 12, minute, tzinfo=UTC))
ROWS = st.builds(
    a_guest,
    st.sampled_from(["ana", "bo"]),
    status=st.sampled_from([Status.GOING, Status.DECLINED, Status.CANCELLED]),
    guests=st.integers(0, 3),
    updated_at=TIMES,
)
ENGINE = open_database("sqlite://", metadata)


@settings(max_examples=30)
@given(
    rows=st.lists(ROWS, min_size=1, max_size=8, unique_by=lambda row: (row.email, row.updated_at)), seed=st.integers()
)
def test_rows_with_their_own_time_end_in_the_newest_state_in_any_order_with_repeats(
    rows: list[Guest], seed: int
) -> None:
    desk = Desk(engine=ENGINE)
    desk.clear()
    gathering = desk.a_gathering()
    chance = random.Random(seed)
    shuffled = chance.choices(rows, k=len(rows)) + chance.sample(rows, k=len(rows))
    for row in shuffled:
        imports(desk, gathering, row)
    newest = {row.email: row for row in sorted(rows, key=lambda row: row.updated_at or NOON)}
    for email, row in newest.items():
        stored = desk.rsvp(gathering, email)
        assert (stored.status, stored.guests, stored.listed_at) == (row.status, row.guests, row.updated_at)
    said = len(desk.said())
    imports(desk, gathering, *[replace(row, line=9) for row in rows])
    assert len(desk.said()) == said
