"""The place for trying parked entries again when their time comes, the first of each subject first."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from shared.batches import Hearer, try_to_handle
from shared.clock import Clock
from shared.contracts.envelope import UnreadableEntry, decode
from shared.parked import ParkedEntry, count_attempt, next_time, next_to_try, note_failure, release, take
from shared.signals import Signals
from shared.transaction import Runner, StoreUnavailable, Transaction

LONGEST_SLEEP_SECONDS = 30.0
PAUSE_SECONDS = (0.2, 1.0)


class ParkedRetries:
    """Tries parked entries again when their time comes."""

    def __init__(
        self,
        *,
        group: str,
        run: Runner[Any],
        reader_of: Callable[[str], Hearer],
        signals: Signals,
        clock: Clock,
    ) -> None:
        self._group, self._run, self._reader_of = group, run, reader_of
        self._signals, self._clock = signals, clock

    async def serve(self) -> None:
        """Runs until cancelled."""
        while True:
            wait = PAUSE_SECONDS[1]
            with suppress(StoreUnavailable):
                while await self.try_what_is_due():
                    pass
                wait = await self._until_next()
            await self._signals.wait("parked", at_most=wait)

    async def try_what_is_due(self) -> bool:
        """Tries the first entry of each subject that is due. True when one was handled, so that others may follow."""
        entries = await self._run.read(_due, self._clock.now())
        return any([await self._try(entry) for entry in entries])

    async def _until_next(self) -> float:
        at = await self._run.read(_next_try)
        if at is None:
            return LONGEST_SLEEP_SECONDS
        return max(PAUSE_SECONDS[0], min(LONGEST_SLEEP_SECONDS, (at - self._clock.now()).total_seconds()))

    async def _try(self, entry: ParkedEntry) -> bool:
        if not await self._run(count_attempt, entry, self._group):
            return False
        return await self._run(retry, self._reader_of(entry.stream), entry)


def retry(tx: Transaction[Any], reader: Hearer, entry: ParkedEntry) -> bool:
    """One attempt at one parked entry, effect and release together."""
    if not take(tx, entry):
        return False
    try:
        envelope, event = decode(entry.body.encode())
    except UnreadableEntry as error:
        note_failure(tx, entry, error.sentence)
        return False
    reason = try_to_handle(tx, reader, envelope, event)
    if reason is not None:
        note_failure(tx, entry, reason)
        return False
    release(tx, entry)
    return True


def _due(store: Any, now: datetime) -> Sequence[ParkedEntry]:
    return next_to_try(store.sql, now)


def _next_try(store: Any) -> datetime | None:
    return next_time(store.sql)
