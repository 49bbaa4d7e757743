"""The place for waking those who wait: a commit that leaves work behind says so, and a slow poll catches the rest."""

import asyncio
from collections import defaultdict, deque
from typing import Any

LEFT_MOST = 64


class Signals:
    """Named wake-up calls within one process. A signal given while nobody waits is kept until somebody does."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._left: dict[str, deque[Any]] = {}

    def give(self, name: str) -> None:
        self._events[name].set()

    def leave(self, name: str, thing: Any) -> None:
        """Leaves something for who is woken next, from any thread. It may only save work: when too much is left the
        oldest is dropped.
        """
        self._left.setdefault(name, deque(maxlen=LEFT_MOST)).append(thing)

    def collect(self, name: str) -> list[Any]:
        """What was left, oldest first, once."""
        left, found = self._left.get(name), []
        while left:
            found.append(left.popleft())
        return found

    async def wait(self, name: str, *, at_most: float) -> bool:
        """Waits for the signal, or so many seconds. True when the signal came."""
        event = self._events[name]
        try:
            async with asyncio.timeout(at_most):
                await event.wait()
        except TimeoutError:
            return False
        event.clear()
        return True
