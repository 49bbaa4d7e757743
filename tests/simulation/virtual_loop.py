"""The place for virtual time: an event loop that never waits, and that runs what is ready in an order drawn by lot."""

import asyncio
import contextvars
import functools
import inspect
import random
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

R = TypeVar("R")

ENOUGH_STEPS = 3_000_000


class TooManySteps(Exception):
    """Something spins: so many callbacks ran that the world cannot be sane."""


class Stuck(Exception):
    """Nothing is ready and nothing is scheduled: everybody waits for somebody else."""


class _NoSockets:
    """Stands where the selector stands, and turns waiting into the passing of virtual time."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Stuck
        self._loop.elapsed += max(0.0, timeout)
        return []

    def register(self, *_: Any) -> None: ...

    def unregister(self, *_: Any) -> None: ...

    def modify(self, *_: Any) -> None: ...

    def close(self) -> None: ...

    def get_map(self) -> dict[Any, Any]:
        return {}

    def get_key(self, fileobj: Any) -> Any:
        raise KeyError(fileobj)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time stands still while anything is ready, then jumps to the next timer."""

    _ready: Any
    _scheduled: Any

    def __init__(self, chance: random.Random | None) -> None:
        self.elapsed, self.steps, self._chance = 0.0, 0, chance
        self.failure: BaseException | None = None
        super().__init__(_NoSockets(self))  # type: ignore[arg-type]

    def time(self) -> float:
        return self.elapsed

    call_soon_threadsafe = asyncio.SelectorEventLoop.call_soon  # there is one thread, and no selector to wake

    def _run_once(self) -> None:
        ready = self._ready
        if self._chance is not None and len(ready) > 1:
            mixed = list(ready)
            self._chance.shuffle(mixed)
            ready.clear()
            ready.extend(mixed)
        self.steps += 1
        if self.steps > ENOUGH_STEPS:
            raise TooManySteps(f"{self.steps} steps in {self.elapsed:.1f} virtual seconds")
        super()._run_once()  # type: ignore[misc]

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """What is meant for a thread is computed here and now, and its answer comes a little later."""
        future = self.create_future()
        context = contextvars.copy_context()

        def compute() -> None:
            if future.cancelled():
                return
            try:
                future.set_result(context.run(func, *args))
            except Exception as error:  # noqa: BLE001 - for whoever waits for it
                future.set_exception(error)

        self.call_later(0.001, compute)
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """A callback that raises would be forgotten by everybody who waits for it: that ends everything, unless a test
        has said that it expects that.
        """
        if "handle" in context and "exception" in context and self.get_exception_handler() is None:
            self.failure = self.failure or context["exception"]
            self.stop()
        else:
            super().call_exception_handler(context)

    def _make_self_pipe(self) -> None: ...

    def _close_self_pipe(self) -> None: ...

    def _write_to_self(self) -> None: ...


def in_virtual_time(main: Coroutine[Any, Any, R], *, chance: random.Random | None = None) -> R:
    """Runs a coroutine to its end in virtual time; what it leaves running is dropped."""
    loop = VirtualLoop(chance)
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    except RuntimeError:
        if loop.failure is not None:
            raise loop.failure from None
        raise
    finally:
        _drop_everything(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _drop_everything(loop: VirtualLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop._chance = None
    for _ in range(20):  # a task may take a few steps to end; whoever refuses is left behind
        if not loop._ready:
            break
        loop.call_soon(loop.stop)
        loop.run_forever()
    for task in asyncio.all_tasks(loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop._ready.clear()
    loop._scheduled.clear()


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Makes a test of an async function that runs in virtual time."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        in_virtual_time(test(*args, **kwargs))

    return run


async def until(predicate: Callable[[], Any], *, within: float = 120.0, what: str = "what was waited for") -> Any:
    """Waits, at most so many virtual seconds, until `predicate()`, or what it awaits, is true; returns what it gave."""
    deadline = asyncio.get_running_loop().time() + within
    pause = 0.02
    while True:
        answer = predicate()
        answer = await answer if inspect.isawaitable(answer) else answer
        if answer:
            return answer
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"after {within:g} virtual seconds still no {what}; the last answer was {answer!r}")
        await asyncio.sleep(pause)
        pause = min(30.0, pause * 1.1)


@contextmanager
def running(*coroutines: Coroutine[Any, Any, Any]) -> Iterator[list["asyncio.Task[Any]"]]:
    """Loops that run beside a test; they are cancelled at its end."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
