"""Several replicas share the mails: each is handed over by one of them, whatever the clocks do meanwhile."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from services.notify.domain.outcomes import Outcome
from services.notify.handlers.claiming import Owner
from services.notify.handlers.delivery import take_turn
from services.notify.ports import Message
from shared.contracts.rsvp import RsvpConfirmed
from tests.notify.builders import PostOffice, a_gathering, an_rsvp, open_post_office
from tests.notify.fake_mailer import FakeMailer

HERE, THERE = Owner("here#1", "here#"), Owner("there#1", "there#")
SENDING, UNKNOWN, SENT = ([("rsvp.confirmed", "dana", state)] for state in ("sending", "unknown", "sent"))

turn_of = partial(take_turn, room=7, policies={}, repeatable=False)


async def _dana_confirmed(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed))


async def _there_sends_and_here_looks_on(office: PostOffice) -> int:
    """Answers the number of the mail that the other replica has under way."""
    await _dana_confirmed(office)
    (mail,) = (await office.run(turn_of, THERE)).claimed
    office.parts.sender.owner = HERE
    await office.parts.sender.step()
    return mail.number


async def test_two_replicas_never_send_one_mail_twice(database_url: str) -> None:
    office = open_post_office(database_url)
    owners = [Owner(f"replica-{n}#1", f"replica-{n}#") for n in range(6)]
    people = [f"guest{n}" for n in range(30)]
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in people))
    turns = await asyncio.gather(*(office.run(turn_of, owner) for owner in owners))
    claimed = [mail.number for turn in turns for mail in turn.claimed]
    assert len(claimed) == len(set(claimed)) == 30
    office.run.close()


async def test_anothers_mail_is_left_alone_until_its_lease_has_stood_still(office: PostOffice) -> None:
    await _there_sends_and_here_looks_on(office)
    for _ in range(2):
        office.clock.pass_by(timedelta(seconds=6))
        await office.parts.sender.step()
        assert await office.states() == SENDING
    office.clock.pass_by(timedelta(seconds=6))
    await office.parts.sender.step()
    assert await office.states() == UNKNOWN


async def test_a_lease_that_is_renewed_lasts(office: PostOffice) -> None:
    number = await _there_sends_and_here_looks_on(office)
    for _ in range(10):
        office.clock.pass_by(timedelta(seconds=6))
        await office.run(turn_of, THERE, busy=[number])
        await office.parts.sender.step()
    assert await office.states() == SENDING


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=1)])
async def test_a_clock_that_jumps_takes_no_mail_out_of_its_dialogue(office: PostOffice, jump: timedelta) -> None:
    await _there_sends_and_here_looks_on(office)
    office.clock.at += jump
    await office.parts.sender.step()
    assert await office.states() == SENDING


async def test_a_dead_ones_mail_does_not_wait_for_a_clock_that_jumped_back(office: PostOffice) -> None:
    await _there_sends_and_here_looks_on(office)
    office.clock.at -= timedelta(hours=1)
    office.clock.pass_by(timedelta(seconds=20))
    await office.parts.sender.step()
    assert await office.states() == UNKNOWN


async def test_an_answer_that_comes_after_another_gave_the_mail_up_still_counts(office: PostOffice) -> None:
    held = asyncio.Event()

    class Slow(FakeMailer):
        async def deliver(self, message: Message, go_ahead: asyncio.Event | None = None) -> Outcome:
            outcome = await super().deliver(message, go_ahead)
            await held.wait()
            return outcome

    office.parts.sender.mailer = Slow()
    await _dana_confirmed(office)
    await office.parts.sender.step()
    (row,) = await office.rows()
    await office.run(turn_of, THERE, silent={row.number: row.leased_until})
    assert await office.states() == UNKNOWN
    held.set()
    await office.sends()
    assert await office.states() == SENT
