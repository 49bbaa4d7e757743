"""Small random gatherings against an exact solver that shares no code with ours: CP-SAT."""

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from deploy.bench.matching_optimum import optimum as proven_optimum
from deploy.bench.people import acquainted, made_up
from services.intro.domain.matching import check_certificate, run_round
from services.intro.domain.matching.all_pairs import full_graph, score_matrix
from services.intro.domain.matching.certificate import bound_of, rounded
from services.intro.domain.matching.exact import solve_exactly
from services.intro.domain.matching.graph import Graph, graph_of
from services.intro.domain.matching.taking_part import taking_part
from services.intro.domain.people import Pace, Person, Place, Rules, Stage

quick = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))

WORDS = ("zines", "maps", "metadata", "trail running", "poetry", "archives", "chess", "podcasts")
PACES: tuple[Pace | None, ...] = (None, "quiet", "balanced", "outgoing")
STAGES: tuple[Stage | None, ...] = (None, "student", "new", "changing_career", "experienced", "retired")


def optimum(graph: Graph) -> tuple[int, int, int]:
    """Introduced, welcomed and weight, each the most there is given those before it."""
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in graph.u]
    welcome = graph.welcome_edges
    mine: list[list[Any]] = [[] for _ in range(graph.people)]
    greeting: list[list[Any]] = [[] for _ in range(graph.people)]
    for edge, (u, v) in enumerate(zip(graph.u.tolist(), graph.v.tolist(), strict=True)):
        for person in (u, v):
            mine[person].append(taken[edge])
            if welcome[edge]:
                greeting[person].append(taken[edge])
    for person, edges in enumerate(mine):
        model.add(sum(edges) <= int(graph.room[person]))
    goals: list[Any] = []
    for who, edges_of in ((graph.waiting, mine), (graph.hoping, greeting)):
        met = []
        for person in np.nonzero(who)[0]:
            met.append(model.new_bool_var(""))
            model.add(sum(edges_of[person]) >= met[-1])
        goals.append(sum(met))
    goals.append(sum(int(w) * x for w, x in zip(graph.w, taken, strict=True)))
    return _most(model, goals)


def _most(model: cp_model.CpModel, goals: list[Any]) -> tuple[int, int, int]:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = 20
    best = []
    for goal in goals:
        if isinstance(goal, int):
            best.append(goal)
            continue
        model.maximize(goal)
        assume(solver.solve(model) == cp_model.OPTIMAL)
        best.append(round(solver.objective_value))
        model.add(goal >= best[-1])
    return best[0], best[1], best[2]


def a_graph(seed: int, most: int, least: int = 2) -> Graph:
    chance = np.random.default_rng(seed)
    n = int(chance.integers(least, most + 1))
    scores = chance.integers(0, 65536, (n, n)).astype(np.int32)
    if chance.random() < 0.3:
        scores //= 8192
    scores[chance.random((n, n)) > chance.random() ** 2] = -1
    scores = np.triu(scores, 1) + np.tril(np.full((n, n), -1), 0)
    newcomer = chance.random(n) < 0.3
    return graph_of(
        np.maximum(scores, scores.T).astype(np.int32),
        chance.integers(0, 5 if chance.random() < 0.5 else 2, n).astype(np.int32),
        met=chance.random(n) < (0.3 if chance.random() < 0.3 else 0.0),
        newcomer=newcomer,
        welcomer=~newcomer & (chance.random(n) < 0.4),
    )


def people_of(seed: int, most: int = 14) -> list[Person]:
    chance = random.Random(seed)
    return [
        Person(
            id=f"p{i}",
            name=f"Person {i}",
            employer=chance.choice(("", "", "Ridge County Library", "State University", "Lake Archive")),
            stage=chance.choice(STAGES),
            interests=tuple(chance.sample(WORDS, chance.randint(0, 4))),
            asks=tuple(chance.sample(WORDS, chance.randint(0, 2))),
            offers=tuple(chance.sample(WORDS, chance.randint(0, 2))),
            pace=chance.choice(PACES),
            place=chance.choice((Place(), Place("Asheville", "NC", "US"), Place("Boone", "NC", "US"))),
            mode=chance.choice((None, "in_person", "virtual")),
            languages=chance.choice(((), (), ("en",), ("es",), ("en", "es"))),
            newcomer=chance.random() < 0.3,
            welcomer=chance.random() < 0.3,
            mentor=chance.choice((None, None, "mentor", "mentee")),
            consent=chance.random() < 0.9,
            coming=chance.random() < 0.9,
            had=chance.choice((0, 0, 0, 2)),
        )
        for i in range(chance.randint(0, most))
    ]


def rules_of(seed: int) -> Rules:
    chance = random.Random(seed)
    return Rules(
        gathering="spring",
        kind=chance.choice(("conference", "roundtable", "mentorship", "discussion")),
        format=chance.choice(("in_person", "hybrid")),
        per_person=chance.randint(1, 4),
        allow_same_employer=chance.random() < 0.2,
    )


def couples_of(people: list[Person], seed: int, share: float) -> list[tuple[str, str]]:
    chance = random.Random(seed)
    return [(a.id, b.id) for a in people for b in people if a.id < b.id and chance.random() < share]


def assert_the_best(graph: Graph) -> None:
    found = solve_exactly(graph)
    ours = (
        graph.introduced(found.chosen),
        int((graph.welcomed(found.chosen) & graph.hoping).sum()),
        graph.weight(found.chosen),
    )
    assert ours == optimum(graph)
    assert found.proven
    assert (graph.degrees(found.chosen) <= graph.room).all()
    assert bound_of(graph, found.chosen, found.prices, found.bonus) >= ours[2]


@quick
@given(st.integers(0, 2**32))
def test_coverage_welcome_and_weight_equal_the_optimum(seed: int) -> None:
    graph = a_graph(seed, most=16)
    if len(graph.u):
        assert_the_best(graph)


@pytest.mark.slow
@few
@given(st.integers(0, 2**32))
def test_up_to_sixty_people_the_plan_is_the_optimum(seed: int) -> None:
    graph = a_graph(seed, most=60, least=20)
    if len(graph.u):
        assert_the_best(graph)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "seed"), [(100, 2), (200, 1), (300, 1)])
def test_of_up_to_three_hundred_people_no_plan_is_better(count: int, seed: int) -> None:
    who = taking_part(made_up(count, seed), Rules(explain=False), acquainted(count, seed), ())
    graph = full_graph(who, score_matrix(who.facts))
    found = solve_exactly(graph)
    best = proven_optimum(graph, found.chosen)
    assert found.proven
    assert best.proven == best.ours


@quick
@given(st.integers(0, 2**32))
def test_nobody_is_paired_against_the_rules_or_beyond_their_places(seed: int) -> None:
    people, rules = people_of(seed), rules_of(seed)
    never, sent = couples_of(people, seed, 0.2), couples_of(people, seed + 1, 0.05)
    plan = run_round(people, rules=rules, forbidden=never, sent=sent).plan
    by_id = {person.id: person for person in people}
    kept_apart = {frozenset(couple) for couple in (*never, *sent)}
    places = dict(plan.capacities)
    for pair in plan.pairs:
        a, b = by_id[pair.a], by_id[pair.b]
        assert a.takes_part
        assert b.takes_part
        assert frozenset((a.id, b.id)) not in kept_apart
        assert rules.allow_same_employer or not a.employer or a.employer != b.employer
        assert not a.languages or not b.languages or set(a.languages) & set(b.languages)
        assert rules.format != "hybrid" or {a.mode, b.mode} != {"in_person", "virtual"}
        assert rules.kind != "mentorship" or a.mentor is None or a.mentor != b.mentor
        for person in (a.id, b.id):
            places[person] -= 1
    assert min(places.values(), default=0) >= 0
    assert all(0 <= pair.score <= 65535 for pair in plan.pairs)


@quick
@given(st.integers(0, 2**32))
def test_everybody_has_an_introduction_or_is_named_with_a_reason(seed: int) -> None:
    people, rules = people_of(seed), rules_of(seed)
    sent = couples_of(people, seed + 1, 0.05)
    plan = run_round(people, rules=rules, sent=sent).plan
    met = {i for pair in plan.pairs for i in (pair.a, pair.b)}
    coming = {person.id for person in people if person.takes_part}
    met |= {i for couple in sent if set(couple) <= coming for i in couple}
    assert {one.id for one in plan.left_out} == coming - met
    assert all(one.sentence.endswith(".") for one in plan.left_out)


@pytest.mark.slow
@quick
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_the_order_of_people_changes_nothing(seed: int, chance: random.Random) -> None:
    people, rules = people_of(seed), rules_of(seed)
    never = couples_of(people, seed, 0.2)
    mixed = people.copy()
    chance.shuffle(mixed)
    flipped = [couple[::-1] for couple in reversed(never)]
    assert run_round(people, rules=rules, forbidden=never).plan == run_round(mixed, rules=rules, forbidden=flipped).plan


@pytest.mark.slow
@quick
@given(st.integers(0, 2**32))
def test_people_who_do_not_take_part_change_nothing(seed: int) -> None:
    people, rules = people_of(seed), rules_of(seed)
    strangers = [replace(p, id=f"x{p.id}", consent=False) for p in people_of(seed + 1)]
    strangers += [replace(p, id=f"y{p.id}", coming=False) for p in people_of(seed + 2)]
    coming = [person for person in people if person.takes_part]
    assert run_round([*people, *strangers], rules=rules).plan == run_round(coming, rules=rules).plan


@quick
@given(st.integers(0, 2**32))
def test_the_certificate_is_a_true_bound_and_verifies_in_one_pass(seed: int) -> None:
    people, rules = people_of(seed), rules_of(seed)
    found = run_round(people, rules=rules, forbidden=couples_of(people, seed, 0.2))
    verdict = check_certificate(found.plan, found.edges())
    assert verdict.problems == ()
    assert found.plan.weight <= found.plan.bound
    assert verdict.bound == pytest.approx(found.plan.bound, abs=1)


@pytest.mark.slow
@quick
@given(st.integers(0, 2**32))
def test_a_score_is_the_same_from_both_sides(seed: int) -> None:
    people, rules = people_of(seed), rules_of(seed)
    found = run_round(people, rules=rules)
    again = run_round([replace(p) for p in reversed(people)], rules=rules)
    assert dict(_scores(found.edges())) == dict(_scores(again.edges()))


def _scores(edges: Iterable[tuple[str, str, int]]) -> list[tuple[frozenset[str], int]]:
    return [(frozenset((a, b)), score) for a, b, score in edges]


@quick
@given(st.integers(0, 2**32), st.integers(0, 2**20))
def test_any_prices_whatever_bound_the_optimum(seed: int, luck: int) -> None:
    graph = a_graph(seed, most=10)
    if not len(graph.u):
        return
    chance = np.random.default_rng(luck)
    prices = rounded(chance.normal(0, 30_000, graph.people))
    bonus = rounded(np.abs(chance.normal(0, 20_000, graph.people)))
    best = solve_exactly(graph)
    assert bound_of(graph, best.chosen, prices, bonus) >= graph.weight(best.chosen)
