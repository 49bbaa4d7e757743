"""The place for the breaker in front of a mail host: a host in trouble is left alone, and asked again soon."""

import random

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


class Breaker:
    """Open after the first failure that is the host's, for a jittered while; then one probe decides.

    Times are monotonic seconds.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._failures = 0
        self._opens_at = 0.0

    @property
    def tripped(self) -> bool:
        """Whether the host failed last time; then a probe goes first."""
        return self._failures > 0

    def pause(self, now: float) -> float:
        """Seconds until the host may be asked again, 0 when it may."""
        return max(0.0, self._opens_at - now)

    def note_trouble(self, now: float) -> None:
        if self.pause(now):
            return  # one outage is counted once, however many mails meet it
        self._failures += 1
        ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._failures, 10))
        self._opens_at = now + self._chance.uniform(FIRST_PAUSE, ceiling)

    def note_success(self) -> None:
        self._failures, self._opens_at = 0, 0.0
