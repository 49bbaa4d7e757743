"""What is taken back while it is being handed over is not tried again when the host refuses it for now."""

from datetime import timedelta

import pytest

from services.notify.domain.outcomes import Refused
from shared.contracts.envelope import EventData
from shared.contracts.rsvp import GatheringCancelled, GatheringChanged, RsvpCancelled, RsvpConfirmed
from tests.notify.builders import NOON, PostOffice, a_gathering, an_rsvp
from tests.notify.fake_mailer import SlowMailer
from tests.waiting import wait_until

LATER = Refused("450 later")
NEWS = {
    "they cancel": an_rsvp(RsvpCancelled, version=2),
    "the gathering is off": a_gathering(GatheringCancelled, version=2, reason="a storm"),
    "it moves": a_gathering(GatheringChanged, version=2, starts_at=NOON + timedelta(days=20)),
}


@pytest.mark.parametrize("news", NEWS.values(), ids=NEWS)
async def test_a_reminder_that_was_refused_is_not_sent_after_it_lost_its_point(
    any_office: PostOffice, news: EventData
) -> None:
    office = any_office
    await office.hears_and_sends(a_gathering(starts_at=NOON + timedelta(days=2)), an_rsvp(RsvpConfirmed))
    office.parts.sender.mailer = mailer = SlowMailer()
    mailer.answers("dana@example.org", LATER)
    office.clock.pass_by(timedelta(days=1, hours=4))
    await office.does_what_is_due()
    await office.parts.sender.step()
    await wait_until(lambda: mailer.offered, what="the reminder under way")
    await office.hears(news)
    mailer.goes_on.set()
    await office.sends()
    for _ in range(5):
        await office.turns_to(office.clock.at + timedelta(minutes=10))
    reminded = [message.key for message in mailer.offered if message.key.startswith("reminder.before")]
    assert len(reminded) == 1
    (row,) = [row for row in await office.rows(kind="reminder.before") if row.version == 1]
    assert (row.state, row.context) == ("superseded", {})
    assert row.error == row.taken_back != ""


async def test_one_that_the_host_takes_after_all_was_sent(office: PostOffice) -> None:
    office.parts.sender.mailer = mailer = SlowMailer()
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed))
    await office.parts.sender.step()
    await wait_until(lambda: mailer.offered, what="a mail under way")
    await office.hears(a_gathering(GatheringCancelled, version=2, reason="a storm"))
    mailer.goes_on.set()
    await office.sends()
    assert [(kind, state) for kind, _, state in await office.states()] == [
        ("rsvp.confirmed", "sent"),
        ("gathering.cancelled", "sent"),
    ]
