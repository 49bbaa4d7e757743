"""The prices engine, which compiles: beside the exact solver, and on input that is as bad as large."""

import numpy as np
import pytest

from deploy.bench.people import acquainted, made_up
from services.intro.domain.matching import check_certificate, run_round
from services.intro.domain.people import Rules
from tests.intro.matching.somebody import crowd

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


def test_twenty_thousand_people_with_one_interest_are_all_introduced() -> None:
    found = run_round(crowd(20_000, interests=("zines",)), rules=by_prices(Rules()))
    assert found.plan.left_out == ()


def test_twenty_thousand_people_of_one_employer_are_all_named() -> None:
    plan = run_round(crowd(20_000, employer="Ridge County Library"), rules=by_prices(Rules())).plan
    assert len(plan.left_out) == 20_000
    assert plan.pairs == ()


def test_twenty_thousand_blank_profiles_are_all_introduced() -> None:
    assert run_round(crowd(20_000), rules=by_prices(Rules())).plan.left_out == ()
