"""What holders of a personal link can do, and what is left of somebody who was erased."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.rsvp.domain.gatherings import GatheringOver, RsvpsClosed
from services.rsvp.domain.rsvps import RsvpUnknown
from services.rsvp.handlers.attendance import NoTipToShare, approve_tip
from services.rsvp.handlers.my import cancel_rsvp, change_rsvp, erase_address, erase_attendee
from services.rsvp.handlers.rsvps import confirm_rsvp
from shared.contracts.rsvp import (
    AttendeeErased,
    RsvpCancelled,
    RsvpChanged,
    RsvpConfirmed,
    RsvpDeclined,
    RsvpErased,
    RsvpPromoted,
    TipApproved,
)
from shared.outbox import compact
from tests.rsvp.builders import DANA, Desk, address


def test_a_change_says_what_changed_once(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    desk.answers(gathering, "dana", introductions=True, profile=DANA)
    who = desk.rsvp(gathering, "dana").attendee_id
    for _ in range(2):
        desk(change_rsvp, gathering.id, who, {"guests": 2, "profile": {"pace": "outgoing"}})
    [said] = desk.said(RsvpChanged)
    assert (said.changed, said.guests, said.profile.pace) == (("guests", "profile"), 2, "outgoing")
    assert said.profile.interests == DANA.interests
    assert desk.gathering(gathering).taken == 3


def test_saying_no_and_coming_back(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=1, confirm_addresses=False)
    desk.answers(gathering, "dana")
    desk.answers(gathering, "sam")
    dana = desk.rsvp(gathering, "dana").attendee_id
    assert desk(change_rsvp, gathering.id, dana, {"response": "declined"}).status == "declined"
    assert desk.said(RsvpDeclined)
    assert [event.email for event in desk.said(RsvpPromoted)] == ["sam@example.org"]
    assert desk(change_rsvp, gathering.id, dana, {"response": "going"}).status == "waitlisted"


def test_a_repeated_cancellation_is_no_news(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    desk.answers(gathering, "dana")
    for _ in range(2):
        desk(cancel_rsvp, gathering.id, desk.rsvp(gathering, "dana").attendee_id)
    assert len(desk.said(RsvpCancelled)) == 1


def test_changing_a_pending_rsvp_confirms_it(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk.answers(gathering, "dana")
    after = desk(change_rsvp, gathering.id, desk.rsvp(gathering, "dana").attendee_id, {"guests": 1})
    assert (after.status, after.guests) == ("going", 1)
    assert len(desk.said(RsvpConfirmed)) == 1


def test_more_guests_need_rsvps_that_are_open_and_fewer_do_not(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False, rsvp_closes_at=desk.now.replace(hour=13))
    desk.answers(gathering, "dana", guests=1)
    who = desk.rsvp(gathering, "dana").attendee_id
    desk.later(hours=2)
    with pytest.raises(RsvpsClosed):
        desk(change_rsvp, gathering.id, who, {"guests": 2})
    assert desk(change_rsvp, gathering.id, who, {"guests": 0}).guests == 0


def test_what_is_over_stays_as_it_was(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    desk.answers(gathering, "dana")
    who = desk.rsvp(gathering, "dana").attendee_id
    desk.later(days=8)
    with pytest.raises(GatheringOver):
        desk(cancel_rsvp, gathering.id, who)
    with pytest.raises(GatheringOver):
        desk(change_rsvp, gathering.id, who, {"guests": 1})


def test_an_erased_person_is_gone_from_every_table_and_from_what_was_said(desk: Desk) -> None:
    one, other = desk.a_gathering(capacity=1), desk.a_gathering(title="Another")
    desk.answers(one, "dana", name="Dana Reyes", introductions=True, profile=DANA)
    desk.answers(other, "dana", name="Dana Reyes")
    dana = desk.rsvp(one, "dana").attendee_id
    desk(confirm_rsvp, one.id, dana)
    desk.is_listed(one, "sam")
    assert desk(erase_attendee, dana)
    assert desk.statuses(one) == {"sam": "going"}
    assert {event.gathering_id for event in desk.said(RsvpErased)} == {one.id, other.id}
    assert [event.requested for event in desk.said(AttendeeErased)] == [True]
    with desk.engine.connect() as sql:
        for table in sa.inspect(desk.engine).get_table_names():
            rows = str(sql.execute(sa.text(f'SELECT * FROM "{table}"')).all())
            for word in ("dana@", "Dana Reyes", "Ridge County", "MARC clean-up", "Arrive early"):
                assert word not in rows, table
    assert not desk(erase_attendee, dana)
    with pytest.raises(RsvpUnknown):
        desk(cancel_rsvp, one.id, dana)


def test_an_operator_erases_by_address(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk.answers(gathering, "dana")
    assert desk(erase_address, address("DANA@example.org").key)
    assert not desk(erase_address, address("dana").key)


def test_a_tip_is_shared_once_it_is_approved_and_until_it_changes(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    desk.answers(gathering, "dana", introductions=True, profile=DANA)
    desk.answers(gathering, "sam")
    dana, sam = desk.rsvp(gathering, "dana"), desk.rsvp(gathering, "sam")
    for _ in range(2):
        desk(approve_tip, gathering.id, dana.id, approved=True)
    with pytest.raises(NoTipToShare):
        desk(approve_tip, gathering.id, sam.id, approved=True)
    desk(change_rsvp, gathering.id, dana.attendee_id, {"profile": {"tip": "Another one"}})
    assert [(event.tip, event.approved) for event in desk.said(TipApproved)] == [(DANA.tip, True), (DANA.tip, False)]


def test_after_a_month_the_tip_of_everybody_at_a_gathering_is_still_told(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    for who in ("dana", "sam"):
        desk.answers(gathering, who, introductions=True, profile=DANA)
        for approved in (True, False, True):
            desk(approve_tip, gathering.id, desk.rsvp(gathering, who).id, approved=approved)
    desk.later(days=31)
    desk(compact, desk.now - timedelta(days=30))
    told = {event.attendee_id: event.approved for event in desk.said(TipApproved)}
    assert told == {desk.rsvp(gathering, who).attendee_id: True for who in ("dana", "sam")}
