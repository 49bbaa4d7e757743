"""The place for telling whether another replica lives: its leases are renewed, as far as our own steady clock goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Watch:
    """The leases of others, and since when each has stood still.

    A lease is a moment of its owner's wall clock. That clock, or ours, may jump in the middle of a dialogue, so a
    lease is never compared with the time: it has run out when nobody renewed it while we looked on long enough.
    """

    patience: float
    _seen: dict[int, tuple[datetime | None, float]] = field(default_factory=dict)

    def look(self, leases: Mapping[int, datetime | None], at: float) -> None:
        """Notes what others have under way, at a moment of the steady clock."""
        before, self._seen = self._seen, {}
        for number, until in leases.items():
            known = before.get(number)
            self._seen[number] = known if known and known[0] == until else (until, at)

    def silent(self, at: float) -> dict[int, datetime | None]:
        """Leases that have stood still for too long, as they were seen."""
        return {number: until for number, (until, since) in self._seen.items() if at - since >= self.patience}
