"""What becomes of an introduction: the rule alone, without a store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intro.domain.introductions import (
    Answer,
    AnswerTooLate,
    Introduction,
    IntroductionUnknown,
    Seat,
    answered,
    counting_on,
    expired,
    seen_by,
    settled,
    without,
)
from shared.ids import AttendeeId, GatheringId, IntroductionId

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=3)
DANA, LEE, RUTH = AttendeeId("dana"), AttendeeId("lee"), AttendeeId("ruth")


def an_introduction(*people: AttendeeId, asked: bool = True, **fields: Any) -> Introduction:
    seats = tuple(Seat(person, asked=asked) for person in people or (DANA, LEE))
    base = Introduction(IntroductionId("i"), GatheringId("g"), seats, NOON + timedelta(days=2), settled(seats))
    return replace(base, **fields)


def after(introduction: Introduction, *answers: tuple[AttendeeId, Answer]) -> Introduction:
    for who, answer in answers:
        introduction = answered(introduction, who, answer, now=NOON)
    return introduction


def test_two_who_accept_are_introduced() -> None:
    assert after(an_introduction(), (DANA, "accept"), (LEE, "accept")).status == "made"


def test_where_nobody_has_to_be_asked_it_is_made_at_once() -> None:
    assert an_introduction(asked=False).status == "made"


def test_one_pass_of_two_ends_it() -> None:
    assert after(an_introduction(), (DANA, "pass")).status == "passed"


def test_a_repeated_answer_changes_nothing() -> None:
    once = after(an_introduction(), (DANA, "accept"))
    assert answered(once, DANA, "accept", now=NOON) is once


def test_a_repeated_answer_is_silent_even_when_it_is_too_late() -> None:
    made = after(an_introduction(), (DANA, "accept"), (LEE, "accept"))
    assert answered(made, DANA, "accept", now=LATER) is made


def test_a_pass_can_be_taken_back_while_there_is_time() -> None:
    assert after(an_introduction(), (DANA, "pass"), (DANA, "accept"), (LEE, "accept")).status == "made"


def test_after_it_was_made_nobody_can_pass() -> None:
    made = after(an_introduction(), (DANA, "accept"), (LEE, "accept"))
    with pytest.raises(AnswerTooLate, match="introduced already"):
        answered(made, DANA, "pass", now=NOON)


def test_after_its_time_no_answer_counts() -> None:
    with pytest.raises(AnswerTooLate):
        answered(an_introduction(), DANA, "accept", now=LATER)


def test_a_stranger_cannot_answer() -> None:
    with pytest.raises(IntroductionUnknown):
        answered(an_introduction(), RUTH, "accept", now=NOON)


@pytest.mark.parametrize("mine", [None, "accept"])
@pytest.mark.parametrize("now", [NOON, LATER])
def test_a_pass_is_never_shown_to_the_other(mine: Answer | None, now: datetime) -> None:
    not_answered = an_introduction() if mine is None else after(an_introduction(), (LEE, mine))
    passed = after(not_answered, (DANA, "pass"))
    assert seen_by(passed, LEE, now=now) == seen_by(not_answered, LEE, now=now)


def test_whoever_answers_after_a_pass_cannot_tell() -> None:
    passed = after(an_introduction(), (DANA, "pass"), (LEE, "accept"))
    assert seen_by(passed, LEE, now=NOON) == "accepted"
    assert seen_by(passed, LEE, now=LATER) == "expired"


def test_who_counts_on_it_is_told_of_a_cancellation_whether_or_not_there_was_a_pass() -> None:
    accepted = after(an_introduction(), (LEE, "accept"))
    passed = after(accepted, (DANA, "pass"))
    assert counting_on(accepted, now=NOON) == counting_on(passed, now=NOON) == (LEE,)


def test_a_table_is_made_by_those_who_want_it_when_its_time_is_over() -> None:
    table = after(an_introduction(DANA, LEE, RUTH), (DANA, "accept"), (RUTH, "accept"))
    made = expired(table, now=LATER)
    assert (made.status, made.people) == ("made", (DANA, RUTH))


def test_a_table_goes_on_when_one_of_three_leaves() -> None:
    table = without(an_introduction(DANA, LEE, RUTH, asked=False), DANA)
    assert (table.status, table.people) == ("made", (LEE, RUTH))


def test_a_pair_ends_when_one_of_two_leaves() -> None:
    assert without(an_introduction(asked=False), DANA).status == "withdrawn"


ANSWERS = st.lists(st.tuples(st.sampled_from([DANA, LEE, RUTH]), st.sampled_from(["accept", "pass"])), max_size=8)


@given(ANSWERS)
def test_only_those_who_agree_are_ever_introduced(answers: list[tuple[AttendeeId, Answer]]) -> None:
    table, last = an_introduction(DANA, LEE, RUTH), dict[AttendeeId, Answer]()
    for who, answer in answers:
        if table.status == "made":
            break
        table = answered(table, who, answer, now=NOON)
        last[who] = answer
    final = expired(table, now=LATER)
    if final.status == "made":
        assert len(final.people) >= 2
        assert all(last.get(person) == "accept" for person in final.people)


@given(ANSWERS, st.sampled_from([NOON, LATER]))
def test_what_one_sees_of_a_pair_does_not_depend_on_the_others_pass(
    answers: list[tuple[AttendeeId, Answer]], now: datetime
) -> None:
    mine = [(who, answer) for who, answer in answers if who == LEE]
    alone = after(an_introduction(), *mine)
    with_pass = after(an_introduction(), (DANA, "pass"), *mine)
    assert seen_by(with_pass, LEE, now=now) == seen_by(alone, LEE, now=now)


def test_every_state_of_two_answers_is_one_of_ours() -> None:
    answers: tuple[Answer | None, ...] = (None, "accept", "pass")
    for a, b in product(answers, repeat=2):
        seats = (Seat(DANA, answer=a), Seat(LEE, answer=b))
        assert settled(seats) in ("suggested", "accepted", "made", "passed")
        assert settled(seats, due=True) in ("expired", "made", "passed")
