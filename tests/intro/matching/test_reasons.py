"""The sentences people read."""

from dataclasses import replace

import pytest

from services.intro.domain.matching import Pair, plan_round
from services.intro.domain.names import first_name, listed
from services.intro.domain.openers import KICK_STARTERS
from services.intro.domain.people import SHAREABLE, Person, Place, Rules
from tests.intro.matching.somebody import DANA, LEE, SAM, somebody

RULES = Rules(kind="roundtable", title="the spring round table")
OTHERS = [somebody(i, employer=f"Library {i}", capacity=0, interests=("x",)) for i in range(12)]


def the_pair(a: Person, b: Person, rules: Rules = RULES) -> Pair:
    return plan_round([a, b, *OTHERS], rules=rules).pairs[0]


def told(a: Person, b: Person, rules: Rules = RULES) -> tuple[str, ...]:
    """What `a` reads about `b`."""
    pair = the_pair(a, b, rules)
    return pair.reasons_for_a if pair.a == a.id else pair.reasons_for_b


def test_reasons_are_facts_in_the_readers_own_words() -> None:
    assert "You and Lee have trail running and Zines in common." in told(DANA, LEE)
    assert "You and Dana have trail runing and zine in common." in told(LEE, DANA)
    assert "Lee can help with data work, which you asked about." in told(DANA, LEE)


def test_there_are_one_to_three_reasons_and_never_a_score() -> None:
    for reasons in (told(DANA, LEE), told(LEE, DANA), told(SAM, LEE), told(LEE, SAM)):
        assert 1 <= len(reasons) <= 3
        assert not any(character.isdigit() for sentence in reasons for character in sentence)


def test_a_role_stands_beside_the_name_and_is_said_only_for_want_of_better() -> None:
    assert not any("role" in sentence for sentence in told(DANA, LEE))
    little = replace(LEE, interests=(), asks=(), offers=(), stage=None, place=Place())
    assert any(sentence.startswith("Lee’s role: ") for sentence in told(DANA, little))


def test_a_blank_profile_is_honestly_blank() -> None:
    assert told(DANA, SAM) == ("Sam has not told us much yet; you will both be at the spring round table.",)


def test_an_ask_and_an_offer_in_other_words_are_both_quoted() -> None:
    asks = replace(DANA, asks=("moving from cataloguing to data work",), interests=())
    assert any("“data work”" in s and "“moving from cataloguing to data work”" in s for s in told(asks, LEE))


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("interests", ("in common",)),
        ("offers", ("data work",)),
        ("asks", ("asked about MARC",)),
        ("place", ("NC", "Boone")),
        ("stage", ("experienced",)),
        ("role", ("librarian",)),
        ("employer", ("State University",)),
    ],
)
def test_nothing_is_said_that_was_not_shared(field: str, words: tuple[str, ...]) -> None:
    shy = replace(LEE, share=SHAREABLE - {field})
    pair = the_pair(DANA, shy)
    said = " ".join((*pair.reasons_for_a, *pair.reasons_for_b, pair.opener))
    assert not any(word in said for word in words)


def test_pace_is_never_told() -> None:
    pair = the_pair(DANA, replace(LEE, interests=(), asks=(), offers=(), stage=None, role=""))
    assert not any("quiet" in sentence for sentence in (*pair.reasons_for_a, *pair.reasons_for_b))


def test_a_mentor_and_who_looks_for_one_read_so() -> None:
    mentor, mentee = replace(LEE, mentor="mentor"), replace(DANA, mentor="mentee")
    rules = replace(RULES, kind="mentorship")
    assert "Lee is here as a mentor, and you are looking for one." in told(mentee, mentor, rules)
    assert "Dana is looking for a mentor, and you offered to be one." in told(mentor, mentee, rules)


def test_the_opening_question_comes_from_shared_ground_or_always_fits() -> None:
    opener = the_pair(DANA, LEE).opener
    assert opener.endswith("?")
    assert "trail run" in opener
    assert the_pair(SAM, replace(SAM, id="kim", name="Kim")).opener in KICK_STARTERS


def test_an_approved_tip_may_open() -> None:
    rules = replace(RULES, tips=("Arrive early: rooms are kinder when they are empty.",))
    openers = {the_pair(SAM, replace(SAM, id=f"k{i}", name="Kim"), rules).opener for i in range(20)}
    assert any("Arrive early" in opener for opener in openers)


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Dana Reyes", "Dana"),
        ("sally", "sally"),
        ("Dr. Ann Lee", "Dr. Ann Lee"),
        ("J. Smith", "J. Smith"),
        ("Reyes, Dana", "Reyes, Dana"),
        ("", "This person"),
    ],
)
def test_people_are_called_by_a_name_that_is_whole(name: str, called: str) -> None:
    assert first_name(name) == called


def test_lists_read_as_lists() -> None:
    assert [listed(x) for x in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == ["", "a", "a and b", "a, b and c"]
