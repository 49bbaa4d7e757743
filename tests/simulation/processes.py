"""The place for processes that die: what runs in one stops at once, and nothing it does afterwards has an effect."""

import asyncio
import contextvars
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

WHERE: contextvars.ContextVar["Process | None"] = contextvars.ContextVar("where", default=None)
"""The process in which we run; clients, the broker and the mail host run in none."""


class Process:
    """One life of one replica. `name` tells replicas apart, `life` the lives of one."""

    def __init__(self, name: str, life: int) -> None:
        self.name, self.life, self.alive = name, life, True
        self.still_until = 0.0
        self.tasks: weakref.WeakSet[NumberedTask] = weakref.WeakSet()

    def __str__(self) -> str:
        return f"{self.name}#{self.life}"

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """Runs something as part of this process."""
        token = WHERE.set(self)
        try:
            return asyncio.get_running_loop().create_task(coroutine)
        finally:
            WHERE.reset(token)

    def kill(self) -> None:
        """As `kill -9`: what waits never goes on; `finally` runs, but every port is shut."""
        self.alive = False
        for task in list(self.tasks):
            task.cancel()

    def check(self) -> None:
        """Every port asks this before and after whatever it does."""
        if not self.alive:
            raise asyncio.CancelledError

    def stall(self, seconds: float) -> None:
        """As SIGSTOP, and SIGCONT later: until then nothing it does has an effect."""
        self.still_until = max(self.still_until, asyncio.get_running_loop().time() + seconds)

    @property
    def stands_still_for(self) -> float:
        """Seconds until it goes on; none when it is not stalled."""
        return max(0.0, self.still_until - asyncio.get_running_loop().time())

    async def goes_on(self) -> None:
        """Every port waits for this before and after whatever it does."""
        self.check()
        while seconds := self.stands_still_for:
            await asyncio.sleep(seconds)
            self.check()


class NumberedTask(asyncio.Task[Any]):
    """Sets of tasks have the same order in every run: an address in memory would be another chance."""

    count = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        NumberedTask.count += 1
        self._number = NumberedTask.count
        super().__init__(*args, **options)

    def __hash__(self) -> int:
        return self._number


def track_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """From now on every task belongs to the process in whose context it was made."""
    NumberedTask.count = 0

    def make(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> "asyncio.Task[Any]":
        task = NumberedTask(coroutine, loop=loop, **options)
        context = options.get("context")
        process = WHERE.get() if context is None else context.get(WHERE)
        if process is not None:
            process.tasks.add(task)
            if not process.alive:
                task.cancel()
        return task

    loop.set_task_factory(make)


Kill = Callable[[Process], None]
