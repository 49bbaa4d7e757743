"""The place for a clock that can be turned forward, so that a story of two months is told in seconds."""

import asyncio
from datetime import UTC, datetime, timedelta


class TurnableClock:
    """The machine's clock, ahead by as much as it was turned; sleeping takes as long as it takes."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def turn_to(self, moment: datetime) -> None:
        """It is that moment now; never backwards."""
        self._ahead = max(self._ahead, moment - datetime.now(UTC))
