"""What an introduction is worth."""

from dataclasses import replace

import numpy as np
import pytest

from deploy.bench.people import made_up
from services.intro.domain.matching.large.packed import pack
from services.intro.domain.matching.taking_part import taking_part
from services.intro.domain.people import SHAREABLE, Person, Rules
from services.intro.domain.scoring.facts import encode
from services.intro.domain.scoring.score import Gains, against
from services.intro.domain.scoring.weights import weights
from tests.intro.matching.somebody import DANA, LEE, SAM, crowd, somebody

ROUND_TABLE = Rules(kind="roundtable")


def between(a: Person, b: Person, *others: Person, rules: Rules = ROUND_TABLE) -> Gains:
    return against(encode([a, b, *others], rules), 0, np.array([1]))


def score(a: Person, b: Person, *others: Person, rules: Rules = ROUND_TABLE) -> int:
    return int(between(a, b, *others, rules=rules).scores[0])


def test_both_gain_the_same_from_each_side() -> None:
    assert score(DANA, LEE) == score(LEE, DANA) > 0


def test_people_who_help_each_other_rank_before_one_who_only_asks() -> None:
    asks_only = replace(LEE, id="kim", offers=(), stage=None, interests=())
    assert score(DANA, LEE, asks_only) > score(DANA, asks_only, LEE)


def test_an_interest_that_nearly_everybody_picked_counts_nothing() -> None:
    people = crowd(30, interests=("dinner",))
    assert between(people[0], people[1], *people[2:]).mine[0][0] <= 0


def test_a_rare_interest_counts_more_than_a_frequent_one() -> None:
    many = crowd(20, interests=("coffee",))
    a, rare = somebody(91, interests=("coffee", "bookplates")), somebody(92, interests=("bookplates", "x"))
    frequent = somebody(93, interests=("coffee", "y"))
    assert between(a, rare, frequent, *many).mine[0] > between(a, frequent, rare, *many).mine[0]


def test_what_is_not_shared_counts_nothing() -> None:
    hidden = replace(LEE, share=SHAREABLE - {"interests", "offers", "stage", "place"})
    blank = replace(LEE, interests=(), offers=(), stage=None, place=SAM.place)
    assert score(DANA, hidden) == score(DANA, blank)


def test_two_blank_profiles_are_no_perfect_match() -> None:
    assert score(SAM, replace(SAM, id="kim")) < score(DANA, LEE)


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"employer": "RIDGE COUNTY LIBRARY, Inc."}, ROUND_TABLE),
        ({"languages": ("Spanish",)}, ROUND_TABLE),
        ({"mode": "virtual"}, Rules(format="hybrid")),
    ],
)
def test_the_rules_forbid_a_pair(change: dict[str, str], rules: Rules) -> None:
    assert score(replace(DANA, mode="in_person"), replace(LEE, **change), rules=rules) == -1  # type: ignore[arg-type]


def test_colleagues_may_meet_where_the_organiser_says_so() -> None:
    colleague = replace(LEE, employer=DANA.employer)
    assert score(DANA, colleague, rules=Rules(allow_same_employer=True)) > 0


def test_mentors_are_not_introduced_to_mentors_at_a_mentorship_gathering() -> None:
    mentors = replace(DANA, mentor="mentor"), replace(LEE, mentor="mentor")
    assert score(*mentors, rules=Rules(kind="mentorship")) == -1
    assert score(*mentors, rules=Rules(kind="conference")) >= 0


def test_who_got_little_so_far_comes_first() -> None:
    served, waiting = replace(LEE, had=5), replace(LEE, id="kim", had=0)
    assert score(DANA, waiting, served) > score(DANA, served, waiting)


def test_goals_and_feedback_move_the_weights_within_bounds() -> None:
    base = weights(SAM, "conference")
    friendly = weights(replace(SAM, goals=("make friends",)), "conference")
    taught = weights(replace(SAM, weights={"ground": 1000.0, "help": 0.0}), "conference")
    assert friendly[0] > base[0]
    assert taught[0] == 4 * base[0] or taught[0] == 400
    assert taught[1] == round(base[1] / 4)


def test_in_a_discussion_a_question_finds_who_knows_about_it() -> None:
    asks, knows = somebody(1, asks=("zines",)), somebody(2, interests=("zine",))
    assert between(asks, knows, rules=Rules(kind="discussion")).mine[1][0] == 1000
    assert between(asks, knows, rules=ROUND_TABLE).mine[1][0] == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["conference", "mentorship", "discussion"])
def test_the_compiled_score_is_the_same_number_by_number(kind: str) -> None:
    from services.intro.domain.matching.large.scorer import mark, no_marks, score_all, unmark  # noqa: PLC0415 - it compiles

    rules = Rules(kind=kind, format="hybrid")  # type: ignore[arg-type]
    people = [*made_up(120, 4), DANA, LEE, SAM, replace(SAM, id="eve", mode="virtual", languages=("en", "es"))]
    who = taking_part(people, rules, [], [])
    packed, everybody = pack(who), np.arange(len(people), dtype=np.int32)
    marks, ours = no_marks(packed), np.zeros(len(people), dtype=np.int32)
    for u in range(len(people)):
        mark(packed, marks, u)
        score_all(packed, marks, u, everybody, len(everybody), ours)
        unmark(packed, marks, u)
        assert ours.tolist() == against(who.facts, u, everybody).scores.tolist()
    assert not marks.any()
