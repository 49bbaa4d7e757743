"""An RSVP that nobody confirmed changes nothing, late or heard again, for whoever came anew or was known before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.notify.domain.outcomes import Refused
from services.notify.handlers.posting import AttendeeUnknown
from shared.contracts.rsvp import (
    AttendeeCheckedIn,
    GatheringChanged,
    RsvpConfirmed,
    RsvpErased,
    RsvpFacts,
    RsvpLinkRequested,
    RsvpRequested,
)
from tests.notify.builders import PostOffice, a_gathering, an_rsvp

FIRST = an_rsvp(RsvpRequested)
AGAIN = "social-dana-again"
ITS_LINK = an_rsvp(RsvpLinkRequested, version=2)
RAN_OUT = RsvpErased(version=3, rsvp_id="social-dana", gathering_id="social", attendee_id="dana")
LATER = Refused("450 later")


def anew(kind: type[RsvpFacts], **changed: Any) -> RsvpFacts:
    return an_rsvp(kind, rsvp_id=AGAIN, **changed)


async def _the_host_is_busy(office: PostOffice) -> None:
    office.mailer.answers("dana@example.org", LATER)
    await office.sends()


async def test_a_late_erasure_of_the_first_takes_no_mail_of_the_second_back(any_office: PostOffice) -> None:
    office = any_office
    await office.hears_and_sends(a_gathering(), FIRST)
    await office.hears_and_sends(RAN_OUT, anew(RsvpConfirmed))
    await office.hears(a_gathering(GatheringChanged, version=2, title="Summer social"))
    await _the_host_is_busy(office)
    await office.hears(RAN_OUT)
    await office.turns_to(office.clock.at + timedelta(hours=1))
    assert office.kinds("dana") == ["address.confirm", "rsvp.confirmed", "gathering.changed"]


async def test_the_first_when_it_is_heard_again_takes_the_seconds_question_not_back(any_office: PostOffice) -> None:
    office = any_office
    await office.hears_and_sends(a_gathering(), FIRST, ITS_LINK)
    await office.hears(RAN_OUT, anew(RsvpRequested, name="Dana Reyes-Okafor"))
    await _the_host_is_busy(office)
    await office.hears(FIRST, ITS_LINK, RAN_OUT)
    await office.turns_to(office.clock.at + timedelta(hours=1))
    assert office.kinds("dana") == ["address.confirm", "rsvp.link", "address.confirm"]
    assert "Dana Reyes-Okafor" in str(office.letters("dana")[-1]["To"])


async def test_what_waited_behind_the_first_is_over_once_the_second_is_known(office: PostOffice) -> None:
    """The first was parked, so its successors come after the second, of another subject."""
    seen = AttendeeCheckedIn(version=2, rsvp_id="social-dana", gathering_id="social", attendee_id="dana")
    await office.hears_and_sends(a_gathering(), anew(RsvpConfirmed), FIRST, ITS_LINK, seen, RAN_OUT)
    assert office.kinds("dana") == ["rsvp.confirmed"]


async def test_the_second_replaces_the_first_of_which_nothing_was_heard_since(office: PostOffice) -> None:
    await office.hears(a_gathering(), FIRST)
    with pytest.raises(AttendeeUnknown):
        await office.hears(anew(RsvpLinkRequested))
    await office.hears_and_sends(anew(RsvpConfirmed, version=1))
    coming = await office.run.read(lambda store: store.picture.rsvps_of("social", ["dana"]))
    assert {one.rsvp_id for one in coming.values()} == {AGAIN}
    known = await office.run.read(lambda store: store.picture.known_of("social", "dana")[0])
    assert known is not None
    assert (known.rsvp_id, known.status) == (AGAIN, "going")


async def test_who_is_known_keeps_their_name_until_an_address_is_confirmed(any_office: PostOffice) -> None:
    """Anybody can write somebody's address into a form; and a replay hears again what was never confirmed."""
    office = any_office
    await office.hears_and_sends(a_gathering(), a_gathering(gathering_id="picnic"), an_rsvp(RsvpConfirmed))
    await office.hears(an_rsvp(RsvpRequested, gathering_id="picnic", name="Somebody Else"))
    await office.turns_to(datetime(2027, 3, 10, 15, tzinfo=UTC))
    named = {str(letter["X-Tablemates-Kind"]): str(letter["To"]) for letter in office.letters("dana")}
    assert "Somebody Else" in named["address.confirm"]
    assert "Dana Reyes" in named["reminder.before"]
    await office.hears(an_rsvp(RsvpConfirmed, gathering_id="picnic", version=2, name="Dana R. Reyes"))
    known = await office.run.read(lambda store: store.picture.person("dana"))
    assert known is not None
    assert known.name == "Dana R. Reyes"
