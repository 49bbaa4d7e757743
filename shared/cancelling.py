"""The place for ending tasks: a library on the way may swallow a cancellation, so it is said until it is heard."""

import asyncio
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any

AGAIN_AFTER_SECONDS = 0.5


async def cancelled(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancels tasks and returns when all of them have ended; what they raised is nobody's any more."""
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        ended, waiting = await asyncio.wait(waiting, timeout=AGAIN_AFTER_SECONDS)
        for task in ended:
            if not task.cancelled():
                task.exception()  # looked at, so that it is not called never retrieved


async def to_the_end(coroutine: Coroutine[Any, Any, None]) -> None:
    """Runs what has to come to its end before a task may, however often that is cancelled meanwhile."""
    task = asyncio.ensure_future(coroutine)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)
    await task
