"""Two matchers at once, cancellations in between, and a process that dies: the fences hold."""

import asyncio
from itertools import combinations

import pytest

from services.intro.domain.computing import computed
from services.intro.domain.feedback import NOTHING_LEARNT
from services.intro.domain.learning import moved
from services.intro.domain.meetings import Said
from services.intro.domain.proposals import Proposal
from services.intro.handlers.meetings import tell_how_it_went
from services.intro.handlers.rounds import ask_for_round, finish_round, keep_part
from services.intro.handlers.suggesting import keep_suggestions
from services.intro.indexes import Indexes
from services.intro.matchmaking import Matchmaker
from services.intro.store.inputs import inputs_of, waits
from shared.contracts.intro import IntroductionSuggested, RoundRan
from shared.ids import AttendeeId
from tests.beside import side_by_side
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


@pytest.mark.containers
async def test_a_round_that_two_replicas_finish_in_the_same_moment_is_kept_once(postgres_house: House) -> None:
    house = postgres_house
    await everybody_comes(house, per_person=1)
    wanted = await house.run(ask_for_round, "picnic", cause="organiser")
    inputs = await house.run.read(inputs_of, "picnic", seed=1, now=house.clock.now())
    done, proposals = computed(wanted, inputs)
    await side_by_side(house.run, *(lambda tx: finish_round(tx, done, proposals),) * 2)
    assert len(house.said(IntroductionSuggested)) == 6
    assert len(house.said(RoundRan)) == 1


@pytest.mark.containers
async def test_what_the_first_two_people_tell_in_the_same_moment_is_learnt_of_both(postgres_house: House) -> None:
    house = postgres_house
    await house.has_heard(house.a_gathering(mode="direct"), house.going("lee"), house.going("dana"))
    await house.has_heard(house.a_gathering("party", mode="direct"), house.going("theo", gathering="party"))
    await house.has_heard(house.going("mina", gathering="party"))
    await house.time_passes(days=7, hours=4)
    picnic, party = (house.introductions(gathering)[0].id for gathering in ("picnic", "party"))
    said = Said(met=True, again=True, good_for=())
    await side_by_side(
        house.run,
        lambda tx: tell_how_it_went(tx, picnic, "dana", said),
        lambda tx: tell_how_it_went(tx, party, "theo", said),
    )
    everybodys = await house.run.read(lambda store: store.learning.everybodys())
    each = [await house.run.read(lambda store, who: store.learning.learnt_of(who), who) for who in ("dana", "theo")]
    assert all(belief.trials for belief in each)
    assert everybodys == moved(
        moved(NOTHING_LEARNT, before=NOTHING_LEARNT, after=each[0]), before=NOTHING_LEARNT, after=each[1]
    )
