"""A mail is claimed in the commit that writes it, and nothing that is claimed so is lost or sent twice."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from services.notify.along import ClaimsAlong
from services.notify.consumers import HEARS
from services.notify.handlers.claiming import claim
from services.notify.handlers.delivery import take_turn
from services.notify.in_hand import Taking
from shared.contracts.envelope import EventData
from shared.contracts.rsvp import RsvpChanged, RsvpConfirmed
from shared.transaction import StoreUnavailable
from tests.notify.builders import PostOffice, a_gathering, an_rsvp
from tests.waiting import wait_until

SENDING, SENT = ([("rsvp.confirmed", "dana", state)] for state in ("sending", "sent"))
DANA_CONFIRMED = an_rsvp(RsvpConfirmed)


@pytest.fixture
def along(office: PostOffice) -> Iterator[ClaimsAlong]:
    """The runner that the service's readers have."""
    yield ClaimsAlong(office.parts.sender)
    office.parts.sender.in_hand.takings.clear()


async def hears(run: Any, *events: EventData) -> None:
    for event in events:
        await run(HEARS[type(event)], event)


async def test_a_mail_is_claimed_by_the_commit_that_writes_it(office: PostOffice, along: ClaimsAlong) -> None:
    await hears(along, a_gathering(), DANA_CONFIRMED)
    assert await office.states() == SENDING
    await wait_until(lambda: office.parts.sender.in_hand.done, what="mail handed over")
    assert office.kinds() == ["rsvp.confirmed"]
    await office.sends()
    assert await office.states() == SENT
    assert office.kinds() == ["rsvp.confirmed"]


async def test_nothing_is_claimed_while_the_host_is_out_of_reach(office: PostOffice, along: ClaimsAlong) -> None:
    office.mailer.up = False
    await hears(along, a_gathering(), DANA_CONFIRMED)
    assert await office.states() == [("rsvp.confirmed", "dana", "pending")]


async def test_no_more_are_claimed_than_the_host_takes_side_by_side(office: PostOffice, along: ClaimsAlong) -> None:
    def both(tx: Any, people: list[str]) -> None:
        for who in people:
            HEARS[RsvpConfirmed](tx, an_rsvp(RsvpConfirmed, who))

    await hears(along, a_gathering())
    await along(both, [f"guest{n}" for n in range(7)])
    states = [state for *_, state in await office.states()]
    assert states == ["sending"] * 4 + ["pending"] * 3
    await office.sends()
    assert len(office.mailer.accepted) == 7


async def test_a_later_mail_of_the_same_person_waits_for_the_one_claimed_along(
    office: PostOffice, along: ClaimsAlong
) -> None:
    await hears(along, a_gathering(), DANA_CONFIRMED, an_rsvp(RsvpChanged, version=2, changed=("guests",)))
    assert [state for *_, state in await office.states()] == ["sending", "pending"]
    await office.sends()
    assert office.kinds() == ["rsvp.confirmed", "rsvp.changed"]


async def test_what_was_written_in_vain_is_not_in_hand(office: PostOffice, along: ClaimsAlong) -> None:
    def fails(tx: Any) -> None:
        HEARS[RsvpConfirmed](tx, DANA_CONFIRMED)
        tx.lost = True  # the database gives up everything since BEGIN

    await hears(along, a_gathering())
    with pytest.raises(StoreUnavailable):
        await along(fails)
    assert not office.parts.sender.in_hand
    await hears(along, DANA_CONFIRMED)
    await office.sends()
    assert office.kinds() == ["rsvp.confirmed"]


async def test_a_claim_whose_commit_is_not_heard_of_yet_is_not_taken_for_lost(office: PostOffice) -> None:
    sender, taking = office.parts.sender, Taking()
    await office.hears(a_gathering(), DANA_CONFIRMED)
    sender.in_hand.takings.append(taking)
    taking.mails += await office.run(claim, sender.owner, 4)
    await office.run(take_turn, sender.owner, busy=sender.in_hand, room=0, policies={}, repeatable=False)
    assert await office.states() == SENDING
    sender.in_hand.let_go(taking)
    await office.run(take_turn, sender.owner, busy=sender.in_hand, room=0, policies={}, repeatable=False)
    assert await office.states() == [("rsvp.confirmed", "dana", "retry")]


class Slowly:
    """Writes the mail, and commits when it may."""

    def __init__(self) -> None:
        self.began, self.may_commit = threading.Event(), threading.Event()

    def __call__(self, tx: Any) -> None:
        HEARS[RsvpConfirmed](tx, DANA_CONFIRMED)
        self.began.set()
        self.may_commit.wait(5)


async def test_a_reader_that_is_cut_off_during_the_commit_does_not_keep_the_mail(
    office: PostOffice, along: ClaimsAlong
) -> None:
    await hears(along, a_gathering())
    writing = asyncio.create_task(along(slowly := Slowly()))
    await wait_until(slowly.began.is_set, what="transaction under way")
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    slowly.may_commit.set()
    await wait_until(lambda: office.parts.sender.in_hand.done, what="mail handed over")
    await office.sends()
    assert await office.states() == SENT
    assert office.kinds() == ["rsvp.confirmed"]


async def test_a_clean_stop_between_commit_and_hand_over_puts_the_mail_back(
    office: PostOffice, along: ClaimsAlong
) -> None:
    await hears(along, a_gathering())
    serving = asyncio.create_task(office.parts.sender.serve())
    writing = asyncio.create_task(along(slowly := Slowly()))
    await wait_until(slowly.began.is_set, what="transaction under way")
    for task in (writing, serving):
        task.cancel()
    asyncio.get_running_loop().call_later(0.02, slowly.may_commit.set)
    await asyncio.gather(writing, serving, return_exceptions=True)
    assert await office.states() == [("rsvp.confirmed", "dana", "retry")]
    assert office.kinds() == []
