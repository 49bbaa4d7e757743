"""Waiting in tests ends as soon as it can, and otherwise says what it saw."""

import pytest

from tests.waiting import wait_until


async def test_waiting_returns_what_was_waited_for() -> None:
    answers = iter([None, None, "here"])
    assert await wait_until(lambda: next(answers)) == "here"


async def test_the_question_may_be_async() -> None:
    async def arrived() -> int:
        return 3

    assert await wait_until(arrived) == 3


async def test_a_wait_that_fails_says_what_did_arrive() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"still no third mail; what did arrive: \['first'\]"):
        await wait_until(lambda: False, timeout=0.02, what="third mail", saw=lambda: ["first"])


async def test_a_wait_that_fails_with_nothing_to_show_gives_the_last_answer() -> None:
    with pytest.raises(pytest.fail.Exception, match="still no mail; the last answer was 0"):
        await wait_until(lambda: 0, timeout=0.02, what="mail")
