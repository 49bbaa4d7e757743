"""What time does, what we hear of addresses, and organisers' keys."""

import pytest

from services.rsvp.consumers import HEARS
from services.rsvp.domain.rsvps import Attendee, Told
from services.rsvp.handlers.housekeeping import KINDS, plan_housekeeping
from services.rsvp.handlers.keys import create_key, revoke_key
from services.rsvp.handlers.rsvps import Once, answer_rsvp, confirm_rsvp, remind
from services.rsvp.jobs import JOBS
from services.rsvp.store.views import all_keys, valid_key
from shared.contracts.notify import AddressRestored, AddressSuppressed
from shared.contracts.rsvp import (
    AttendeeErased,
    AttendeeSuppressed,
    OrganiserKeyCreated,
    OrganiserKeyRevoked,
    RsvpErased,
)
from shared.due import _due_at, carry_out
from shared.errors import NotFound
from tests.rsvp.builders import Desk, address


def time_passes(desk: Desk, **by: float) -> None:
    desk.later(**by)
    with desk.store() as store:
        works = _due_at(store, desk.now)
    for work in works:
        desk(carry_out, work, JOBS)


def test_an_rsvp_that_is_never_confirmed_is_forgotten_after_a_week_without_a_mail(desk: Desk) -> None:
    gathering = desk.a_gathering(starts_at=desk.now.replace(month=6), ends_at=desk.now.replace(month=6, hour=20))
    desk.answers(gathering, "dana")
    desk.answers(gathering, "sam")
    desk(confirm_rsvp, gathering.id, desk.rsvp(gathering, "sam").attendee_id)
    desk(plan_housekeeping)
    time_passes(desk, days=6.9)
    assert desk.statuses(gathering) == {"dana": "pending", "sam": "going"}
    time_passes(desk, hours=4)
    assert desk.statuses(gathering) == {"sam": "going"}
    assert [event.requested for event in desk.said(AttendeeErased)] == [False]
    assert len(desk.said(RsvpErased)) == 1
    assert desk.answers(gathering, "dana").status == "pending"


def test_somebody_who_is_still_going_elsewhere_is_kept(desk: Desk) -> None:
    one, other = (desk.a_gathering(title=title) for title in ("One", "Other"))
    desk.answers(one, "dana")
    desk.is_listed(other, "dana")
    desk(plan_housekeeping)
    time_passes(desk, days=7.1)
    assert desk.statuses(one) == {}
    assert desk.statuses(other) == {"dana": "going"}
    assert not desk.said(AttendeeErased)


def test_idempotency_records_go_after_a_week(desk: Desk) -> None:
    gathering = desk.a_gathering(starts_at=desk.now.replace(month=6), ends_at=desk.now.replace(month=6, hour=20))
    once = Once("k", "a body")
    first = desk(answer_rsvp, gathering.id, address("dana"), Told(), once=once)
    desk(plan_housekeeping)
    time_passes(desk, days=7.1)
    assert desk(answer_rsvp, gathering.id, address("dana"), Told(), once=once) != first


def test_every_job_plans_its_own_next_time(desk: Desk) -> None:
    desk(plan_housekeeping)
    for _ in range(3):
        time_passes(desk, hours=1.1)
    with desk.store() as store:
        assert {work.kind for work in _due_at(store, desk.now.replace(hour=23))} == set(KINDS)


def test_a_suppressed_address_is_passed_on_once(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk.is_listed(gathering, "dana")
    dana = desk.rsvp(gathering, "dana").attendee_id
    for _ in range(2):
        desk(HEARS[AddressSuppressed], AddressSuppressed(attendee_id=dana, reason="bounced", version=1))
    desk(HEARS[AddressRestored], AddressRestored(attendee_id=dana, version=2))
    assert [(event.suppressed, event.version) for event in desk.said(AttendeeSuppressed)] == [(True, 2), (False, 3)]
    desk(HEARS[AddressSuppressed], AddressSuppressed(attendee_id="erased", reason="bounced", version=1))


def test_what_was_heard_of_an_address_is_no_news_when_it_is_heard_again(desk: Desk) -> None:
    """As in a replay: who has come back is not taken out of anything, not even for a moment."""
    gathering = desk.a_gathering()
    desk.is_listed(gathering, "dana")
    dana = desk.rsvp(gathering, "dana").attendee_id
    told = [
        AddressSuppressed(attendee_id=dana, reason="unsubscribed", version=1),
        AddressSuppressed(attendee_id=dana, reason="bounced", version=2),
        AddressRestored(attendee_id=dana, version=3),
    ]
    for event in told:
        desk(HEARS[type(event)], event)
    said, kept = desk.said(), attendee_at(desk, dana)
    assert [event.suppressed for event in desk.said(AttendeeSuppressed)] == [True, False]
    for event in told:
        desk(HEARS[type(event)], event)
        assert (desk.said(), attendee_at(desk, dana)) == (said, kept)


def test_a_link_that_is_counted_leaves_what_was_heard_meanwhile(desk: Desk) -> None:
    gathering = desk.a_gathering()
    desk.is_listed(gathering, "dana")
    read_before = attendee_at(desk, desk.rsvp(gathering, "dana").attendee_id)
    desk(HEARS[AddressSuppressed], AddressSuppressed(attendee_id=read_before.id, reason="bounced", version=1))
    desk(remind, read_before, desk.rsvp(gathering, "dana"))
    now = attendee_at(desk, read_before.id)
    assert (now.suppressed, now.address_version, now.links) == (True, 1, 1)


def attendee_at(desk: Desk, attendee_id: str) -> Attendee:
    with desk.store() as store:
        found = store.attendee(attendee_id)
    assert found is not None
    return found


def test_of_an_organisers_key_only_the_digest_is_kept_until_it_is_revoked(desk: Desk) -> None:
    key, secret = desk(create_key, "door")
    assert secret.startswith("tm_")
    [created] = desk.said(OrganiserKeyCreated)
    assert (created.sha256, secret in str(desk.said())) == (key.sha256, False)
    with desk.store() as store:
        assert valid_key(store, sha256=key.sha256) == key
    for _ in range(2):
        desk(revoke_key, key.id)
    assert len(desk.said(OrganiserKeyRevoked)) == 1
    with desk.store() as store:
        assert valid_key(store, sha256=key.sha256) is None
        assert [one.label for one in all_keys(store)] == ["door"]
    with pytest.raises(NotFound):
        desk(revoke_key, "nothing")
