"""Input that nobody should send still has a clear result."""

import pytest

from services.intro.domain.matching import Index, plan_round
from services.intro.domain.people import Person, Rules
from tests.intro.matching.somebody import DANA, LEE, crowd, somebody


def test_a_profile_of_ten_thousand_interests_is_one_profile() -> None:
    many = somebody(0, interests=tuple(f"interest number {i}" for i in range(10_000)), asks=("x y z",) * 5000)
    plan = plan_round([many, *crowd(5)[1:], DANA, LEE], rules=Rules())
    assert plan.left_out == ()


def test_everybody_from_one_employer_is_told_so() -> None:
    plan = plan_round(crowd(200, employer="Ridge County Library"), rules=Rules())
    assert {one.sentence for one in plan.left_out} == {"Everybody else has the same employer."}
    assert len(plan.left_out) == 200


def test_everybody_kept_apart_is_told_so() -> None:
    people = crowd(40)
    never = [(a.id, b.id) for a in people for b in people if a.id < b.id]
    plan = plan_round(people, rules=Rules(), forbidden=never)
    assert plan.pairs == ()
    assert {one.code for one in plan.left_out} == {"no_candidate"}


def test_the_same_person_twice_and_pairs_with_strangers_change_nothing() -> None:
    once = plan_round([DANA, LEE], rules=Rules())
    twice = plan_round(
        [DANA, LEE, DANA], rules=Rules(), forbidden=[("dana", "dana"), ("nobody", "lee")], sent=[("x", "y")]
    )
    assert once == twice


@pytest.mark.parametrize("per_person", [-3, 0, 1, 6, 1000])
def test_any_number_of_introductions_is_brought_into_bounds(per_person: int) -> None:
    plan = plan_round(crowd(12), rules=Rules(per_person=per_person))
    assert plan.left_out == ()
    assert max(plan.capacities.values()) <= 6


def test_strings_that_break_software_go_through() -> None:
    strings = [
        "",
        "\x00",
        "ﷺ" * 300,
        "'; DROP TABLE people;--",
        "{thing}",
        "%s",
        "👩‍👩‍👧",
        "\u202e",
        "NaN",
        "a" * 100_000,
    ]
    people = [
        Person(id=f"n{i}", name=text, role=text, employer=f"{text}{i}", interests=(text, "zines"), asks=(text,),
               offers=(text,), goals=(text,), languages=(), capacity=3)
        for i, text in enumerate(strings)
    ]  # fmt: skip
    plan = plan_round(people, rules=Rules(title="{x}", tips=("{thing}",)))
    assert plan.left_out == ()
    assert all("\x00" not in reason for pair in plan.pairs for reason in pair.reasons_for_a)


def test_an_empty_index_waits_for_people() -> None:
    index = Index(rules=Rules())
    assert index.suggest(DANA) == ()
    assert [pair.b for pair in index.suggest(LEE)] == ["dana"]


MANY = Rules(explain=False, exact_up_to=0)
COLLEAGUES = "Ridge County Library"


@pytest.mark.slow
def test_a_hundred_thousand_people_with_one_interest_are_all_introduced() -> None:
    assert plan_round(crowd(100_000, interests=("zines",)), rules=MANY).left_out == ()


@pytest.mark.slow
def test_a_hundred_thousand_blank_profiles_are_all_introduced() -> None:
    assert plan_round(crowd(100_000), rules=MANY).left_out == ()


@pytest.mark.slow
def test_a_hundred_thousand_people_of_one_employer_are_all_named() -> None:
    plan = plan_round(crowd(100_000, employer=COLLEAGUES), rules=MANY)
    assert (len(plan.left_out), len(plan.pairs)) == (100_000, 0)
    assert {one.sentence for one in plan.left_out} == {"Everybody else has the same employer."}


@pytest.mark.slow
def test_one_stranger_among_very_many_colleagues_is_found_by_as_many_as_they_have_places() -> None:
    stranger = somebody(20_000, capacity=3)
    plan = plan_round([*crowd(20_000, employer=COLLEAGUES), stranger], rules=MANY)
    assert [stranger.id in (pair.a, pair.b) for pair in plan.pairs] == [True] * 3
    assert {one.code for one in plan.left_out} == {"places_taken"}


@pytest.mark.slow
def test_everybody_of_very_many_kept_apart_is_told_so() -> None:
    people = crowd(1500, interests=("zines",))
    never = [(a.id, b.id) for i, a in enumerate(people) for b in people[:i]]
    plan = plan_round(people, rules=MANY, forbidden=never)
    assert {one.sentence for one in plan.left_out} == {"They know everybody here already, or are kept apart."}


@pytest.mark.slow
def test_a_profile_of_ten_thousand_interests_among_thousands_is_one_profile() -> None:
    many = somebody(0, interests=tuple(f"interest number {i}" for i in range(10_000)))
    assert plan_round([many, *crowd(7000, interests=("interest number 7",))[1:]], rules=MANY).left_out == ()


@pytest.mark.slow
def test_the_only_welcomer_of_another_employer_is_found_by_a_newcomer() -> None:
    hosts = crowd(9000, employer=COLLEAGUES, welcomer=True)
    newcomer, host = somebody(9000, employer=COLLEAGUES, newcomer=True), somebody(9001, welcomer=True, capacity=1)
    plan = plan_round([*hosts, newcomer, host], rules=MANY)
    assert (plan.welcomed, plan.welcomable) == (1, 1)
