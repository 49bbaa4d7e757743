"""A clean stop: what is under way comes to its end and is settled, however impatient whoever stops it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest

from services.notify import sender as sending
from services.notify.domain.outcomes import Outcome
from services.notify.ports import Message
from shared.cancelling import cancelled
from shared.contracts.rsvp import RsvpConfirmed
from shared.transaction import StoreUnavailable
from tests.notify.builders import PostOffice, a_gathering, an_rsvp
from tests.notify.fake_mailer import FakeMailer
from tests.waiting import wait_until


class HeldMailer(FakeMailer):
    """Accepts a mail, and says so only when it is let go."""

    def __init__(self, *held: str) -> None:
        super().__init__()
        self.held = {f"{who}@example.org": asyncio.Event() for who in held}

    async def deliver(self, message: Message, go_ahead: asyncio.Event | None = None) -> Outcome:
        outcome = await super().deliver(message, go_ahead)
        if message.recipient in self.held:
            await self.held[message.recipient].wait()
        return outcome

    def lets_go(self, who: str) -> None:
        self.held[f"{who}@example.org"].set()


@asynccontextmanager
async def _stopping(office: PostOffice, mailer: HeldMailer, *people: str) -> "AsyncIterator[asyncio.Task[None]]":
    """The sender has mails to these people under way, and is being stopped."""
    sender = office.parts.sender
    sender.mailer = mailer
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in people))
    serving = asyncio.create_task(sender.serve())
    await wait_until(lambda: len(mailer.accepted) == len(people), what="mails under way")
    stopping = asyncio.create_task(cancelled([serving]))
    yield stopping
    await stopping


async def test_a_clean_stop_finishes_the_dialogue_and_settles_it(office: PostOffice) -> None:
    async with _stopping(office, mailer := HeldMailer("dana"), "dana"):
        mailer.lets_go("dana")
    assert await office.states() == [("rsvp.confirmed", "dana", "sent")]
    assert mailer.closed


async def test_it_does_so_even_when_it_is_told_to_stop_again_and_again(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.cancelling.AGAIN_AFTER_SECONDS", 0.001)
    looked = count()
    async with _stopping(office, mailer := HeldMailer("dana"), "dana") as stopping:
        await wait_until(lambda: next(looked) > 10, what="impatience")
        assert not stopping.done()
        mailer.lets_go("dana")
    assert await office.states() == [("rsvp.confirmed", "dana", "sent")]
    assert mailer.closed


async def test_a_dialogue_that_hangs_is_cut_off_and_is_in_doubt(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "FINISH_SECONDS", 0.05)
    async with _stopping(office, HeldMailer("dana"), "dana", "lee"):
        pass
    assert await office.states() == [("rsvp.confirmed", "dana", "unknown"), ("rsvp.confirmed", "lee", "sent")]


async def test_a_store_that_is_away_for_a_moment_loses_no_answer(office: PostOffice) -> None:
    sender, run, refusals = office.parts.sender, office.parts.sender.run, [StoreUnavailable, StoreUnavailable]

    async def hiccuping(handler: Any, *args: Any, **options: Any) -> Any:
        if "room" in options and options["room"] == 0 and refusals:
            raise refusals.pop()
        return await run(handler, *args, **options)

    hiccuping.read = run.read  # type: ignore[attr-defined]
    sender.run = hiccuping  # type: ignore[assignment]
    async with _stopping(office, mailer := HeldMailer("dana"), "dana"):
        mailer.lets_go("dana")
    assert await office.states() == [("rsvp.confirmed", "dana", "sent")]
    assert not refusals
