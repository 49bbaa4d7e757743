"""Somebody may ask to be forgotten while a mail to them is under way: it goes out once at most, and leaves no trace."""

from datetime import timedelta

import pytest

from services.notify.domain.outcomes import Accepted, Lost, Outcome, Refused
from services.notify.handlers.claiming import Owner
from services.notify.handlers.posting import forgotten_of
from services.notify.in_hand import InHand
from shared.cancelling import cancelled
from shared.contracts.intro import IntroductionMade, IntroductionSuggested
from shared.contracts.rsvp import AttendeeErased, RsvpConfirmed, TipApproved
from tests.notify.builders import PostOffice, a_gathering, a_side, an_introduction, an_rsvp
from tests.notify.fake_mailer import FakeMailer, SlowMailer
from tests.waiting import wait_until

ADDRESS = "dana@example.org"
OUTCOMES = [
    Accepted("250 ok"),
    Refused(f"450 <{ADDRESS}> later"),
    Refused(f"554 <{ADDRESS}> no", permanent=True),
    Lost(f"hung up after <{ADDRESS}>"),
]


async def _forgotten_while_her_mail_is_under_way(office: PostOffice, mailer: FakeMailer) -> None:
    office.parts.sender.mailer = mailer
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed))
    await office.parts.sender.step()
    await wait_until(lambda: mailer.offered, what="a mail under way")
    await office.hears(AttendeeErased(version=2, attendee_id="dana"))


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
async def test_whatever_comes_of_it_nothing_is_kept_of_her_but_the_key(office: PostOffice, outcome: Outcome) -> None:
    mailer = SlowMailer()
    mailer.answers(ADDRESS, outcome)
    await _forgotten_while_her_mail_is_under_way(office, mailer)
    mailer.goes_on.set()
    for _ in range(4):
        await office.sends()
        await office.turns_to(office.clock.at + timedelta(hours=1))
    offered = [message.key.rpartition(".")[0] for message in mailer.offered]
    assert offered == ["rsvp.confirmed", "erasure.done"]
    for row in await office.rows():
        assert (row.email, row.name, row.context) == ("", "", {})
        assert ADDRESS not in row.error
        assert row.state == "sent" or (row.kind, row.state) == ("rsvp.confirmed", "superseded")


async def test_an_introduction_to_her_that_is_under_way_is_not_sent_again_and_names_her_no_more(
    office: PostOffice,
) -> None:
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))
    await office.hears(an_introduction(IntroductionMade))
    office.parts.sender.mailer = mailer = SlowMailer()
    mailer.answers("lee@example.org", Refused("450 later"))
    await office.parts.sender.step()
    await wait_until(lambda: len(mailer.offered) == 2, what="both mails under way")
    await office.hears(AttendeeErased(version=2, attendee_id="dana", requested=False))
    mailer.goes_on.set()
    await office.sends()
    await office.turns_to(office.clock.at + timedelta(hours=1))
    assert [message.recipient for message in mailer.offered].count("lee@example.org") == 1
    assert "Dana" not in str([tuple(row) for row in await office.rows()])


async def test_it_is_not_sent_again_after_the_process_died_over_it(office: PostOffice) -> None:
    await _forgotten_while_her_mail_is_under_way(office, SlowMailer())
    sender = office.parts.sender
    died = sender.in_hand  # held on to: were it collected here, its end would be told to the next life
    sender.owner, sender.mailer, sender.in_hand = Owner("the next life"), FakeMailer(repeatable=True), InHand()
    await office.turns_to(office.clock.at + timedelta(hours=1))
    assert [message.key.rpartition(".")[0] for message in sender.mailer.offered] == ["erasure.done"]
    await cancelled(died.flying.values())


async def test_her_tip_stands_in_nobodys_introduction_any_more(any_office: PostOffice) -> None:
    tip = "Come early,\nand ask “who else is new?” 100 %"
    others = ("lee", "theo")
    sides = (a_side("lee", ["theo"], tip=tip), a_side("theo", ["lee"], opener=f"Somebody’s tip: “{said(tip)}” Agreed?"))
    office = any_office
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in ("dana", *others)))
    await office.hears(TipApproved(version=1, gathering_id="social", attendee_id="dana", tip=tip))
    await office.hears(an_introduction(IntroductionSuggested, others, sides=sides))
    await office.hears(AttendeeErased(version=2, attendee_id="dana", requested=False))
    kept = await office.run.read(lambda store: store.introductions.find("lee+theo"))
    assert [(side.tip, side.opener) for side in kept.sides] == [(None, sides[0].opener), (None, "")]
    asked = [row.context for row in await office.rows() if row.kind == "introduction.suggested"]
    assert [(context["tip"], context["opener"]) for context in asked] == [(None, sides[0].opener), (None, "")]


async def test_a_tip_of_few_letters_takes_no_other_words_with_it(any_office: PostOffice) -> None:
    office, others = any_office, ("lee", "theo")
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in ("dana", *others)))
    await office.hears(TipApproved(version=1, gathering_id="social", attendee_id="dana", tip="w"))
    await office.hears(an_introduction(IntroductionSuggested, others))
    await office.hears(AttendeeErased(version=2, attendee_id="dana", requested=False))
    kept = await office.run.read(lambda store: store.introductions.find("lee+theo"))
    assert {side.opener for side in kept.sides} == {"Which dataset would you clean first?"}


def said(tip: str) -> str:
    """As intro quotes it: on one line."""
    return " ".join(tip.split())


async def test_who_is_not_known_yet_is_not_taken_for_forgotten_beside_somebody_who_is(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))
    await office.hears(AttendeeErased(version=2, attendee_id="dana"))
    assert await office.run(forgotten_of, ["dana", "lee", "theo"]) == {"dana"}
