"""What feedback teaches, what a person is told of it, and whether suggestions do better than chance."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intro.domain.feedback import NOTHING_LEARNT, Answer, Belief
from services.intro.domain.learning import answer, believed, moved, told_back, weights_for
from services.intro.domain.meetings import Said
from services.intro.domain.scoring import COMPONENTS
from shared.contracts.intro import FeedbackGiven, MenteeSilent
from tests.intro.builders import KEY, House

LIKED = Said(met=True, again=True, good_for=("common_ground",))
ONCE_WAS_ENOUGH = Said(met=True, again=False)
GROUND: dict[str, int | None] = {"ground": 1000, "help": None}


def test_where_nobody_said_anything_nothing_is_weighed_differently() -> None:
    assert weights_for(NOTHING_LEARNT, NOTHING_LEARNT) is None


def test_what_it_was_good_for_counts_more_and_what_was_there_in_vain_less() -> None:
    for said, expected in ((LIKED, "more"), (ONCE_WAS_ENOUGH, "less")):
        belief = believed([answer(said, GROUND)] * 4)
        assert f"We now weigh shared interests {expected} for you." in told_back(belief)


SAID = st.builds(
    Said,
    st.booleans(),
    st.none() | st.booleans(),
    st.lists(st.sampled_from(["common_ground", "help", "nothing"])).map(tuple),
)
ANSWERS = st.lists(
    st.builds(answer, SAID, st.dictionaries(st.sampled_from(COMPONENTS), st.none() | st.integers(0, 1000))), max_size=20
)


@pytest.mark.slow
@given(ANSWERS, ANSWERS, ANSWERS)
def test_a_changed_mind_leaves_nothing_behind_in_what_everybody_taught(
    others: list[Answer], first: list[Answer], then: list[Answer]
) -> None:
    community = believed(others)
    direct = moved(community, before=NOTHING_LEARNT, after=believed(then))
    once = moved(community, before=NOTHING_LEARNT, after=believed(first))
    assert moved(once, before=believed(first), after=believed(then)) == direct


async def after_the_gathering(house: House, *, asks: tuple[str, ...] = ()) -> str:
    await house.hears(house.key())
    lee = house.going("lee", offers=("mentoring",))
    await house.has_heard(house.a_gathering(mode="direct"), lee, house.going("dana", asks=asks))
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
    assert await house.run.read(lambda store: store.learning.everybodys()) == NOTHING_LEARNT


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
    assert "nothing to compare" in found["evidence"]["sentence"]


async def test_a_mentee_who_stays_silent_is_asked_and_one_who_spoke_is_not(house: House) -> None:
    one = await after_the_gathering(house, asks=("finding a mentor",))
    await house.time_passes(days=1)
    assert [(said.mentee, said.introduction_id) for said in house.said(MenteeSilent)] == [("dana", one)]


def test_what_was_never_there_is_not_said_to_weigh_more_or_less() -> None:
    said = told_back(Belief(trials={"newness": 4, "ground": 4}, good={"ground": 4}))
    assert said == ["We now weigh another circle less for you.", "We now weigh shared interests more for you."]
