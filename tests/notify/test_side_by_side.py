"""Somebody is forgotten in the very moment in which something is heard of them, as on two replicas: nothing stays."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.notify.consumers import HEARS
from services.notify.domain.facts import Person
from services.notify.domain.letters import Letter
from services.notify.domain.outcomes import Next
from services.notify.handlers.delivery import _move
from services.notify.handlers.erasure import forget_person
from services.notify.handlers.posting import post
from services.notify.handlers.reminders import remind
from services.notify.store.tables import erased
from shared.contracts.envelope import EventData
from shared.contracts.intro import IntroductionMade, TableLeft, TableMade
from shared.contracts.rsvp import RsvpChanged, RsvpConfirmed, RsvpErased, TipApproved
from tests.beside import side_by_side
from tests.notify.builders import PostOffice, a_gathering, a_side, an_introduction, an_rsvp, open_post_office

pytestmark = pytest.mark.containers
ALL = ("dana", "lee", "theo")


@pytest.fixture
def office(postgres_url: str) -> Iterator[PostOffice]:
    office = open_post_office(postgres_url)
    yield office
    office.run.close()


def hears(event: EventData) -> Any:
    return lambda tx: HEARS[type(event)](tx, event)


def was_sent(tx: Any, number: int) -> bool:
    return bool(tx.store.mails.settle(number, states=("pending",), values={"state": "sent"}))


def forgets(who: str) -> Any:
    return lambda tx: forget_person(tx, who, version=2)


async def everybody_comes(office: PostOffice) -> None:
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in ALL))


async def is_gone(office: PostOffice, who: str) -> bool:
    assert await office.run.read(lambda store: store.picture.person(who)) is None
    return all(row.email == "" for row in await office.rows(attendee_id=who) if row.kind != "erasure.done")


async def test_what_is_written_to_somebody_meanwhile_is_not_kept(office: PostOffice) -> None:
    await everybody_comes(office)
    letter = Letter("gathering.changed", Person("dana", "dana@example.org", "Dana"), "social", cause="x", version=2)
    await side_by_side(office.run, forgets("dana"), lambda tx: post(tx, [letter]))
    assert await is_gone(office, "dana")
    assert "gathering.changed" not in [kind for kind, _, _ in await office.states()]


async def test_an_introduction_to_somebody_that_is_heard_meanwhile_is_not_kept(office: PostOffice) -> None:
    await everybody_comes(office)
    with pytest.raises(Exception, match="not known yet"):
        await side_by_side(office.run, forgets("dana"), hears(an_introduction(IntroductionMade)))
    await office.hears(an_introduction(IntroductionMade))
    assert {kind for kind, _, _ in await office.states()} == {"rsvp.confirmed", "erasure.done"}


async def test_an_rsvp_that_is_heard_meanwhile_goes_with_the_word_that_it_is_erased(office: PostOffice) -> None:
    await everybody_comes(office)
    await side_by_side(office.run, forgets("dana"), hears(an_rsvp(RsvpChanged, version=2, changed=("guests",))))
    gone = RsvpErased(version=3, rsvp_id="social-dana", gathering_id="social", attendee_id="dana")
    await office.hears(gone)
    assert await is_gone(office, "dana")
    assert ("erasure.done", "dana", "pending") in await office.states()


async def is_being_sent(office: PostOffice) -> int:
    """The number of Dana's mail, which we have claimed."""
    mail = (await office.run(lambda tx: tx.store.mails.claimable(tx.now, most=1)))[0][0]
    await office.run(lambda tx: tx.store.mails.claim([mail.number], owner="us", until=tx.now))
    return int(mail.number)


def settles(number: int, said: Next) -> Any:
    return lambda tx: _move(tx, tx.store.mails.find(number), said, states=("sending",), owner="us")


async def test_what_a_mail_host_said_meanwhile_is_not_kept(office: PostOffice) -> None:
    await everybody_comes(office)
    mail = await is_being_sent(office)
    said = Next("retry", office.clock.at, error="450 <dana@example.org> later")
    await side_by_side(office.run, forgets("dana"), settles(mail, said))
    [row] = await office.rows(number=mail)
    assert (row.state, row.error, row.email) == ("superseded", "", "")


async def test_two_who_are_forgotten_at_once_are_both_taken_out_of_a_mail(office: PostOffice) -> None:
    await everybody_comes(office)
    await office.hears(an_introduction(TableMade, ALL))
    for mail in await office.rows(kind="table.made"):
        if mail.attendee_id != "theo":
            await office.run(was_sent, mail.number)
    await side_by_side(office.run, forgets("dana"), forgets("lee"))
    [row] = await office.rows(attendee_id="theo", kind="table.made")
    assert "dana" not in str(row.context)
    assert "lee" not in str(row.context)


async def test_who_leaves_a_table_while_another_is_forgotten_is_named_no_more_either(office: PostOffice) -> None:
    await everybody_comes(office)
    await office.hears(an_introduction(TableMade, ALL))
    sides = (a_side("dana", ["theo"]), a_side("theo", ["dana"]))
    left = an_introduction(TableLeft, ("dana", "theo"), introduction_id="+".join(ALL), version=2, sides=sides)
    await side_by_side(office.run, forgets("dana"), hears(left))
    [row] = await office.rows(attendee_id="theo", kind="table.made")
    assert "dana" not in str(row.context)
    assert "lee" not in str(row.context)
    assert await office.run(lambda tx: tx.store.introductions.find("+".join(ALL))) is None


async def test_somebody_of_whom_nothing_was_known_yet_is_not_kept_either(office: PostOffice) -> None:
    """After a while in which nothing was read: their RSVP and its end are one batch, and their erasure is elsewhere."""
    await office.hears(a_gathering())
    gone = RsvpErased(version=2, rsvp_id="social-dana", gathering_id="social", attendee_id="dana")

    def both(tx: Any) -> None:
        hears(an_rsvp(RsvpConfirmed))(tx)
        hears(gone)(tx)

    for first, second in ((both, forgets("dana")), (forgets("dana"), both)):
        await side_by_side(office.run, first, second)
        assert await is_gone(office, "dana")
        assert {row.state for row in await office.rows(kind="rsvp.confirmed")} <= {"superseded"}
        await office.run(lambda tx: tx.sql.execute(sa.delete(erased)))


async def test_a_mail_that_is_settled_meanwhile_is_in_doubt_no_more(office: PostOffice) -> None:
    await everybody_comes(office)
    mail = await is_being_sent(office)
    doubt = Next("unknown", office.clock.at, error="hung up on dana@example.org")
    await side_by_side(office.run, settles(mail, doubt), forgets("dana"))
    [row] = await office.rows(number=mail)
    assert (row.state, row.error, row.email) == ("superseded", "", "")


@pytest.mark.parametrize("where", ["reminder", "introduction", "confirmation"])
async def test_a_tip_of_somebody_stands_in_nothing_that_is_written_meanwhile(office: PostOffice, where: str) -> None:
    tip = TipApproved(
        version=2, gathering_id="social", attendee_id="dana", rsvp_id="social-dana", tip="Wear a name tag"
    )
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in ("dana", "lee")), tip)
    sides = (a_side("lee", ["theo"], tip=tip.tip), a_side("theo", ["lee"], opener=f"Somebody’s tip: “{tip.tip}”?"))
    if where != "confirmation":
        await office.hears(an_rsvp(RsvpConfirmed, "theo"))
    writes = {
        "reminder": lambda tx: remind(tx, "reminder.before", "social", start_version=1),
        "introduction": hears(an_introduction(IntroductionMade, ("lee", "theo"), sides=sides)),
        "confirmation": hears(an_rsvp(RsvpConfirmed, "theo")),
    }[where]
    if where == "reminder":
        office.clock.pass_by(timedelta(days=9, hours=4))
    await side_by_side(office.run, forgets("dana"), writes)
    written = [row for row in await office.rows() if row.attendee_id != "dana"][-2:]
    assert {row.attendee_id for row in written} == {"lee", "theo"}
    assert tip.tip not in str([row.context for row in written])
    kept = await office.run(lambda tx: tx.store.introductions.find("lee+theo"))
    assert tip.tip not in str(kept)


async def test_whom_somebody_meets_is_not_told_of_who_is_forgotten_meanwhile(office: PostOffice) -> None:
    await everybody_comes(office)
    await office.hears(an_introduction(IntroductionMade))
    office.clock.pass_by(timedelta(days=9, hours=4))
    reminds = lambda tx: remind(tx, "reminder.before", "social", start_version=1, after="dana")  # noqa: E731
    await side_by_side(office.run, forgets("dana"), reminds)
    [row] = await office.rows(attendee_id="lee", kind="reminder.before")
    assert "dana" not in str(row.context)
