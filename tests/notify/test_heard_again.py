"""A replay: events heard again bring back what is missing, put right what is wrong, and take no mail back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.notify.domain.outcomes import Refused
from services.notify.store.tables import gatherings, people, rsvps
from shared.contracts.envelope import EventData
from shared.contracts.rsvp import (
    GatheringCancelled,
    GatheringChanged,
    RsvpCancelled,
    RsvpChanged,
    RsvpConfirmed,
    RsvpLinkRequested,
)
from tests.notify.builders import PostOffice, a_gathering, an_rsvp

LATER = Refused("450 later")
STORY: tuple[EventData, ...] = (
    a_gathering(),
    an_rsvp(RsvpConfirmed),
    an_rsvp(RsvpChanged, version=2, changed=("guests",)),
    an_rsvp(RsvpConfirmed, "lee"),
    an_rsvp(RsvpCancelled, "lee", version=2),
    a_gathering(GatheringChanged, version=2, title="Summer social"),
)
TABLES = (rsvps, people, gatherings)


async def stored(office: PostOffice) -> list[Any]:
    """Our picture, but for when it was heard."""
    asked = [sa.select(*(column for column in table.c if column.name != "heard_at")) for table in TABLES]
    return await office.run.read(lambda store: [sorted(map(str, store.sql.execute(one).all())) for one in asked])


def change(office: PostOffice, *statements: Any) -> Any:
    def carry_out(tx: Any) -> None:
        for statement in statements:
            tx.sql.execute(statement)

    return office.run(carry_out)


@pytest.fixture
async def busy(any_office: PostOffice) -> PostOffice:
    """An office that has heard the story, while the mail host takes nothing."""
    any_office.mailer.answers("dana@example.org", *[LATER] * 9)
    any_office.mailer.answers("lee@example.org", *[LATER] * 9)
    await any_office.hears_and_sends(*STORY)
    return any_office


@pytest.mark.parametrize("gone", [(rsvps,), (people,), (rsvps, people), TABLES], ids=lambda gone: str(len(gone)))
async def test_what_is_missing_comes_back_and_no_mail_is_lost_or_made(
    busy: PostOffice, gone: tuple[sa.Table, ...]
) -> None:
    before, mails = await stored(busy), await busy.states()
    assert ("rsvp.changed", "dana", "retry") in mails or ("rsvp.changed", "dana", "pending") in mails
    await change(busy, *(sa.delete(table) for table in gone))
    await busy.hears(*STORY)
    assert await stored(busy) == before
    assert await busy.states() == mails


async def test_a_link_that_waits_is_not_taken_back_by_its_own_request(any_office: PostOffice) -> None:
    office, asked_for = any_office, an_rsvp(RsvpLinkRequested)
    office.mailer.answers("dana@example.org", LATER)
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed), asked_for)
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed), asked_for)
    await office.turns_to(office.clock.at + timedelta(hours=1))
    assert office.kinds("dana") == ["rsvp.confirmed", "rsvp.link"]


async def test_a_reminder_that_waits_stays_where_its_gathering_was_lost(any_office: PostOffice) -> None:
    office = any_office
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed))
    office.mailer.answers("dana@example.org", LATER)
    await office.turns_to(datetime(2027, 3, 10, 15, tzinfo=UTC))
    await change(office, sa.delete(gatherings))
    await office.hears(a_gathering())
    await office.turns_to(office.clock.at + timedelta(hours=1))
    assert office.kinds("dana") == ["rsvp.confirmed", "reminder.before"]


Wrong = Callable[[], Any]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: sa.update(rsvps).values(status="cancelled"),
        lambda: sa.update(rsvps).values(status="going"),
        lambda: sa.update(gatherings).values(cancelled=True, country="FR"),
        lambda: sa.update(gatherings).values(
            facts=sa.func.json_replace(gatherings.c.facts, "$.title", "Somebody else's social")
        ),
    ],
    ids=["nobody comes", "everybody comes", "called off", "another title"],
)
async def test_what_is_wrong_is_put_right_and_nobody_is_written_to(office: PostOffice, wrong: Wrong) -> None:
    await office.hears_and_sends(*STORY)
    before, mails, planned = await stored(office), await office.states(), await office.planned()
    await change(office, wrong())
    assert await stored(office) != before
    await office.hears(*STORY)
    assert await stored(office) == before
    assert (await office.states(), await office.planned()) == (mails, planned)


async def test_a_gathering_that_is_off_stays_off_when_everything_is_heard_again(office: PostOffice) -> None:
    off = a_gathering(GatheringCancelled, version=3, reason="the lamp broke")
    await office.hears_and_sends(*STORY, off)
    before, mails = await stored(office), await office.states()
    await change(office, sa.update(gatherings).values(cancelled=False))
    await office.hears(*STORY, off)
    assert (await stored(office), await office.states()) == (before, mails)
    assert await office.planned() == {}
