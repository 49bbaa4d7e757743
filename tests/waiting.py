"""The place for waiting in tests: until something is so, never for a while."""

import asyncio
import inspect
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, overload

import pytest

PAUSE = 0.01

T = TypeVar("T")


@overload
async def wait_until(
    predicate: Callable[[], Coroutine[Any, Any, T]],
    *,
    timeout: float = ...,
    what: str = ...,
    saw: Callable[[], Any] | None = ...,
) -> T: ...


@overload
async def wait_until(
    predicate: Callable[[], T],
    *,
    timeout: float = ...,
    what: str = ...,
    saw: Callable[[], Any] | None = ...,
) -> T: ...


async def wait_until(
    predicate: Callable[[], Any],
    *,
    timeout: float = 10.0,
    what: str = "what was waited for",
    saw: Callable[[], Any] | None = None,
) -> Any:
    """Waits until `predicate()`, or what it awaits, is true, and returns what it gave.

    Fails after `timeout` seconds with `what` was waited for and what `saw()` saw instead (it may be async).
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = await _asked(predicate)
        if answer:
            return answer
        if time.monotonic() > deadline:
            arrived = f"; what did arrive: {await _asked(saw)}" if saw else f"; the last answer was {answer!r}"
            pytest.fail(f"after {timeout:g} s still no {what}{arrived}")
        await asyncio.sleep(PAUSE)


async def _asked(question: Callable[[], Any]) -> Any:
    answer = question()
    return await answer if inspect.isawaitable(answer) else answer
