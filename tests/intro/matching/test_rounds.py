"""A whole round: who meets whom, who sits together, who is left out and why."""

from dataclasses import replace

from services.intro.domain.capacity import places
from services.intro.domain.matching import Plan, check_certificate, plan_round, run_round, why_not
from services.intro.domain.matching.why_not import MANY_REASONS
from services.intro.domain.people import SHAREABLE, Rules
from tests.intro.matching.somebody import DANA, LEE, SAM, crowd, somebody


def couples(plan: Plan) -> set[frozenset[str]]:
    return {frozenset((pair.a, pair.b)) for pair in plan.pairs}


def test_pace_and_the_organisers_number_give_the_places() -> None:
    rules = Rules(per_person=3)
    paces = [places(replace(SAM, pace=pace), rules) for pace in ("quiet", "balanced", None, "outgoing")]
    assert paces == [2, 3, 3, 4]
    assert places(replace(SAM, pace="outgoing"), Rules(per_person=6)) == 6
    assert places(replace(SAM, pace="quiet"), Rules(per_person=1)) == 1
    assert places(replace(SAM, capacity=99), rules) == 6


def test_nobody_is_given_more_than_they_want_and_a_mentor_says_how_many_they_take_on() -> None:
    assert places(replace(SAM, at_most=1), Rules(per_person=3)) == 1
    assert places(replace(SAM, at_most=6), Rules(per_person=3)) == 3
    mentor = replace(SAM, mentor="mentor", at_most=5)
    assert places(mentor, Rules(per_person=2, kind="mentorship")) == 5
    assert places(mentor, Rules(per_person=2, kind="conference")) == 2
    assert places(replace(mentor, mentor="mentee"), Rules(per_person=2, kind="mentorship")) == 2


def test_nobody_and_one_person_alone_are_clear_results() -> None:
    assert plan_round([], rules=Rules()).pairs == ()
    alone = plan_round([SAM], rules=Rules())
    assert [(one.id, one.code) for one in alone.left_out] == [("sam", "alone")]


def test_each_left_out_is_named_with_what_kept_them_out() -> None:
    colleague = replace(SAM, id="col", employer=DANA.employer)
    plan = plan_round([DANA, colleague], rules=Rules())
    assert {one.sentence for one in plan.left_out} == {"Everybody else has the same employer."}
    known = plan_round([DANA, LEE], rules=Rules(), forbidden=[("lee", "dana")])
    assert {one.code for one in known.left_out} == {"no_candidate"}
    nothing = plan_round([DANA, LEE, replace(SAM, capacity=0)], rules=Rules())
    assert [(one.id, one.code) for one in nothing.left_out] == [("sam", "no_places")]


def test_weight_never_buys_a_persons_only_introduction() -> None:
    star = somebody(0, capacity=1, interests=("zines",))
    friend, stranger = somebody(1, capacity=2, interests=("zines",)), somebody(2, capacity=1)
    other = somebody(3, capacity=1, interests=("zines",))
    never = [("p0", "p3"), ("p2", "p3"), ("p1", "p2")]
    plan = plan_round([star, friend, stranger, other], rules=Rules(), forbidden=never)
    assert couples(plan) == {frozenset(("p0", "p2")), frozenset(("p1", "p3"))}


def test_where_very_many_score_alike_no_pair_is_overlooked() -> None:
    alike = [somebody(i, newcomer=i % 5 < 2, welcomer=i % 10 == 9) for i in range(400)]
    plan = plan_round(alike, rules=Rules(explain=False))
    assert (plan.welcomed, plan.left_out) == (120, ())
    assert plan.weight == plan.bound


def test_a_newcomer_meets_a_welcomer_before_a_better_score() -> None:
    new = somebody(0, newcomer=True, capacity=1, interests=("zines",))
    soulmate = somebody(1, interests=("zines",))
    host = somebody(2, welcomer=True)
    plan = plan_round([new, soulmate, host], rules=Rules())
    assert frozenset(("p0", "p2")) in couples(plan)
    assert (plan.welcomed, plan.welcomable) == (1, 1)


def test_sent_introductions_take_places_and_are_not_repeated() -> None:
    people = crowd(4, capacity=1)
    plan = plan_round(people, rules=Rules(), sent=[("p0", "p1")])
    assert couples(plan) == {frozenset(("p2", "p3"))}
    assert plan.left_out == ()


def test_a_place_is_held_back_for_late_people_by_those_who_welcome() -> None:
    people = [somebody(0, welcomer=True, capacity=4), *(somebody(i, capacity=4) for i in range(1, 8))]
    plan = plan_round(people, rules=Rules(hold_back=True))
    assert plan.capacities["p0"] == 3
    assert plan_round(people, rules=Rules()).capacities["p0"] == 4


def test_mentors_meet_those_who_look_for_one_and_not_more_than_they_can_carry() -> None:
    mentors = [somebody(i, mentor="mentor", capacity=2) for i in range(2)]
    mentees = [somebody(i, mentor="mentee", capacity=1) for i in range(2, 7)]
    plan = plan_round([*mentors, *mentees], rules=Rules(kind="mentorship", trio_for_the_odd_one=False))
    sides = {person.id: person.mentor for person in (*mentors, *mentees)}
    assert all(sides[pair.a] != sides[pair.b] for pair in plan.pairs)
    assert len(plan.pairs) == 4
    assert [one.code for one in plan.left_out] == ["places_taken"]


def test_a_happy_hour_sits_at_tables_of_three_to_five_and_the_quiet_meet_one_to_one() -> None:
    people = [*crowd(17, pace="outgoing"), *(somebody(i, pace="quiet") for i in range(17, 21))]
    plan = plan_round(people, rules=Rules(kind="happy_hour"))
    seated = [person for table in plan.tables for person in table.people]
    assert all(3 <= len(table.people) <= 5 for table in plan.tables)
    assert len(seated) == len(set(seated)) == 17
    assert not {f"p{i}" for i in range(17, 21)} & set(seated)
    assert plan.left_out == ()


def test_nobody_sits_with_somebody_they_may_not_meet() -> None:
    people = crowd(12, pace="outgoing")
    never = [("p0", f"p{i}") for i in range(1, 9)]
    plan = plan_round(people, rules=Rules(kind="happy_hour"), forbidden=never)
    for table in plan.tables:
        assert not any(set(couple) <= set(table.people) for couple in never)
    assert plan.left_out == ()


def test_the_odd_one_out_joins_a_pair_and_is_not_dropped() -> None:
    people = crowd(5)
    plan = plan_round(people, rules=Rules(per_person=1, trio_for_the_odd_one=True))
    assert plan.left_out == ()
    assert sorted(len(table.people) for table in plan.tables) == [3]
    assert len(plan.pairs) == 1


def test_a_changed_plan_does_not_pass_the_check() -> None:
    found = run_round(crowd(8), rules=Rules(per_person=2))
    assert check_certificate(found.plan, found.edges()).sound
    flattered = replace(found.plan, weight=found.plan.weight + 1)
    assert not check_certificate(flattered, found.edges()).sound
    doubled = replace(found.plan, pairs=(*found.plan.pairs, found.plan.pairs[0]))
    assert not check_certificate(doubled, found.edges()).sound
    too_tight = replace(found.plan, bound=found.plan.bound - 1000)
    assert not check_certificate(too_tight, found.edges()).sound


def test_another_seed_settles_ties_otherwise_and_the_same_one_the_same() -> None:
    people = crowd(9)
    plans = [plan_round(people, rules=Rules(per_person=2, seed=seed, explain=False)) for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert couples(plans[0]) != couples(plans[2])
    assert plans[0].weight == plans[2].weight


def test_why_not_gives_nothing_away() -> None:
    people = [DANA, LEE, SAM]
    plan = plan_round(people, rules=Rules(), forbidden=[("dana", "sam")])
    answers = {
        why_not(DANA, SAM, plan=plan, rules=Rules(), forbidden=[("sam", "dana")]),
        why_not(DANA, replace(SAM, consent=False), plan=plan, rules=Rules()),
        why_not(DANA, replace(SAM, coming=False), plan=plan, rules=Rules()),
        why_not(DANA, replace(SAM, employer=DANA.employer, share=SHAREABLE - {"employer"}), plan=plan, rules=Rules()),
    }
    assert answers == {MANY_REASONS}
    assert "suggested to each other" in why_not(DANA, LEE, plan=plan, rules=Rules())


def test_why_not_is_answered_from_the_prices() -> None:
    plan = replace(plan_round([DANA, LEE, SAM], rules=Rules()), pairs=(), prices={"dana": 9000.0, "lee": 9000.0})
    assert why_not(DANA, LEE, plan=plan, rules=Rules(), score=100).startswith("Both of you were in higher demand")
    plan = replace(plan, prices={"lee": 9000.0})
    assert why_not(DANA, LEE, plan=plan, rules=Rules(), score=100).startswith("Lee was in higher demand")
