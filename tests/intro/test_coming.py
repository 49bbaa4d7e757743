"""Who is coming: the copy follows every change, and what cannot happen any more is withdrawn."""

from datetime import timedelta

import pytest

from services.intro.domain.gatherings import GatheringUnknown
from services.intro.store.inputs import waits
from shared.contracts.intro import IntroductionMade, IntroductionWithdrawn, RoundRan, TableLeft, TableMade
from shared.contracts.rsvp import AttendeeCheckedIn
from shared.ids import AttendeeId
from tests.intro.builders import NOON, House


@pytest.fixture
async def pair(house: House) -> House:
    """Dana and Lee were introduced to each other without being asked."""
    await house.has_heard(house.a_gathering(mode="direct"), house.going("dana"), house.going("lee"))
    return house


async def test_an_rsvp_to_a_gathering_that_is_not_known_yet_is_tried_again(house: House) -> None:
    with pytest.raises(GatheringUnknown):
        await house.hears(house.going("dana"))


async def test_an_older_event_changes_nothing(house: House) -> None:
    first, newer = house.going("dana"), house.cancels("dana")
    await house.has_heard(house.a_gathering(), newer, first, house.going("lee"))
    assert house.introductions() == []


async def test_an_older_gathering_changes_nothing(house: House) -> None:
    older, newer = house.a_gathering(mode="ask"), house.changed(mode="none")
    await house.has_heard(newer, older, house.going("dana"), house.going("lee"))
    assert house.introductions() == []


async def test_everything_heard_twice_says_nothing_twice(house: House) -> None:
    events = [house.a_gathering(), house.going("dana"), house.going("lee"), house.cancels("dana")]
    await house.has_heard(*events)
    said = len(house.said())
    await house.has_heard(*events)
    assert len(house.said()) == said


@pytest.mark.parametrize("leaving", ["cancels", "declines", "waits"])
async def test_who_will_not_be_there_is_introduced_to_nobody(pair: House, leaving: str) -> None:
    await pair.has_heard(getattr(pair, leaving)("dana"), pair.going("ruth"))
    (withdrawn,) = pair.said(IntroductionWithdrawn)
    assert (withdrawn.cause, withdrawn.tell) == ("not_coming", ("lee",))
    assert not any("dana" in found.people for found in pair.introductions() if found.status == "made")


async def test_withdrawn_consent_withdraws(pair: House) -> None:
    await pair.has_heard(pair.changes("dana", introductions=False))
    (withdrawn,) = pair.said(IntroductionWithdrawn)
    assert withdrawn.cause == "no_consent"


async def test_who_takes_no_mail_keeps_what_was_made_and_gets_nothing_new(pair: House) -> None:
    await pair.has_heard(pair.suppressed("dana"), pair.going("ruth"))
    assert pair.said(IntroductionWithdrawn) == []
    assert [set(found.people) for found in pair.of("ruth")] == [{"lee", "ruth"}]


async def test_who_takes_mail_again_is_introduced_again(pair: House) -> None:
    ruth = pair.going("ruth", interests=("choir", "zines"))
    await pair.has_heard(pair.suppressed("dana"), ruth, pair.suppressed("dana", suppressed=False))
    assert {"dana", "ruth"} in [set(found.people) for found in pair.introductions()]


async def test_a_suppression_holds_for_gatherings_that_come_later(house: House) -> None:
    await house.has_heard(house.suppressed("dana"), house.a_gathering(), house.going("dana"), house.going("lee"))
    assert house.introductions() == []


async def test_a_cancelled_gathering_withdraws_everything_and_leaves_the_telling_to_its_own_mail(pair: House) -> None:
    await pair.has_heard(pair.called_off())
    (withdrawn,) = pair.said(IntroductionWithdrawn)
    assert (withdrawn.cause, withdrawn.tell) == ("gathering_cancelled", ())


async def test_a_cancellation_that_is_heard_of_after_the_gathering_was_still_made_before_it(pair: House) -> None:
    await pair.time_passes(days=8)
    await pair.has_heard(pair.cancels("dana"))
    assert pair.only().status == "withdrawn"


async def test_a_table_goes_on_without_one(house: House) -> None:
    await house.hears(house.a_gathering(mode="direct", kind="happy_hour", tables=True))
    for who in ("dana", "lee", "ruth", "mina"):
        await house.hears(house.going(who))
    await house.runs_the_round()
    (made,) = house.said(TableMade)
    assert set(made.people) == {"dana", "lee", "ruth", "mina"}
    await house.has_heard(house.cancels("ruth"))
    (left,) = house.said(TableLeft)
    assert set(left.people) == {"dana", "lee", "mina"}


async def test_a_table_is_asked_where_the_gathering_asks(house: House) -> None:
    await house.hears(house.a_gathering(kind="happy_hour", tables=True))
    for who in ("dana", "lee", "ruth", "mina"):
        await house.hears(house.going(who))
    await house.runs_the_round()
    table = house.only()
    for who in ("dana", "lee"):
        await house.answers(who, table, "accept")
    await house.answers("ruth", table, "pass")
    assert house.said(TableMade, IntroductionMade) == []
    await house.time_passes(days=3)
    (made,) = house.said(IntroductionMade)
    assert set(made.people) == {"dana", "lee"}


async def test_rounds_are_planned_anew_when_the_gathering_moves(house: House) -> None:
    await house.hears(house.a_gathering(rounds_before=["P3D", "PT20H", "nonsense"]))
    start = NOON + timedelta(days=7)
    assert house.due("round") == [start - timedelta(days=3), start - timedelta(hours=20)]
    await house.hears(house.changed(starts_in=timedelta(days=2)))
    assert house.due("round") == [NOON + timedelta(days=2) - timedelta(hours=20)]
    await house.hears(house.called_off())
    assert house.due("round") == []


async def test_switching_introductions_on_serves_those_who_are_going(house: House) -> None:
    await house.has_heard(house.a_gathering(mode="none"), house.going("dana"), house.going("lee"))
    await house.has_heard(house.changed(mode="ask"))
    assert set(house.only().people) == {"dana", "lee"}


async def test_while_a_round_is_to_come_somebody_gets_one_suggestion_at_once(house: House) -> None:
    await house.has_heard(house.a_gathering(rounds_before=["PT20H"], per_person=3))
    await house.hears(*(house.going(who) for who in ("lee", "ruth", "mina", "theo")))
    await house.has_heard(house.going("dana"))
    assert len(house.of("dana")) <= 2
    await house.time_passes(days=6, hours=5)
    assert len(house.of("dana")) >= 3


async def test_after_the_gathering_nobody_is_introduced(house: House) -> None:
    await house.hears(house.a_gathering())
    await house.time_passes(days=9)
    await house.has_heard(house.going("dana"), house.going("lee"))
    assert house.introductions() == []
    assert await house.run.read(waits) == []


async def test_nobody_has_more_introductions_than_places(house: House) -> None:
    await house.hears(house.a_gathering(per_person=2))
    people = [f"guest{n:02}" for n in range(20)]
    for who in people:
        await house.has_heard(house.going(who, pace="quiet" if who.endswith("3") else None))
    await house.runs_the_round()
    for who in people:
        assert len(house.of(who)) <= (1 if who.endswith("3") else 2)
        assert house.of(who)


async def test_a_check_in_is_noted(pair: House) -> None:
    await pair.hears(AttendeeCheckedIn(version=2, rsvp_id="picnic-dana", gathering_id="picnic", attendee_id="dana"))
    await pair.hears(AttendeeCheckedIn(version=3, rsvp_id="picnic-ruth", gathering_id="picnic", attendee_id="ruth"))


async def test_an_approved_tip_closes_the_mails_of_others_until_it_is_taken_back(house: House) -> None:
    await house.has_heard(house.a_gathering(mode="direct"), house.going("mina"), house.tip("mina", "Arrive early."))
    await house.has_heard(house.going("dana"))
    await house.has_heard(house.going("lee"))
    tips = {frozenset(said.people): {side.tip for side in said.sides} for said in house.said(IntroductionMade)}
    assert tips[frozenset(("dana", "lee"))] == {"Arrive early."}
    assert tips[frozenset(("dana", "mina"))] == {None}
    await house.has_heard(house.tip("mina", "Arrive early.", approved=False), house.going("ruth"))
    later = [said for said in house.said(IntroductionMade) if "ruth" in said.people]
    assert {side.tip for said in later for side in said.sides} == {None}


async def test_somebody_late_for_whom_nobody_is_found_is_named_by_a_round_soon(house: House) -> None:
    await house.has_heard(house.a_gathering(per_person=1))
    await house.has_heard(house.going("dana"), house.going("lee"), house.going("ruth"))
    assert house.of("ruth") == []
    await house.time_passes(minutes=11)
    (ran,) = house.said(RoundRan)
    assert ran.left_out == (0 if house.of("ruth") else 1)
    assert house.due("round") == []


async def test_what_is_not_shared_any_more_is_not_said_any_more(house: House) -> None:
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    assert "cataloguing" in str(house.only())
    await house.has_heard(house.changes("lee", share=("place",)))
    assert all(seat.reasons for seat in house.only().seats)
    assert "linked data" not in str(house.only())
    assert "cataloguing" not in str(house.only().seat_of(AttendeeId("dana")).reasons)
