"""The story's lines as the intro service plays its part in them, on each database."""

import pytest

from shared.contracts.intro import (
    IntroductionAccepted,
    IntroductionExpired,
    IntroductionMade,
    IntroductionPassed,
    IntroductionSuggested,
    IntroductionWithdrawn,
    RoundRan,
)
from tests.intro.builders import House


@pytest.fixture
def house(any_house: House) -> House:
    return any_house


async def test_an_rsvp_leads_at_once_to_a_suggestion_to_both(house: House) -> None:
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    (suggested,) = house.said(IntroductionSuggested)
    assert set(suggested.people) == {"dana", "lee"}
    dana = next(side for side in suggested.sides if side.attendee_id == "dana")
    assert [other.name for other in dana.others] == ["Lee Okafor"]
    assert dana.asked


async def test_both_accept_and_the_introduction_is_made(house: House) -> None:
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    assert await house.answers("dana", house.only(), "accept") == "accepted"
    assert [said.by for said in house.said(IntroductionAccepted)] == ["dana"]
    assert await house.answers("lee", house.only(), "accept") == "made"
    (made,) = house.said(IntroductionMade)
    assert {side.attendee_id for side in made.sides} == {"dana", "lee"}
    assert house.due("introduction.expiry") == []


async def test_a_direct_gathering_introduces_without_asking(house: House) -> None:
    await house.has_heard(house.a_gathering(mode="direct"), house.going("dana"), house.going("lee"))
    assert len(house.said(IntroductionMade)) == 1
    assert house.said(IntroductionSuggested) == []


async def test_somebody_from_an_imported_list_is_asked_first_even_where_others_are_not(house: House) -> None:
    await house.has_heard(house.a_gathering(mode="direct"), house.going("dana", asked_first=True), house.going("lee"))
    (suggested,) = house.said(IntroductionSuggested)
    assert {side.attendee_id: side.asked for side in suggested.sides} == {"dana": True, "lee": False}
    await house.answers("dana", house.only(), "accept")
    assert len(house.said(IntroductionMade)) == 1


async def test_where_introductions_are_off_nobody_is_introduced(house: House) -> None:
    await house.has_heard(house.a_gathering(mode="none"), house.going("dana"), house.going("lee"))
    assert house.introductions() == []


async def test_somebody_who_did_not_consent_is_never_proposed(house: House) -> None:
    await house.has_heard(house.a_gathering(), house.going("dana", introductions=False), house.going("lee"))
    assert house.introductions() == []


async def test_a_round_runs_at_its_time_and_is_kept_with_its_proof(house: House) -> None:
    await house.has_heard(house.a_gathering(rounds_before=["P3D"], per_person=2))
    for who in ("dana", "lee", "mina", "theo", "ruth"):
        await house.hears(house.going(who))
    await house.time_passes(days=4)
    (ran,) = house.said(RoundRan)
    assert (ran.people, ran.left_out) == (5, 0)
    met = {person for introduction in house.introductions() for person in introduction.people}
    assert met == {"dana", "lee", "mina", "theo", "ruth"}


async def test_nobody_is_suggested_the_same_person_twice_in_any_gathering(house: House) -> None:
    for gathering in ("picnic", "barbecue", "party"):
        await house.has_heard(
            house.a_gathering(gathering),
            house.going("dana", gathering=gathering),
            house.going("lee", gathering=gathering),
        )
        await house.runs_the_round(gathering)
    assert len(house.introductions()) == 1


async def test_a_cancellation_withdraws_and_tells_who_was_counting_on_it(house: House) -> None:
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    await house.answers("lee", house.only(), "accept")
    await house.has_heard(house.cancels("dana"))
    (withdrawn,) = house.said(IntroductionWithdrawn)
    assert (withdrawn.tell, withdrawn.cause) == (("lee",), "not_coming")


async def test_who_was_left_is_introduced_to_somebody_else(house: House) -> None:
    await house.has_heard(house.a_gathering(per_person=1), house.going("dana"), house.going("lee"), house.going("ruth"))
    assert house.of("ruth") == []
    await house.has_heard(house.cancels("dana"))
    (instead,) = house.of("ruth")
    assert set(instead.people) == {"lee", "ruth"}


async def test_what_nobody_answers_expires_and_who_accepted_gets_another(house: House) -> None:
    await house.has_heard(house.a_gathering(per_person=1), house.going("dana"), house.going("lee"), house.going("ruth"))
    await house.answers("lee", house.only(), "accept")
    await house.time_passes(hours=49)
    assert len(house.said(IntroductionExpired)) == 1
    assert {person for i in house.introductions() if i.status == "suggested" for person in i.people} == {"lee", "ruth"}


@pytest.mark.parametrize("dana_passes", [True, False])
async def test_what_one_gets_and_when_does_not_depend_on_the_others_pass(house: House, *, dana_passes: bool) -> None:
    await house.has_heard(house.a_gathering(per_person=1), house.going("dana"), house.going("lee"))
    await house.answers("lee", house.only(), "accept")
    if dana_passes:
        await house.answers("dana", house.only(), "pass")
    await house.has_heard(house.going("ruth"))
    await house.time_passes(hours=47)
    await house.runs_the_round()
    assert house.of("ruth") == []
    await house.time_passes(hours=1)
    (instead,) = house.of("ruth")
    assert set(instead.people) == {"lee", "ruth"}


async def test_a_pass_can_be_taken_back_since_the_place_was_kept(house: House) -> None:
    await house.has_heard(house.a_gathering(per_person=1), house.going("dana"), house.going("lee"), house.going("ruth"))
    pair = house.only()
    await house.answers("dana", pair, "pass")
    await house.answers("lee", pair, "accept")
    await house.answers("dana", pair, "accept")
    assert [introduction.status for introduction in house.introductions()] == ["made"]


async def test_a_pass_says_nothing_of_who_passed(house: House) -> None:
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    await house.answers("dana", house.only(), "pass")
    (passed,) = house.said(IntroductionPassed)
    assert set(passed.model_dump()) == {"version", "introduction_id", "gathering_id", "people"}
    assert set(passed.people) == {"dana", "lee"}
