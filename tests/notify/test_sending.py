"""The way of a mail from waiting to final, with everything that can go wrong on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta

import pytest

from services.notify.domain.outcomes import ATTEMPTS, Outcome, Refused
from services.notify.handlers.delivery import NotUnknown, resolve_unknown
from services.notify.ports import Message
from services.notify.store.views import mail_numbers, unknown_mails
from shared.contracts.intro import IntroductionSuggested
from shared.contracts.rsvp import RsvpCancelled, RsvpChanged, RsvpConfirmed
from shared.errors import NotFound
from tests.notify.builders import PostOffice, a_gathering, an_introduction, an_rsvp, open_post_office
from tests.notify.fake_mailer import (
    BUSY,
    LOST_ACCEPTED,
    LOST_UNACCEPTED,
    NO,
    NO_SUCH_USER,
    FakeMailer,
)

DANA = "dana@example.org"


@pytest.fixture
def sqlite_office(sqlite_url: str) -> Iterator[tuple[str, PostOffice]]:
    office = open_post_office(sqlite_url)
    yield sqlite_url, office
    office.run.close()


async def _dana_confirmed(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed))


async def test_a_mail_is_marked_as_being_sent_before_it_is_handed_over(office: PostOffice) -> None:
    seen: list[str] = []
    deliver = office.mailer.deliver

    async def looking(message: Message) -> Outcome:
        seen.extend(row.state for row in await office.rows())
        outcome: Outcome = await deliver(message)
        return outcome

    office.parts.sender.mailer = _Wrapped(looking)
    await _dana_confirmed(office)
    await office.sends()
    assert seen == ["sending"]


async def test_a_temporary_refusal_is_tried_again_later(office: PostOffice) -> None:
    office.mailer.answers(DANA, BUSY, BUSY)
    await _dana_confirmed(office)
    await office.sends()
    (row,) = await office.rows()
    assert (row.state, row.attempts, row.error) == ("retry", 1, BUSY.reason)
    assert office.mailer.accepted == []
    for _ in range(2):
        await office.turns_to(office.clock.at + timedelta(minutes=1))
    (row,) = await office.rows()
    assert (row.state, len(office.mailer.accepted)) == ("sent", 1)


async def test_what_is_refused_again_and_again_is_given_up(office: PostOffice) -> None:
    office.mailer.answers(DANA, *[BUSY] * (ATTEMPTS + 5))
    await _dana_confirmed(office)
    for _ in range(ATTEMPTS):
        await office.turns_to(office.clock.at + timedelta(hours=1))
    (row,) = await office.rows()
    assert (row.state, row.attempts) == ("failed", ATTEMPTS)
    assert row.error.startswith("given up after 60 attempts")


async def test_a_permanent_refusal_fails_at_once(office: PostOffice) -> None:
    office.mailer.answers(DANA, NO)
    await _dana_confirmed(office)
    await office.sends()
    assert await office.states() == [("rsvp.confirmed", "dana", "failed")]


async def test_an_address_that_does_not_exist_gets_no_more_mail(office: PostOffice) -> None:
    office.mailer.answers(DANA, NO_SUCH_USER)
    await _dana_confirmed(office)
    await office.sends()
    (said,) = await office.said()
    assert (said.wire_type, said.subject) == ("tablemates.address.suppressed.v1", "dana")
    await office.hears_and_sends(an_rsvp(RsvpChanged, version=2))
    assert office.kinds() == []


@pytest.mark.parametrize("fate", [LOST_ACCEPTED, LOST_UNACCEPTED])
async def test_a_loss_after_the_final_dot_is_held_and_never_sent_twice(office: PostOffice, fate: object) -> None:
    office.mailer.answers(DANA, fate)
    await _dana_confirmed(office)
    await office.turns_to(office.clock.at + timedelta(days=2))
    assert await office.states() == [("rsvp.confirmed", "dana", "unknown")]
    assert len(office.mailer.offered) == 1
    (known,) = await office.run.read(unknown_mails)
    assert (known["kind"], known["email"], known["error"]) == ("rsvp.confirmed", DANA, fate.reason)  # type: ignore[attr-defined]


async def test_operators_settle_mails_in_doubt_over_http(office: PostOffice) -> None:
    office.mailer.answers(DANA, LOST_ACCEPTED)
    await _dana_confirmed(office)
    await office.sends()
    async with office.http() as http:
        (mail,) = (await http.get("/operate/mails/unknown")).json()["items"]
        assert (mail["kind"], mail["email"], mail["claims"]) == ("rsvp.confirmed", "dana@example.org", 1)
        assert (await http.post("/operate/mails/999/resolve", json={"arrived": True})).status_code == 404
        settled = await http.post(f"/operate/mails/{mail['number']}/resolve", json={"arrived": True})
    assert settled.json() == {"items": []}
    assert await office.states() == [("rsvp.confirmed", "dana", "sent")]


async def test_a_mail_that_did_not_arrive_goes_out_again_with_the_same_bytes(office: PostOffice) -> None:
    office.mailer.answers(DANA, LOST_UNACCEPTED)
    await _dana_confirmed(office)
    await office.sends()
    async with office.http() as http:
        (mail,) = (await http.get("/operate/mails/unknown")).json()["items"]
        settled = await http.post(f"/operate/mails/{mail['number']}/resolve", json={"arrived": False})
        assert settled.json() == {"items": []}
        assert await office.states() == [("rsvp.confirmed", "dana", "retry")]
        await office.sends()
        assert await office.states() == [("rsvp.confirmed", "dana", "sent")]
        again = await http.post(f"/operate/mails/{mail['number']}/resolve", json={"arrived": False})
    assert (again.status_code, again.json()["code"]) == (409, NotUnknown.code)
    lost, arrived = office.mailer.offered
    assert (lost.body, lost.repeat) == (arrived.body, False)
    assert arrived.repeat
    assert office.mailer.accepted == [(arrived.key, arrived.body)]


async def test_what_became_of_an_unknown_mail_is_told_either_way(office: PostOffice) -> None:
    office.mailer.answers(DANA, LOST_ACCEPTED)
    office.mailer.answers("lee@example.org", LOST_UNACCEPTED)
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))
    await office.sends()
    first, second = [row["number"] for row in await office.run.read(unknown_mails)]
    await office.run(resolve_unknown, first, True)
    await office.run(resolve_unknown, str(second), False)
    await office.sends()
    assert [row.state for row in await office.rows()] == ["sent", "sent"]
    assert len(office.letters("dana")) == len(office.letters("lee")) == 1
    bodies = [message.body for message in office.mailer.offered if message.recipient == "lee@example.org"]
    assert bodies[0] == bodies[1], "the same bytes with the same Message-ID"
    with pytest.raises(NotUnknown):
        await office.run(resolve_unknown, first, True)
    with pytest.raises(NotFound):
        await office.run(resolve_unknown, 999, True)


async def test_a_kind_that_may_double_is_sent_again_with_the_same_bytes(sqlite_url: str) -> None:
    office = open_post_office(sqlite_url, mail_resend="rsvp.confirmed")
    office.mailer.answers(DANA, LOST_ACCEPTED)
    await _dana_confirmed(office)
    await office.sends()
    assert await office.states() == [("rsvp.confirmed", "dana", "sent")]
    (first, one), (second, other) = office.mailer.accepted
    assert (first, one) == (second, other)
    office.run.close()


async def test_a_person_hears_in_the_order_in_which_it_happened(office: PostOffice) -> None:
    office.mailer.answers(DANA, BUSY)
    await _dana_confirmed(office)
    await office.hears(an_rsvp(RsvpConfirmed, "lee"), an_rsvp(RsvpCancelled, version=2))
    await office.sends()
    assert (office.kinds("dana"), office.kinds("lee")) == ([], ["rsvp.confirmed"])
    await office.turns_to(office.clock.at + timedelta(minutes=1))
    assert office.kinds("dana") == ["rsvp.confirmed", "rsvp.cancelled"]


@pytest.mark.parametrize("fate", [NO, LOST_ACCEPTED])
async def test_a_mail_that_is_failed_or_unknown_holds_nobody_up(office: PostOffice, fate: object) -> None:
    office.mailer.answers(DANA, fate)
    await _dana_confirmed(office)
    await office.hears_and_sends(an_rsvp(RsvpCancelled, version=2))
    assert office.kinds()[-1] == "rsvp.cancelled"


async def test_a_mail_host_that_is_down_costs_no_mail_an_attempt(office: PostOffice) -> None:
    office.mailer.up = False
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, f"guest{n}") for n in range(20)))
    for _ in range(50):
        office.clock.pass_by(timedelta(seconds=6))
        await office.parts.sender.step()
    assert {(row.state, row.claims) for row in await office.rows()} == {("pending", 0)}
    office.mailer.up = True
    await office.turns_to(office.clock.at + timedelta(seconds=6))
    assert {row.state for row in await office.rows()} == {"sent"}


async def test_a_host_that_goes_in_the_middle_is_left_alone_until_it_is_back(office: PostOffice) -> None:
    gone = Refused("421 closing", host=True)
    office.mailer.answers(DANA, gone)
    await _dana_confirmed(office)
    await office.parts.sender.step()
    await _under_way(office)
    assert await office.parts.sender.step() > 0
    assert office.parts.sender.breaker.pause(office.clock.monotonic()) > 0
    (row,) = await office.rows()
    assert (row.state, row.attempts) == ("retry", 0)
    await office.turns_to(office.clock.at + timedelta(seconds=6))
    assert await office.states() == [("rsvp.confirmed", "dana", "sent")]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_what_was_being_sent_when_the_process_died_is_in_doubt(sqlite_url: str, moment: str) -> None:
    office = open_post_office(sqlite_url)
    office.mailer.dies_at = moment
    await _dana_confirmed(office)
    await office.parts.sender.step()
    await _under_way(office)
    again = open_post_office(sqlite_url, mailer=office.mailer, life="second", clock=office.clock)
    again.mailer.dies_at = None
    await again.sends()
    assert await again.states() == [("rsvp.confirmed", "dana", "unknown")]
    assert len(again.mailer.accepted) == (moment == "after")
    for one in (office, again):
        one.run.close()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_host_where_a_repeat_is_a_no_op_gets_it_again_after_a_death(sqlite_url: str, moment: str) -> None:
    office = open_post_office(sqlite_url, mailer=FakeMailer(repeatable=True))
    office.mailer.dies_at = moment
    await _dana_confirmed(office)
    await office.parts.sender.step()
    await _under_way(office)
    again = open_post_office(sqlite_url, mailer=office.mailer, life="second", clock=office.clock)
    again.mailer.dies_at = None
    await again.sends()
    assert await again.states() == [("rsvp.confirmed", "dana", "sent")]
    assert again.kinds() == ["rsvp.confirmed"]
    for one in (office, again):
        one.run.close()


async def test_a_suggestion_that_came_too_late_is_recorded_and_not_sent(office: PostOffice) -> None:
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))
    office.mailer.up = False
    await office.hears(an_introduction(IntroductionSuggested))
    office.clock.pass_by(timedelta(days=6))
    office.mailer.up = True
    await office.sends()
    rows = await office.rows(kind="introduction.suggested")
    assert {(row.state, row.error.split(":")[0]) for row in rows} == {("superseded", "too late")}


async def test_a_mail_that_cannot_be_rendered_is_tried_again_and_holds_nobody_else_up(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed, email="not an address"), an_rsvp(RsvpConfirmed, "lee"))
    await office.sends()
    assert await office.states() == [("rsvp.confirmed", "dana", "retry"), ("rsvp.confirmed", "lee", "sent")]


async def test_mails_are_counted_by_state_with_the_age_of_the_oldest(office: PostOffice) -> None:
    office.mailer.answers(DANA, BUSY)
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))
    await office.sends()
    office.clock.pass_by(timedelta(seconds=90))
    numbers = await office.run.read(mail_numbers, office.clock.now())
    counted = {labels["state"]: count for labels, count in numbers["tablemates_mails"]}
    assert (counted["retry"], counted["sent"]) == (1, 1)
    assert numbers["tablemates_mail_oldest_waiting_seconds"] == [({}, 90.0)]


async def _under_way(office: PostOffice) -> None:
    flying = list(office.parts.sender.in_hand.flying.values())
    await asyncio.gather(*flying, return_exceptions=True)


class _Wrapped(FakeMailer):
    """A mail host whose `deliver` is another function."""

    def __init__(self, deliver: Callable[[Message], Awaitable[Outcome]]) -> None:
        super().__init__()
        self._deliver = deliver

    async def deliver(self, message: Message, go_ahead: asyncio.Event | None = None) -> Outcome:
        assert go_ahead is None
        return await self._deliver(message)
