"""A mail is claimed in the commit that writes it, and nothing that is claimed so is lost or sent twice."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.notify.along import ClaimsAlong
from services.notify.consumers import HEARS
from services.notify.domain.outcomes import Outcome
from services.notify.handlers.claiming import claim
from services.notify.handlers.delivery import take_turn
from services.notify.in_hand import Begun, Taking
from services.notify.ports import MailRow, Message
from services.notify.sender import BEGUN_FOR_SECONDS, Sender
from shared.cancelling import cancelled
from shared.contracts.envelope import EventData
from shared.contracts.rsvp import RsvpChanged, RsvpConfirmed
from shared.transaction import OutcomeUnknown, StoreUnavailable
from tests.notify.builders import PostOffice, a_gathering, an_rsvp
from tests.notify.fake_mailer import BUSY, NO, STOPPED, SlowMailer
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


async def test_a_hand_over_begins_while_its_claim_is_committed_and_waits_for_that(
    office: PostOffice, along: ClaimsAlong
) -> None:
    sender, rendered, may_commit = office.parts.sender, list[str](), threading.Event()
    render = sender.render

    def watched(mail: MailRow) -> Message:
        rendered.append(mail.kind)
        return render(mail)

    sender.render = watched
    await hears(along, a_gathering())
    engine = await office.run(lambda tx: tx.sql.engine)
    sa.event.listen(engine, "commit", lambda _: may_commit.wait(5))
    writing = asyncio.create_task(hears(along, DANA_CONFIRMED))
    await wait_until(lambda: office.mailer.begun, what="hand-over")
    await asyncio.sleep(0.05)
    assert not office.mailer.offered
    may_commit.set()
    await writing
    await office.sends()
    assert rendered == office.kinds() == ["rsvp.confirmed"]


async def begun_for_dana(office: PostOffice) -> tuple[Taking, MailRow]:
    """A hand-over that has begun, and the row that it is for."""
    await office.hears(a_gathering(), DANA_CONFIRMED)
    taking = Taking(mails=await office.run(claim, office.parts.sender.owner, 4))
    office.parts.sender.begin(taking)
    await wait_until(lambda: office.mailer.begun, what="hand-over")
    return taking, taking.mails[0]


async def test_what_has_begun_is_for_its_very_row_and_not_for_another_of_its_number(office: PostOffice) -> None:
    taking, dana = await begun_for_dana(office)
    assert taking.begun_with(replace(dana, email="somebody@example.org"), since=0) is None
    begun = taking.begun_with(dana, since=0)
    assert begun is not None
    assert taking.begun_with(dana, since=0) is None, "it goes on once"
    await cancelled([begun.dialogue])


async def test_what_began_too_long_ago_is_broken_off_and_begun_anew(office: PostOffice) -> None:
    taking, dana = await begun_for_dana(office)
    sender, (begun,) = office.parts.sender, taking.begun
    begun.at -= BEGUN_FOR_SECONDS + 1
    await sender.transact(taking, lambda _: None)
    await wait_until(lambda: sender.in_hand.done, what="mail handed over")
    assert begun.dialogue.result() == STOPPED
    assert [message.recipient for message in office.mailer.offered] == [dana.email]


async def test_what_has_begun_for_a_claim_that_is_not_committed_is_broken_off(
    office: PostOffice, along: ClaimsAlong
) -> None:
    await hears(along, a_gathering())
    engine = await office.run(lambda tx: tx.sql.engine)

    def lost(sql: sa.Connection) -> None:
        sa.event.remove(engine, "commit", lost)
        begun.wait(5)
        sql.connection.rollback()
        raise sa.exc.OperationalError("COMMIT", {}, Exception("the disk is full"))

    begun = threading.Event()
    sa.event.listen(engine, "commit", lost)
    writing = asyncio.create_task(hears(along, DANA_CONFIRMED))
    await wait_until(lambda: office.mailer.begun, what="hand-over")
    begun.set()
    with pytest.raises(StoreUnavailable):
        await writing
    await hears(along, DANA_CONFIRMED)
    await office.sends()
    assert len(office.mailer.begun) == 2
    assert office.kinds() == ["rsvp.confirmed"]


async def test_what_was_begun_for_a_transaction_that_is_tried_again_is_broken_off(
    office: PostOffice, along: ClaimsAlong, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hears(along, a_gathering())
    guests = [an_rsvp(RsvpConfirmed, f"guest{number}") for number in range(office.mailer.concurrency)]

    def write(tx: Any) -> None:
        for guest in guests:
            HEARS[RsvpConfirmed](tx, guest)

    def fail_halfway(tx: Any) -> None:
        HEARS[RsvpConfirmed](tx, DANA_CONFIRMED)
        tx.store.mails.next_at()
        has_begun.wait(5)
        raise ValueError

    alive, has_begun = list[int](), threading.Event()
    begin = Sender.begin

    def counted(self: Sender, taking: Taking) -> None:
        begin(self, taking)
        alive.append(len([task for task in asyncio.all_tasks() if _is_begun(task)]))
        has_begun.set()

    monkeypatch.setattr(Sender, "begin", counted)
    await asyncio.gather(along(write), along(fail_halfway), return_exceptions=True)
    await office.sends()
    assert alive == [office.mailer.concurrency] * 2, "it was carried out twice, and the first was broken off"
    assert len(office.mailer.accepted) == office.mailer.concurrency


def _is_begun(task: "asyncio.Task[Any]") -> bool:
    return task.get_name().startswith("begun-") and not task.cancelling()


async def test_a_dialogue_that_does_not_hear_that_it_is_broken_off_is_told_again(office: PostOffice) -> None:
    ended = asyncio.Event()

    async def hard_of_hearing() -> Outcome:
        try:
            with suppress(asyncio.CancelledError):  # as waiting with a time limit may do before Python 3.12
                await asyncio.sleep(60)
            await asyncio.sleep(60)
        finally:
            ended.set()
        return NO

    await office.hears(a_gathering(), DANA_CONFIRMED)
    (dana,) = await office.run(claim, office.parts.sender.owner, 4)
    dialogue = asyncio.create_task(hard_of_hearing())
    await asyncio.sleep(0)
    taking = Taking(mails=[dana], begun=[Begun(dana, dialogue, asyncio.Event(), at=0.0)])
    with pytest.raises(ValueError, match="in vain"):
        await office.parts.sender.transact(taking, _in_vain)
    await wait_until(ended.is_set, what="end of the dialogue")


def _in_vain(_tx: Any) -> None:
    raise ValueError("in vain")


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


async def dana_is_handed_over_anew(office: PostOffice, along: ClaimsAlong) -> SlowMailer:
    """A refusal was written down, we have not heard that it was, and the mail is under way once more."""
    sender, run = office.parts.sender, office.parts.sender.run
    sender.mailer = office.mailer = mailer = SlowMailer()
    mailer.answers("dana@example.org", BUSY)
    mailer.goes_on.set()

    async def unheard(handler: Any, *args: Any, **options: Any) -> Any:
        await run(handler, *args, **options)
        raise OutcomeUnknown

    unheard.read = run.read  # type: ignore[attr-defined]
    await hears(along, a_gathering(), DANA_CONFIRMED)
    await wait_until(lambda: sender.in_hand.done, what="a refusal")
    sender.run = unheard  # type: ignore[assignment]
    await sender.step()
    sender.run = run
    mailer.goes_on.clear()
    office.clock.pass_by(timedelta(minutes=1))
    await hears(along, an_rsvp(RsvpConfirmed, "lee"))  # with this one, dana's is claimed
    await wait_until(lambda: len(mailer.offered) == 3, what="both mails under way")
    return mailer


async def test_an_outcome_that_could_not_be_written_down_says_nothing_of_a_later_hand_over(
    office: PostOffice, along: ClaimsAlong
) -> None:
    mailer = await dana_is_handed_over_anew(office, along)
    await office.parts.sender.step()  # writes the refusal down once more
    assert [state for *_, state in await office.states()] == ["sending", "sending"]
    mailer.goes_on.set()
    await both_are_sent_once(office)


async def test_a_hand_over_that_ends_while_an_earlier_outcome_is_written_down_is_not_forgotten(
    office: PostOffice, along: ClaimsAlong
) -> None:
    mailer = await dana_is_handed_over_anew(office, along)
    sender, run = office.parts.sender, office.parts.sender.run

    async def slow(handler: Any, *args: Any, **options: Any) -> Any:
        answer = await run(handler, *args, **options)
        mailer.goes_on.set()
        await wait_until(lambda: not sender.in_hand.flying, what="both mails handed over")
        return answer

    slow.read = run.read  # type: ignore[attr-defined]
    sender.run = slow  # type: ignore[assignment]
    await sender.step()
    sender.run = run
    await both_are_sent_once(office)


async def both_are_sent_once(office: PostOffice) -> None:
    await office.sends()
    office.clock.pass_by(timedelta(hours=1))
    await office.sends()
    assert sorted(office.kinds("dana") + office.kinds("lee")) == ["rsvp.confirmed"] * 2
    assert [state for *_, state in await office.states()] == ["sent", "sent"]
