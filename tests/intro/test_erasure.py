"""Being forgotten: nothing of an erased person stays anywhere, and nobody waits for somebody who is gone."""

import itertools

import pytest
import sqlalchemy as sa

from services.intro.api.reports import checked
from services.intro.store.tables import rsvps
from shared.bus import Entry
from shared.contracts.envelope import Envelope, decode
from shared.contracts.intro import IntroductionMade, IntroductionWithdrawn, TableLeft
from shared.parked import park
from shared.tables import outbox
from tests.intro.builders import House

SPEAKING = ("Dana Reyes", "dana@example.org", "MARC clean-up is", "zines")


@pytest.fixture
async def house(any_house: House) -> House:
    house = any_house
    await house.has_heard(house.a_gathering(mode="direct"), house.tip("dana", "Dana Reyes says: arrive early."))
    await house.has_heard(house.going("dana", interests=("zines", "trail running")), house.going("lee"))
    await house.has_heard(house.going("ruth"), house.going("mina"))
    await house.runs_the_round()
    return house


@pytest.mark.parametrize(
    "first", [True, False], ids=["the gathering's partition first", "the person's partition first"]
)
async def test_nothing_of_an_erased_person_stays(house: House, first: bool) -> None:
    events = [house.erased("dana"), house.erased_everywhere("dana")]
    await house.has_heard(*(events if first else reversed(events)))
    kept = house.rows().replace("'trail running'", "")
    for words in ("Dana Reyes", "dana@example.org", "Ridge County"):
        assert words not in kept


async def test_only_the_id_stays_to_say_that_they_are_gone(house: House) -> None:
    await house.has_heard(house.erased("dana"), house.erased_everywhere("dana"))
    speaking = [line for line in house.rows().splitlines() if "'dana'" in line]
    assert len(speaking) == 2


async def test_who_counted_on_an_erased_person_is_told_without_naming_them(house: House) -> None:
    met = {person for found in house.of("dana") for person in found.people} - {"dana"}
    await house.has_heard(house.erased("dana"), house.erased_everywhere("dana"))
    withdrawn = house.said(IntroductionWithdrawn)
    assert {person for said in withdrawn for person in said.tell} == met
    assert not any("dana" in said.people for said in withdrawn)


async def test_an_erased_persons_introductions_are_gone_and_others_stay(house: House) -> None:
    others = [found.id for found in house.introductions() if "dana" not in found.people]
    await house.has_heard(house.erased("dana"), house.erased_everywhere("dana"))
    assert [found.id for found in house.introductions() if found.id in others] == others
    assert house.of("dana") == []


async def test_no_late_event_brings_an_erased_person_back(house: House) -> None:
    late = house.changes("dana")
    await house.has_heard(house.erased("dana"), house.erased_everywhere("dana"))
    await house.has_heard(late, house.going("dana"), house.tip("dana", "again"), house.suppressed("dana"))
    assert house.of("dana") == []
    assert "Dana Reyes" not in house.rows()


async def test_the_numbering_of_the_outbox_stays_whole(house: House) -> None:
    await house.has_heard(house.erased("dana"), house.erased_everywhere("dana"))
    with house.engine.connect() as sql:
        rows = sql.execute(outbox.select().order_by(outbox.c.sequence)).all()
    assert all(b.sequence - a.sequence == 1 for a, b in itertools.pairwise(rows))
    assert all(decode(row.body.encode()) for row in rows)


async def test_a_rounds_proof_holds_after_somebody_was_erased(house: House) -> None:
    kept = await house.runs_the_round()
    assert checked(kept).sound
    await house.has_heard(house.erased("dana"), house.erased_everywhere("dana"))
    again = await house.run.read(lambda store: store.rounds.get(kept.id))
    assert "dana" not in again.people
    assert checked(again).sound


async def test_parked_entries_that_speak_of_them_are_gone(house: House) -> None:
    body = house.going("dana").model_dump_json().encode()
    envelope = decode_one(house)
    await house.run(park, "rsvp.events", Entry(9, 8, body), envelope=envelope, reason="later", group="intro")
    await house.has_heard(house.erased("dana"), house.erased_everywhere("dana"))
    assert "Dana Reyes" not in house.rows()


def decode_one(house: House) -> Envelope:
    with house.engine.connect() as sql:
        return decode(sql.execute(outbox.select().limit(1)).one().body.encode())[0]


async def test_who_is_left_is_introduced_to_others(any_house: House) -> None:
    house = any_house
    await house.has_heard(house.a_gathering("other", mode="direct", per_person=1))
    await house.has_heard(*(house.going(who, gathering="other") for who in ("theo", "lee", "ruth")))
    (before,) = house.said(IntroductionMade)[-1:]
    gone = before.people[0]
    await house.has_heard(house.erased(gone, "other"), house.erased_everywhere(gone))
    assert len([found for found in house.introductions("other") if found.status == "made"]) == 1


async def test_an_erased_persons_tip_closes_nobodys_mail_any_more(any_house: House) -> None:
    house = any_house
    await house.has_heard(
        house.a_gathering("other", mode="direct"), house.tip("dana", "Arrive early.", gathering="other")
    )
    await house.has_heard(house.going("dana", gathering="other", introductions=False))
    await house.has_heard(house.going("lee", gathering="other"), house.going("ruth", gathering="other"))
    assert "Arrive early." in house.rows()
    await house.has_heard(house.erased("dana", "other"), house.erased_everywhere("dana"))
    assert "Arrive early." not in house.rows()
    (made,) = house.said(IntroductionMade)
    assert {side.tip for side in made.sides} == {None}


async def test_a_table_that_loses_an_erased_person_is_told_whole_and_in_new_words(any_house: House) -> None:
    house = any_house
    await house.hears(house.a_gathering(kind="happy_hour", mode="direct", tables=True, rounds_before=()))
    await house.hears(*(house.going(who, pace="outgoing") for who in ("dana", "lee", "mina", "theo")))
    await house.runs_the_round()
    table = next(one for one in house.introductions() if len(one.seats) > 2)
    gone = table.people[0]
    name = house.profiles[gone, "picnic"]["name"].split()[0]
    await house.hears(house.erased(gone), house.erased_everywhere(gone))
    (left,) = (event for event in house.said(TableLeft) if event.introduction_id == table.id)
    assert {side.attendee_id for side in left.sides} == set(table.people) - {gone}
    assert left.state == "made"
    assert all(side.reasons and side.opener for side in left.sides)
    assert name not in str(left)
    kept = next(one for one in house.introductions() if one.id == table.id)
    assert [seat.reasons for seat in kept.seats] == [side.reasons for side in left.sides]


async def test_who_comes_anew_after_an_rsvp_that_ran_out_is_introduced(house: House) -> None:
    """It was never confirmed, so it was erased alone: the person has an RSVP to another gathering."""
    await house.has_heard(house.going("theo"))
    first = house.erased("theo")
    await house.has_heard(first)
    assert not [one for one in house.of("theo") if one.status != "withdrawn"]
    again = house.going("theo", rsvp_id="picnic-theo-again").model_copy(update={"version": 1})
    late = house.changes("theo", rsvp_id="picnic-theo", name="Somebody Else")
    await house.has_heard(again, first, late)
    with house.engine.connect() as sql:
        (kept,) = sql.execute(sa.select(rsvps).where(rsvps.c.attendee_id == "theo")).all()
    assert (kept.rsvp_id, kept.status, kept.name) == ("picnic-theo-again", "going", "Theo Lindqvist")
    assert [one for one in house.of("theo") if one.status == "made"]


async def test_who_was_erased_does_not_come_back_by_a_later_rsvp_either(house: House) -> None:
    await house.has_heard(house.erased("dana"), house.erased_everywhere("dana"))
    await house.has_heard(house.going("dana", rsvp_id="picnic-dana-again"))
    assert "Dana Reyes" not in house.rows().replace("'trail running'", "")
