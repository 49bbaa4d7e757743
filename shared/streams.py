"""The place for reading: from the committed position, one batch is committed while the next one is read."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog

from shared import telemetry, tracing
from shared.batches import consume, set_aside, unbroken
from shared.bus import Bus, BusUnavailable, Entry, Subscription
from shared.cancelling import cancelled, to_the_end
from shared.clock import Clock
from shared.contracts.envelope import Envelope, EventData
from shared.positions import PositionMoved, count_approach, open_position
from shared.transaction import Runner, StoreUnavailable, Transaction

log = structlog.get_logger()

Hears = Mapping[type[EventData], Callable[[Transaction[Any], Any], None]]
"""The list of what a service hears: one short function an event type."""

HOLE_PATIENCE_SECONDS = 30.0
DEATHS_UNTIL_SINGLE, DEATHS_UNTIL_PARKED = 3, 6
RETRY_SECONDS = (0.2, 1.0)
MARK_PAUSE_SECONDS, MARK_AGAIN_SECONDS = 0.1, 1.0
MANY = 10  # in one read: more wait behind them, and are read while these are committed
SLOW_SECONDS = 0.5  # for a commit: what comes meanwhile is read
AHEAD_MOST = 200  # entries that are read and wait for the commit of those before them


class Reader:
    """Follows one stream for one service, as long as it is asked to.

    With `linger` (in seconds) it leaves what comes little by little to gather for so long, and commits it together.
    """

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
        came_back: Callable[[], None] = lambda: None,
        linger: float = 0.0,
    ) -> None:
        self.stream, self.group = stream, group
        self._run, self._bus, self._hears, self._clock, self._chance = run, bus, hears, clock, chance
        self._came_back, self._linger = came_back, linger
        self._position = 0
        self._stale, self._room, self._moved = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._waiting: list[Entry] = []
        self._committing: asyncio.Task[None] | None = None
        self._hole_since: float | None = None
        self._proven = False  # whether this process has survived a batch from here

    @property
    def position(self) -> int:
        """The committed position, as far as this reader knows."""
        return self._position

    def start_over(self) -> None:
        """Reads on from the committed position, wherever that is now."""
        self._stale.set()

    def mark_again(self) -> None:
        """Shows how far we are once more: the broker may have forgotten it, and nothing else may come to say so."""
        self._moved.set()

    async def follow(self) -> None:
        """Reads until cancelled; whatever happens, it goes on from the committed position.

        `came_back` is called when the broker answers after it did not: it may have forgotten anything meanwhile.
        """
        was_away = False
        while True:
            with suppress(BusUnavailable, StoreUnavailable):
                self._position = await self._run(open_position, self.stream)
                self._stale, self._waiting = asyncio.Event(), []
                self._moved.set()  # Redis may have forgotten how far we are
                subscription = await self._bus.subscribe(self.stream, position=self._position, on_entries=self._take)
                if was_away:
                    self._came_back()
                try:
                    await self._until_stale(subscription)
                finally:
                    await to_the_end(self._leave(subscription))
            was_away = not self._stale.is_set()
            await self._clock.sleep(self._chance.uniform(*RETRY_SECONDS))

    async def _until_stale(self, subscription: Subscription) -> None:
        waits = [
            asyncio.create_task(self._stale.wait()),
            asyncio.create_task(subscription.ended()),
            asyncio.create_task(self._keep_marking()),
            asyncio.create_task(self._miss_what_is_gone()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await to_the_end(cancelled(waits))

    async def _leave(self, subscription: Subscription) -> None:
        await subscription.stop()
        await cancelled([self._committing] if self._committing else [])

    async def _keep_marking(self) -> None:
        """Shows to people's tools, and to whoever tidies the stream, how far we are: some times a second at most, and
        again when that failed, for nothing new may come for long.
        """
        while True:
            await self._moved.wait()
            self._moved.clear()
            pause = MARK_PAUSE_SECONDS
            try:
                await self._bus.mark(self.stream, group=self.group, position=self._position)
            except BusUnavailable:
                self._moved.set()
                pause = MARK_AGAIN_SECONDS
            await self._clock.sleep(pause)

    async def _miss_what_is_gone(self) -> None:
        """What the broker once had beyond our position and never hands out is gone there, and nothing new may come to
        show the hole: it was trimmed, and a power cut undid what began a replay. Ends when the subscription does.
        """
        with suppress(BusUnavailable):
            top = await self._bus.top(self.stream)
            while (before := self._position) < top:
                await self._clock.sleep(HOLE_PATIENCE_SECONDS)
                if self._position == before and not self._waiting and (not self._committing or self._committing.done()):
                    log.error("reader.hole", stream=self.stream, position=before, top=top)
                    await self._have_it_told_again()
                    break
        await self._stale.wait()

    async def _take(self, entries: Sequence[Entry]) -> None:
        """Takes in what was read; returns when more may be read."""
        self._waiting += entries
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit_what_waits())
        if len(entries) < MANY:  # asking for more would only take the interpreter from who commits these
            await asyncio.wait([self._committing], timeout=SLOW_SECONDS)
            await self._clock.sleep(self._linger)
        while len(self._waiting) >= AHEAD_MOST:
            self._room.clear()
            await self._room.wait()

    async def _commit_what_waits(self) -> None:
        """Never raises: what cannot be committed makes the subscription stale, and what waits is read again."""
        while self._waiting and not self._stale.is_set():
            entries, self._waiting = self._waiting, []
            self._room.set()
            await self._handle_all(entries)

    async def _handle_all(self, entries: Sequence[Entry]) -> None:
        try:
            fresh, whole = unbroken(entries, self._position)
            if fresh:
                await self._commit(fresh)
                self._hole_since = None
            if not whole:
                await self._mind_the_hole()  # before what follows, which cuts us off
                self._stale.set()
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
        self._moved.set()

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
            with suppress(BusUnavailable):
                await self._have_it_told_again()

    async def _have_it_told_again(self) -> None:
        """SQL is the truth: the relay publishes all of a stream that the broker does not know any more."""
        await self._bus.forget(self.stream)
        self._hole_since = None

    def handle(self, tx: Transaction[Any], envelope: Envelope, event: EventData | None) -> None:
        """Applies one event; a type that nobody here listens to is passed over."""
        if (handler := self._hears.get(type(event))) is not None:  # type: ignore[arg-type]
            context = tracing.Context(envelope.traceparent, envelope.correlationid)
            with tracing.acting_in(context), telemetry.span(f"hear {envelope.type}", "consumer"):
                handler(tx, event)
