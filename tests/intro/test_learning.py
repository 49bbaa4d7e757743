"""What feedback teaches, what a person is told of it, and whether suggestions do better than chance."""

import math
from random import Random

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intro.domain.evidence import Told, evidence
from services.intro.domain.learning import Meeting, counted, moved, multipliers, sentences
from services.intro.domain.meetings import Said
from services.intro.domain.scoring import COMPONENTS
from services.intro.domain.scoring.weights import CEILING, FLOOR
from shared.contracts.intro import FeedbackGiven, MenteeSilent
from tests.intro.builders import KEY, House

ONLY_GROUND = {"ground": 1000, "help": None}


def meetings(number: int, said: Said) -> list[Meeting]:
    return [Meeting(said, ONLY_GROUND)] * number


def test_nothing_said_changes_nothing() -> None:
    assert multipliers({}, {}) is None
    assert counted(meetings(3, Said(met=False))) == {}
    assert counted(meetings(3, Said(met=True, again=None))) == {}


def test_what_it_was_good_for_counts_more() -> None:
    learnt = counted(meetings(4, Said(met=True, again=True, good_for=("common_ground",))))
    weights = multipliers(learnt, {})
    assert weights is not None
    assert weights["ground"] == pytest.approx((4 + 8) / (4 + 4))
    assert weights["help"] == 1


def test_what_was_there_when_once_was_enough_counts_less() -> None:
    learnt = counted(meetings(4, Said(met=True, again=False)))
    assert sentences(learnt) == ["We now weigh shared interests less for you."]


def test_one_meeting_moves_little_and_many_move_to_the_floor() -> None:
    one, many = (multipliers(counted(meetings(n, Said(met=True, again=False))), {}) for n in (1, 1000))
    assert one is not None
    assert many is not None
    assert one["ground"] == pytest.approx(0.8)
    assert many["ground"] == FLOOR


MEETINGS = st.lists(
    st.builds(
        Meeting,
        st.builds(
            Said,
            st.booleans(),
            st.none() | st.booleans(),
            st.lists(st.sampled_from(["common_ground", "help", "nothing"]), unique=True).map(tuple),
        ),
        st.dictionaries(st.sampled_from(COMPONENTS), st.none() | st.integers(0, 1000)),
    ),
    max_size=30,
)


@given(MEETINGS, MEETINGS)
def test_weights_stay_between_floor_and_ceiling_and_order_does_not_matter(
    mine: list[Meeting], others: list[Meeting]
) -> None:
    everybodys = counted(others)
    weights = multipliers(counted(mine), everybodys) or {}
    again = multipliers(counted(reversed(mine)), everybodys) or {}
    assert all(FLOOR <= weight <= CEILING for weight in weights.values())
    assert all(math.isclose(weights[name], again[name]) for name in weights)


@given(MEETINGS, MEETINGS, MEETINGS)
def test_a_changed_mind_leaves_nothing_behind_in_what_everybody_taught(
    others: list[Meeting], first: list[Meeting], then: list[Meeting]
) -> None:
    everybodys = counted(others)
    direct = moved(everybodys, before={}, after=counted(then))
    changed = moved(moved(everybodys, before={}, after=counted(first)), before=counted(first), after=counted(then))
    for name, values in direct.items():
        assert changed[name] == pytest.approx(values, abs=1e-9)


def told(people: int, *, better: float, seed: int = 1) -> dict[str, list[Told]]:
    chance = Random(seed)
    found = {}
    for person in range(people):
        scores = [chance.randrange(65536) for _ in range(6)]
        found[str(person)] = [Told(s, chance.random() < 0.5 + better * (s / 65536 - 0.5)) for s in scores]
    return found


def test_where_scores_matter_it_is_said() -> None:
    found = evidence(told(80, better=1.0))
    assert found.chance is not None
    assert found.chance < 0.05
    assert "better than chance" in found.sentence


def test_where_they_do_not_nothing_is_claimed() -> None:
    claimed = sum("better than chance" in evidence(told(60, better=0.0, seed=seed)).sentence for seed in range(100))
    assert claimed <= 12  # five in a hundred are to be expected


def test_people_who_like_everybody_say_nothing_even_where_their_scores_are_higher() -> None:
    pooled = {str(n): [Told(60000, again=True)] * 5 for n in range(20)} | {
        str(n): [Told(100, again=False)] * 5 for n in range(20, 40)
    }
    found = evidence(pooled)
    assert (found.people, found.comparable, found.chance) == (40, 0, None)
    assert "nothing can be said" in found.sentence


async def after_the_gathering(house: House, *, asks: tuple[str, ...] = ()) -> str:
    await house.hears(house.key())
    await house.has_heard(house.a_gathering(mode="direct"), house.going("lee"), house.going("dana", asks=asks))
    await house.time_passes(days=7, hours=4)
    return house.only().id


async def request(house: House, method: str, path: str, who: str = "dana", **more: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {KEY if who == 'organiser' else house.token(who)}"}
    async with house.http() as http:
        return await http.request(method, path, headers=headers, **more)  # type: ignore[arg-type]


async def test_a_person_sees_what_was_learnt_and_can_have_it_forgotten(house: House) -> None:
    one = await after_the_gathering(house)
    said = {"met": True, "again": False, "good_for": ["nothing"]}
    learnt = (await request(house, "POST", f"/api/v1/my/introductions/{one}/feedback", json=said)).json()["learnt"]
    assert any(sentence.startswith("We now weigh") and "less" in sentence for sentence in learnt)
    assert (await request(house, "GET", "/api/v1/my/introductions/learnt")).json()["sentences"] == learnt
    await house.time_passes(minutes=1)
    assert (await request(house, "DELETE", "/api/v1/my/introductions/learnt")).status_code == 204
    assert (await request(house, "GET", "/api/v1/my/introductions/learnt")).json()["sentences"] == []
    assert await house.run.read(lambda store: any(any(v) for v in store.learning.everybodys().values())) is False


async def test_saying_the_same_again_is_no_news(house: House) -> None:
    one = await after_the_gathering(house)
    for _ in range(2):
        await request(house, "POST", f"/api/v1/my/introductions/{one}/feedback", json={"met": True, "again": True})
    assert len(house.said(FeedbackGiven)) == 1


async def test_organisers_read_how_many_met_and_an_honest_sentence(house: House) -> None:
    one = await after_the_gathering(house)
    for who in ("dana", "lee"):
        said = {"met": True, "again": who == "dana"}
        await request(house, "POST", f"/api/v1/my/introductions/{one}/feedback", who, json=said)
    found = (await request(house, "GET", "/api/v1/gatherings/picnic/feedback", "organiser")).json()
    assert (found["told"], found["met"], found["again"]) == (2, 2, 1)
    assert "nothing can be said" in found["evidence"]["sentence"]


async def test_a_mentee_who_stays_silent_is_asked_and_one_who_spoke_is_not(house: House) -> None:
    one = await after_the_gathering(house, asks=("finding a mentor",))
    await house.time_passes(days=1)
    assert [(said.mentee, said.introduction_id) for said in house.said(MenteeSilent)] == [("dana", one)]
