"""The prices engine, which compiles: beside the exact solver."""

import random
from dataclasses import replace

import numpy as np
import pytest

from deploy.bench.people import acquainted, made_up
from services.intro.domain.matching import check_certificate, run_round
from services.intro.domain.people import Person, Rules

pytestmark = pytest.mark.slow


def by_prices(rules: Rules) -> Rules:
    return Rules(gathering=rules.gathering, explain=False, exact_up_to=0)


@pytest.mark.parametrize("count", [80, 400])
def test_at_the_seam_both_engines_agree_within_the_bar(count: int) -> None:
    people, known = made_up(count, 11), list(acquainted(count, 11))
    exact = run_round(people, rules=Rules(explain=False), forbidden=known).plan
    large = run_round(people, rules=by_prices(Rules()), forbidden=known)
    assert large.plan.weight >= 0.9985 * exact.weight
    assert large.plan.weight <= exact.weight
    assert len(large.plan.left_out) == len(exact.left_out) == 0
    assert large.plan.welcomed == exact.welcomed
    assert check_certificate(large.plan, large.edges()).sound


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_taken_twice_and_the_bound_is_true(seed: int) -> None:
    people, known = made_up(300, seed), list(acquainted(300, seed))
    found = run_round(people, rules=by_prices(Rules()), forbidden=known)
    verdict = check_certificate(found.plan, found.edges())
    assert verdict.problems == ()
    assert found.plan.weight >= 0.9985 * verdict.bound
    never = {frozenset(couple) for couple in known}
    assert not {frozenset((pair.a, pair.b)) for pair in found.plan.pairs} & never


def test_the_order_of_many_people_changes_nothing() -> None:
    people = made_up(600, 2)
    mixed = [people[i] for i in np.random.default_rng(0).permutation(600)]
    assert run_round(people, rules=by_prices(Rules())).plan == run_round(mixed, rules=by_prices(Rules())).plan


def few_welcomers_among_many_newcomers(count: int, seed: int, *, share: float = 0.2) -> list[Person]:
    """Colleagues of few employers, so that hardly anybody has a free choice."""
    chance = random.Random(seed)
    people = made_up(count, seed)
    newcomers = [chance.random() < 0.4 for _ in people]
    return [
        replace(
            person,
            newcomer=new,
            welcomer=not new and chance.random() < share,
            employer=f"Employer {chance.randrange(5)}",
        )
        for person, new in zip(people, newcomers, strict=True)
    ]


@pytest.mark.parametrize("seed", [*range(6), 26])
def test_as_many_are_introduced_and_welcomed_as_can_be_where_welcomers_are_few(seed: int) -> None:
    people, known = few_welcomers_among_many_newcomers(90, seed), list(acquainted(90, seed))
    exact = run_round(people, rules=Rules(explain=False), forbidden=known).plan
    large = run_round(people, rules=by_prices(Rules()), forbidden=known).plan
    assert (len(large.left_out), large.welcomed) == (len(exact.left_out), exact.welcomed)


def test_people_who_score_alike_are_not_all_offered_the_same_few() -> None:
    alike = [Person(id=f"p{i}", name=f"Person {i}", newcomer=i % 5 < 2, welcomer=i % 10 == 9) for i in range(400)]
    plan = run_round(alike, rules=by_prices(Rules())).plan
    assert (plan.left_out, plan.welcomed) == ((), 120)


@pytest.mark.parametrize("seed", range(3))
def test_where_welcomers_are_few_they_go_to_those_whom_they_suit_best(seed: int) -> None:
    plan = run_round(few_welcomers_among_many_newcomers(600, seed, share=0.1), rules=by_prices(Rules())).plan
    assert plan.welcomed < plan.welcomable
    assert plan.weight >= 0.997 * plan.bound
