"""The place for reading: from the committed position, effects and position in one transaction, one owner a stream."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from shared import telemetry, tracing
from shared.bus import Bus, BusUnavailable, Entry, Subscription
from shared.clock import Clock
from shared.contracts.envelope import Envelope, EventData, UnreadableEntry, decode
from shared.parked import (
    BEHIND,
    ParkedEntry,
    blocked_subjects,
    count_attempt,
    next_time,
    next_to_try,
    note_failure,
    park,
    release,
    take,
)
from shared.prepared import Prepared
from shared.signals import Signals
from shared.tables import positions
from shared.transaction import Runner, StoreUnavailable, Transaction, may_be_tried_again

log = structlog.get_logger()
S = TypeVar("S")

Hears = Mapping[type[EventData], Callable[[Transaction[Any], Any], None]]
"""The list of what a service hears: one short function an event type."""

HOLE_PATIENCE_SECONDS = 30.0
LONGEST_SLEEP_SECONDS = 30.0
DEATHS_UNTIL_SINGLE, DEATHS_UNTIL_PARKED = 3, 6
RETRY_SECONDS = (0.2, 1.0)
LOOK_BACK_SECONDS = 5.0

MOVE = Prepared(
    sa.update(positions)
    .where(positions.c.stream == sa.bindparam("_stream"), positions.c.position == sa.bindparam("_from"))
    .values(position=sa.bindparam("position"), updated_at=sa.bindparam("updated_at"), attempts=0)
)
POSITION = Prepared(sa.select(positions.c.position).where(positions.c.stream == sa.bindparam("stream")))
BEGIN = Prepared.upsert(positions, lambda new: new.on_conflict_do_nothing())
COUNT = Prepared(
    sa.update(positions)
    .where(positions.c.stream == sa.bindparam("_stream"))
    .values(attempts=positions.c.attempts + 1)
    .returning(positions.c.attempts)
)
POSITIONS = Prepared(
    sa.select(positions.c.stream, positions.c.position).where(
        positions.c.stream.in_(sa.bindparam("streams", expanding=True))
    ),
    lists=["streams"],
)


class PositionMoved(Exception):
    """Another reader committed first; this batch must leave no trace."""


class Reader:
    """Follows one stream for one service, as long as it is asked to."""

    def __init__(
        self,
        *,
        stream: str,
        group: str,
        run: Runner[Any],
        bus: Bus,
        hears: Hears,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self.stream, self.group = stream, group
        self._run, self._bus, self._hears, self._clock, self._chance = run, bus, hears, clock, chance
        self._position = 0
        self._stale = asyncio.Event()
        self._hole_since: float | None = None
        self._proven = False  # whether this process has survived a batch from here

    @property
    def position(self) -> int:
        """The committed position, as far as this reader knows."""
        return self._position

    async def follow(self) -> None:
        """Reads until cancelled; whatever happens, it goes on from the committed position."""
        while True:
            with suppress(BusUnavailable, StoreUnavailable):
                self._position = await self._run(open_position, self.stream)
                self._stale = asyncio.Event()
                subscription = await self._bus.subscribe(self.stream, position=self._position, on_entries=self._take)
                try:
                    await self._until_stale(subscription)
                finally:
                    await subscription.stop()
            await self._clock.sleep(self._chance.uniform(*RETRY_SECONDS))

    async def _until_stale(self, subscription: Subscription) -> None:
        waits = [
            asyncio.create_task(self._stale.wait()),
            asyncio.create_task(subscription.ended()),
            asyncio.create_task(self._until_rewound()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _until_rewound(self) -> None:
        """Returns when the committed position is behind ours: a replay was asked for, and on a quiet stream no new
        entry comes to tell.
        """
        while True:
            await self._clock.sleep(LOOK_BACK_SECONDS)
            with suppress(StoreUnavailable):
                if (await self._run.read(how_far, (self.stream,)))[self.stream] < self._position:
                    return

    async def _take(self, entries: Sequence[Entry]) -> None:
        """Handles one batch. It never raises: a batch that cannot be committed makes the subscription stale."""
        if self._stale.is_set():
            return
        try:
            fresh, whole = unbroken(entries, self._position)
            if fresh:
                await self._commit(fresh)
                self._hole_since = None
            if not whole:
                self._stale.set()
                await self._mind_the_hole()
        except (PositionMoved, StoreUnavailable) as error:
            log.info("reader.starts_over", stream=self.stream, reason=type(error).__name__)
            self._stale.set()
        except Exception:
            log.exception("reader.failed", stream=self.stream, position=self._position)
            self._stale.set()

    async def _commit(self, entries: Sequence[Entry]) -> None:
        if not self._proven:
            entries = await self._approach(entries)
        if not entries:
            return
        try:
            await self._run(consume, self, self._position, entries)
        except (PositionMoved, StoreUnavailable):
            raise
        except Exception:  # noqa: BLE001 - some entry failed: once more, a savepoint each, to find out which
            await self._run(consume, self, self._position, entries, careful=True)
        self._position, self._proven = entries[-1].sequence, True
        with suppress(BusUnavailable):
            await self._bus.mark(self.stream, group=self.group, position=self._position)

    async def _approach(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Counts the first attempt of a new process before it is made, so that an entry that kills is found:
        after some deaths entries are taken one by one, after some more the first of them is parked untried.
        """
        attempts = await self._run(count_approach, self.stream)
        if attempts <= DEATHS_UNTIL_SINGLE:
            return entries
        self._stale.set()  # what is not taken now is read again, from behind the first entry
        if attempts > DEATHS_UNTIL_PARKED:
            log.error("entry.suspected", stream=self.stream, sequence=entries[0].sequence, attempts=attempts)
            await self._run(set_aside, self, self._position, entries[0])
            self._position = entries[0].sequence
            return ()
        return entries[:1]

    async def _mind_the_hole(self) -> None:
        now = self._clock.monotonic()
        self._hole_since = self._hole_since if self._hole_since is not None else now
        log.error("reader.hole", stream=self.stream, position=self._position)
        if now - self._hole_since > HOLE_PATIENCE_SECONDS:
            self._hole_since = None
            with suppress(BusUnavailable):
                await self._bus.forget(self.stream)  # SQL is the truth: the relay publishes all of it again

    def handle(self, tx: Transaction[Any], envelope: Envelope, event: EventData | None) -> None:
        """Applies one event; a type that nobody here listens to is passed over."""
        if (handler := self._hears.get(type(event))) is not None:  # type: ignore[arg-type]
            context = tracing.Context(envelope.traceparent, envelope.correlationid)
            with tracing.acting_in(context), telemetry.span(f"hear {envelope.type}", "consumer"):
                handler(tx, event)


def unbroken(entries: Sequence[Entry], position: int) -> tuple[Sequence[Entry], bool]:
    """The entries beyond the position, up to the first that does not follow the one before it; and whether none was so.

    What does not follow stands behind a hole: Redis forgot something, and the relay will publish it again.
    """
    fresh: list[Entry] = []
    for entry in entries:
        if entry.sequence <= position:
            continue
        if entry.after > position:
            return fresh, False
        fresh.append(entry)
        position = entry.sequence
    return fresh, True


def open_position(tx: Transaction[Any], stream: str) -> int:
    """The committed position, 0 at the very first start: from the beginning, never from `$`."""
    found: int | None = tx.sql.execute(POSITION, {"stream": stream}).scalar()
    if found is None:
        tx.sql.execute(BEGIN, {"stream": stream, "position": 0, "updated_at": tx.now})
    return found or 0


def move_position(tx: Transaction[Any], stream: str, *, from_: int, to: int) -> None:
    """Compare-and-set: the fence behind every lease. Raises PositionMoved."""
    moved = tx.sql.execute(MOVE, {"_stream": stream, "_from": from_, "position": to, "updated_at": tx.now})
    if moved.rowcount != 1:
        raise PositionMoved


def rewind(tx: Transaction[Any], streams: Sequence[str]) -> None:
    """Reads streams from the beginning again; whoever reads now loses the race and starts over there."""
    tx.sql.execute(sa.update(positions).where(positions.c.stream.in_(streams)).values(position=0, updated_at=tx.now))


def how_far(store: Any, streams: Sequence[str]) -> dict[str, int]:
    """The committed position of each stream."""
    rows = store.sql.execute(POSITIONS, {"streams": streams})
    return dict.fromkeys(streams, 0) | {row.stream: row.position for row in rows}


def count_approach(tx: Transaction[Any], stream: str) -> int:
    """How often processes have begun at this position, this one included."""
    return int(tx.sql.execute(COUNT, {"_stream": stream}).scalar_one())


def set_aside(tx: Transaction[Any], reader: Reader, position: int, entry: Entry) -> None:
    """Parks an entry untried, because processes ended again and again where it is next."""
    move_position(tx, reader.stream, from_=position, to=entry.sequence)
    try:
        envelope: Envelope | None = decode(entry.body)[0]
    except UnreadableEntry:
        envelope = None
    park(
        tx,
        reader.stream,
        entry,
        envelope=envelope,
        reason="the process ended at this entry",
        group=reader.group,
    )


def consume(
    tx: Transaction[Any], reader: Reader, position: int, entries: Sequence[Entry], *, careful: bool = False
) -> None:
    """One batch: the position first (which also locks it), then the effects, all in one transaction."""
    move_position(tx, reader.stream, from_=position, to=entries[-1].sequence)
    blocked = blocked_subjects(tx.sql, reader.stream)
    for entry in entries:
        try:
            envelope, event = decode(entry.body)
        except UnreadableEntry as error:
            park(tx, reader.stream, entry, envelope=None, reason=error.sentence, group=reader.group)
            continue
        if envelope.subject in blocked:
            park(tx, reader.stream, entry, envelope=envelope, reason=BEHIND, group=reader.group)
        elif not careful:
            reader.handle(tx, envelope, event)
        elif (reason := try_to_handle(tx, reader, envelope, event)) is not None:
            park(tx, reader.stream, entry, envelope=envelope, reason=reason, group=reader.group)
            blocked.add(envelope.subject)


def try_to_handle(tx: Transaction[Any], reader: Reader, envelope: Envelope, event: EventData | None) -> str | None:
    """Handles one event in a savepoint; answers why it failed, if it did."""
    try:
        with tx.savepoint():
            reader.handle(tx, envelope, event)
    except StoreUnavailable:
        raise
    except DBAPIError as error:
        if error.connection_invalidated or may_be_tried_again(error):
            raise
        return f"{type(error).__name__}: {error}"[:2000]
    except Exception as error:  # noqa: BLE001 - the fate of the message is decided here: it is parked
        log.warning("entry.parked", stream=reader.stream, type=envelope.type, error=type(error).__name__)
        return f"{type(error).__name__}: {error}"[:2000]
    return None


class ParkedRetries:
    """Tries parked entries again when their time comes."""

    def __init__(
        self,
        *,
        group: str,
        run: Runner[Any],
        reader_of: Callable[[str], Reader],
        signals: Signals,
        clock: Clock,
    ) -> None:
        self._group, self._run, self._reader_of = group, run, reader_of
        self._signals, self._clock = signals, clock

    async def serve(self) -> None:
        """Runs until cancelled."""
        while True:
            wait = RETRY_SECONDS[1]
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
        return max(RETRY_SECONDS[0], min(LONGEST_SLEEP_SECONDS, (at - self._clock.now()).total_seconds()))

    async def _try(self, entry: ParkedEntry) -> bool:
        if not await self._run(count_attempt, entry, self._group):
            return False
        return await self._run(retry, self._reader_of(entry.stream), entry)


def retry(tx: Transaction[Any], reader: Reader, entry: ParkedEntry) -> bool:
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
