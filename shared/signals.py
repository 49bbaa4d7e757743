"""The place for waking those who wait: a commit that leaves work behind says so, and a slow poll catches the rest."""

import asyncio
from collections import defaultdict


class Signals:
    """Named wake-up calls within one process. A signal given while nobody waits is kept until somebody does."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def give(self, name: str) -> None:
        self._events[name].set()

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
