"""Two matchers at once, cancellations in between, and a process that dies: the fences hold."""

import asyncio
from itertools import combinations

import pytest

from services.intro.domain.computing import computed
from services.intro.domain.proposals import Proposal
from services.intro.handlers.rounds import ask_for_round, finish_round, keep_part
from services.intro.handlers.suggesting import keep_suggestions
from services.intro.indexes import Indexes
from services.intro.matchmaking import Matchmaker
from services.intro.store.inputs import inputs_of, waits
from shared.contracts.intro import IntroductionSuggested, RoundRan
from shared.ids import AttendeeId
from tests.intro.builders import House

PEOPLE = [f"guest{n:02}" for n in range(12)]


@pytest.fixture
def house(any_house: House) -> House:
    return any_house


async def everybody_comes(house: House, *gatherings: str, **rules: object) -> None:
    for gathering in gatherings or ("picnic",):
        await house.hears(house.a_gathering(gathering, **rules))
        await house.hears(*(house.going(who, gathering=gathering) for who in PEOPLE))


def a_second_matchmaker(house: House) -> Matchmaker:
    return Matchmaker(house.run, signals=house.signals, clock=house.clock, indexes=Indexes())


def no_pair_twice(house: House) -> None:
    couples = [
        c for found in house.introductions() for c in combinations(sorted(s.attendee_id for s in found.seats), 2)
    ]
    assert len(couples) == len(set(couples))


async def test_two_matchers_at_once_suggest_no_pair_twice(house: House) -> None:
    await everybody_comes(house, per_person=2)
    matchers = [house.parts.matchmaker, a_second_matchmaker(house)]
    await asyncio.gather(*(matcher.serve_gathering("picnic") for matcher in matchers))
    no_pair_twice(house)
    assert await house.run.read(waits) == []
    assert {p for found in house.introductions() for p in found.people} == set(PEOPLE)


async def test_the_same_people_at_two_gatherings_matched_at_once_meet_once(house: House) -> None:
    await everybody_comes(house, "picnic", "party", per_person=6)
    matchers = {"picnic": house.parts.matchmaker, "party": a_second_matchmaker(house)}
    await asyncio.gather(*(matcher.serve_gathering(gathering) for gathering, matcher in matchers.items()))
    no_pair_twice(house)
    assert await house.run.read(waits) == []


async def test_two_rounds_at_once_keep_everybody_within_their_places(house: House) -> None:
    await everybody_comes(house, per_person=2)
    asked = [await house.run(ask_for_round, "picnic", cause="organiser") for _ in range(2)]
    matchers = [house.parts.matchmaker, a_second_matchmaker(house)]
    await asyncio.gather(*(m.run_round(one) for m, one in zip(matchers, asked, strict=True)))
    no_pair_twice(house)
    assert all(len(house.of(who)) <= 2 for who in PEOPLE)
    assert len(house.said(RoundRan)) == 2


async def test_somebody_who_cancels_while_the_round_is_computed_is_introduced_to_nobody(house: House) -> None:
    await everybody_comes(house, per_person=1)
    wanted = await house.run(ask_for_round, "picnic", cause="organiser")
    inputs = await house.run.read(inputs_of, "picnic", seed=1, now=house.clock.now())
    done, proposals = computed(wanted, inputs)
    await house.hears(house.cancels("guest03"))
    await house.run(finish_round, done, proposals)
    assert house.of("guest03") == []
    assert len(await house.run.read(waits)) == 1


async def test_a_round_is_kept_once_however_often_it_is_finished(house: House) -> None:
    await everybody_comes(house, per_person=1)
    wanted = await house.run(ask_for_round, "picnic", cause="organiser")
    inputs = await house.run.read(inputs_of, "picnic", seed=1, now=house.clock.now())
    done, proposals = computed(wanted, inputs)
    for _ in range(2):
        await house.run(finish_round, done, proposals)
    assert len(house.said(IntroductionSuggested)) == 6
    assert len(house.said(RoundRan)) == 1


async def test_a_round_that_died_in_the_middle_goes_on_where_it_was(house: House) -> None:
    await everybody_comes(house, per_person=1)
    wanted = await house.run(ask_for_round, "picnic", cause="organiser")
    inputs = await house.run.read(inputs_of, "picnic", seed=1, now=house.clock.now())
    _, proposals = computed(wanted, inputs)
    await house.run(keep_part, wanted.id, proposals[:2])
    await a_second_matchmaker(house).run_round(wanted)
    no_pair_twice(house)
    assert all(len(house.of(who)) == 1 for who in PEOPLE)


async def test_nothing_is_kept_for_somebody_who_does_not_wait_any_more(house: House) -> None:
    await everybody_comes(house)
    proposal = Proposal((AttendeeId("guest01"), AttendeeId("guest02")), 100)
    for _ in range(2):
        assert await house.run(keep_suggestions, "picnic", [proposal], served=["guest01"])
    assert len(house.introductions()) == 1


async def test_the_same_seed_and_input_give_the_same_round(house: House) -> None:
    await everybody_comes(house, per_person=2)
    wanted = await house.run(ask_for_round, "picnic", cause="organiser")
    one, other = [
        computed(wanted, await house.run.read(inputs_of, "picnic", seed=5, now=house.clock.now())) for _ in range(2)
    ]
    assert one == other
