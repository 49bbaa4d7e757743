"""What happens when somebody RSVPs."""

import pytest

from services.rsvp.domain.capacity import GatheringFull, PartyTooLarge
from services.rsvp.domain.gatherings import GatheringOff, GatheringOver, GatheringUnknown, RsvpsClosed
from services.rsvp.domain.profiles import FieldRefused
from services.rsvp.domain.rsvps import SHARED_UNLESS_SAID, Told
from services.rsvp.handlers.gatherings import cancel_gathering
from services.rsvp.handlers.rsvps import KeyUsedForSomethingElse, Once, answer_rsvp, confirm_rsvp
from shared.contracts.rsvp import RsvpConfirmed, RsvpDeclined, RsvpLinkRequested, RsvpRequested, RsvpWaitlisted
from tests.rsvp.builders import DANA, PUBLIC_URL, Desk, address


def test_a_public_rsvp_is_pending_until_its_address_is_confirmed(desk: Desk) -> None:
    gathering = desk.a_gathering()
    received = desk.answers(gathering, "dana", introductions=True, profile=DANA)
    assert received.status == "pending"
    [requested] = desk.said(RsvpRequested)
    assert (requested.rsvp_id, requested.email, requested.version) == (received.id, "dana@example.org", 1)
    confirmed = desk(confirm_rsvp, gathering.id, requested.attendee_id)
    assert confirmed.status == "going"
    [said] = desk.said(RsvpConfirmed)
    assert (said.version, said.share, said.profile.interests) == (2, SHARED_UNLESS_SAID, DANA.interests)


def test_confirming_again_is_no_news(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk.answers(gathering, "dana")
    dana = desk.rsvp(gathering, "dana")
    desk(confirm_rsvp, gathering.id, dana.attendee_id)
    desk(confirm_rsvp, gathering.id, dana.attendee_id)
    assert len(desk.said(RsvpConfirmed)) == 1


def test_where_addresses_are_not_confirmed_an_rsvp_counts_at_once(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    assert desk.answers(gathering, "dana").status == "going"
    assert desk.gathering(gathering).taken == 1


def test_an_organisers_word_counts_at_once(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=1)
    assert desk.is_listed(gathering, "dana").status == "going"
    assert desk.is_listed(gathering, "sam").status == "waitlisted"
    assert [type(event) for event in desk.said()][1:] == [RsvpConfirmed, RsvpWaitlisted]


def test_a_no_is_an_answer_too(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    assert desk.answers(gathering, "dana", response="declined").status == "declined"
    assert desk.said(RsvpDeclined)
    assert desk.gathering(gathering).taken == 0


def test_the_same_address_again_changes_nothing_shows_nothing_and_is_mailed_a_link(desk: Desk) -> None:
    gathering = desk.a_gathering()
    first = desk.answers(gathering, "dana", name="Dana", profile=DANA)
    again = desk.answers(gathering, "DANA@example.org", name="Somebody else", guests=3)
    assert again.status == first.status == "pending"
    assert again.id != first.id
    kept = desk.rsvp(gathering, "dana")
    assert (kept.id, kept.name, kept.guests, kept.profile, kept.version) == (first.id, "Dana", 0, DANA, 1)
    [link] = desk.said(RsvpLinkRequested)
    assert (link.rsvp_id, link.email, link.version) == (first.id, "dana@example.org", 1)


def test_somebody_who_is_going_is_still_answered_as_a_stranger_would_be(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk.answers(gathering, "dana")
    desk(confirm_rsvp, gathering.id, desk.rsvp(gathering, "dana").attendee_id)
    assert desk.answers(gathering, "dana").status == "pending"


def test_a_form_cannot_be_used_to_flood_somebody(desk: Desk) -> None:
    gatherings = [desk.a_gathering(title=f"Evening {n}") for n in range(2)]
    for _ in range(5):
        for gathering in gatherings:
            desk.answers(gathering, "dana")
    assert len(desk.said(RsvpLinkRequested)) == 3
    desk.later(hours=1)
    desk.answers(gatherings[0], "dana")
    assert len(desk.said(RsvpLinkRequested)) == 4


def test_a_repeat_that_mails_nothing_is_written_down_too_since_its_haste_would_tell(desk: Desk) -> None:
    gathering = desk.a_gathering()
    for _ in range(4):
        desk.answers(gathering, "dana")
    before = written(desk)
    desk.answers(gathering, "dana")
    assert len(desk.said(RsvpLinkRequested)) == 3
    assert written(desk) > before


def written(desk: Desk) -> int:
    """How many rows were written so far."""
    with desk.engine.connect() as sql:
        return int(sql.exec_driver_sql("SELECT total_changes()").scalar_one())


def test_one_address_is_one_attendee_across_gatherings(desk: Desk) -> None:
    one, other = desk.a_gathering(), desk.a_gathering(title="Another")
    desk.answers(one, "dana")
    desk.answers(other, "Dana@Example.ORG")
    assert desk.rsvp(one, "dana").attendee_id == desk.rsvp(other, "dana").attendee_id


def test_the_same_key_and_body_give_the_same_answer_and_one_effect(desk: Desk) -> None:
    gathering = desk.a_gathering()
    once = Once("k1", "what dana sent")
    first = desk(answer_rsvp, gathering.id, address("dana"), Told(name="Dana"), once=once)
    again = desk(answer_rsvp, gathering.slug, address("dana"), Told(name="Dana"), once=once)
    assert again == first
    assert len(desk.said(RsvpRequested)) == 1
    assert not desk.said(RsvpLinkRequested)


def test_the_same_key_with_another_body_is_refused(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk(answer_rsvp, gathering.id, address("dana"), Told(), once=Once("k1", "what dana sent"))
    with pytest.raises(KeyUsedForSomethingElse):
        desk(answer_rsvp, gathering.id, address("sam"), Told(), once=Once("k1", "what sam sent"))
    assert list(desk.statuses(gathering)) == ["dana"]


def test_a_full_gathering_without_a_waiting_list_says_so(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=1, waiting_list=False)
    desk.is_listed(gathering, "dana")
    with pytest.raises(GatheringFull):
        desk.answers(gathering, "sam")
    assert desk.answers(gathering, "sam", response="declined").status == "pending"


def test_a_party_that_can_never_fit_is_told_so(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=3)
    with pytest.raises(PartyTooLarge):
        desk.answers(gathering, "dana", guests=3)


def test_nobody_can_rsvp_to_what_is_closed_over_off_or_nowhere(desk: Desk) -> None:
    closed = desk.a_gathering(rsvp_closes_at=desk.now)
    with pytest.raises(RsvpsClosed):
        desk.answers(closed, "dana")
    off = desk.a_gathering(title="Off")
    desk(cancel_gathering, off.id, reason="", public_url=PUBLIC_URL)
    with pytest.raises(GatheringOff):
        desk.answers(off, "dana")
    with pytest.raises(GatheringUnknown):
        desk(answer_rsvp, "nowhere", address("dana"), Told())
    over = desk.a_gathering(title="Over")
    desk.later(days=8)
    with pytest.raises(GatheringOver):
        desk.answers(over, "dana")


def test_an_organiser_can_still_add_somebody_when_rsvps_are_closed(desk: Desk) -> None:
    closed = desk.a_gathering(rsvp_closes_at=desk.now)
    assert desk.is_listed(closed, "dana").status == "going"


def test_who_wants_no_introductions_shares_nothing(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk.answers(gathering, "dana", profile=DANA)
    assert desk.rsvp(gathering, "dana").share == ()
    with pytest.raises(FieldRefused, match="share"):
        Told(introductions=True, share=("email",))
