"""The place for the fakes that tests and the simulation share; the bus among them passes the real ones' suite."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from shared.bus import BusUnavailable, Entry, OnEntries
from shared.clock import Clock
from shared.db import read_with
from shared.jobs import Job
from shared.runner import ENDING, GROUP_COMMIT_MOST, SqlRunner
from shared.signals import Signals
from shared.transaction import StoreUnavailable, Transaction, unavailable
from tests.simulation.virtual_loop import VirtualLoop

P = ParamSpec("P")
R = TypeVar("R")

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday on which nothing special happens."""

READ_MOST = 100


class FakeClock:
    """Virtual time on a virtual loop; elsewhere time stands still. The wall clock leaps when it is told to."""

    def __init__(self, now: datetime = NOON) -> None:
        self._start = now

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return 0.0
        return loop.time() if isinstance(loop, VirtualLoop) else 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def leap(self, by: timedelta) -> None:
        """The wall clock jumps, either way; seconds that pass are not touched."""
        self._start += by


@dataclass(slots=True)
class FakeStream:
    """One stream as Redis keeps it: its entries, its last id, and how far each group says it has read."""

    entries: list[tuple[int, int, Entry]] = field(default_factory=list)
    """(sequence, part of the id after the dash, entry): a stranger's id need not end in `-0`."""
    last: tuple[int, int] = (0, 0)
    groups: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "FakeStream":
        return FakeStream(list(self.entries), self.last, dict(self.groups))


class FakeBroker:
    """A broker's memory: it can go, come back, forget what it did last, or be flushed."""

    def __init__(self) -> None:
        self.streams: dict[str, FakeStream] = {}
        self.up = True
        self.news = asyncio.Event()
        self.readers: dict[FakeSubscription, None] = {}  # in order, as a simulation has to be the same each time
        self._on_disk: dict[str, FakeStream] = {}

    def stream(self, name: str) -> FakeStream:
        return self.streams.setdefault(name, FakeStream())

    def save(self) -> None:
        """What survives the next power cut."""
        self._on_disk = {name: stream.copy() for name, stream in self.streams.items()}

    def go(self) -> None:
        """Every connection is lost until it is back."""
        self.up = False
        for reader in list(self.readers):
            reader.lose_connection()

    def lose_power(self) -> None:
        """It goes, and will have forgotten everything since it last saved."""
        self.go()
        self.streams = {name: stream.copy() for name, stream in self._on_disk.items()}

    def come_back(self) -> None:
        self.up = True

    def flush(self) -> None:
        self.streams = {}
        self._wake()

    def add(self, name: str, entry: Entry, *, part: int = 0) -> None:
        """Adds an entry as anybody with a client may. Its id must be above the last."""
        stream = self.stream(name)
        assert (entry.sequence, part) > stream.last, f"{entry.sequence}-{part} is not above {stream.last}"
        stream.entries.append((entry.sequence, part, entry))
        stream.last = (entry.sequence, part)
        self._wake()

    def _wake(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


async def no_trouble() -> None:
    """A network on which nothing ever happens, not even the passing of time."""


class FakeBus:
    """The bus on a fake broker. `network` is awaited on the way there and back: it waits, or raises BusUnavailable."""

    def __init__(
        self, broker: FakeBroker | None = None, *, network: Callable[[], Awaitable[None]] = no_trouble
    ) -> None:
        self.broker = broker or FakeBroker()
        self._network = network

    async def append(self, stream: str, *, previous: int, entries: Sequence[Entry]) -> int:
        def compare_and_publish() -> int:
            there = self.broker.streams.get(stream)
            top = there.last[0] if there else 0
            if top != previous:
                return top
            for entry in entries:
                self.broker.add(stream, entry)
            return entries[-1].sequence if entries else top

        return await self._ask(compare_and_publish)

    async def top(self, stream: str) -> int:
        return (await self.tops([stream]))[stream]

    def together(self, streams: Sequence[str]) -> Sequence[Sequence[str]]:
        return [streams] if streams else []

    async def tops(self, streams: Sequence[str]) -> Mapping[str, int]:
        there = self.broker.streams
        return await self._ask(lambda: {name: there[name].last[0] if name in there else 0 for name in streams})

    async def subscribe(self, stream: str, *, position: int, on_entries: OnEntries) -> "FakeSubscription":
        await self.ping()
        return FakeSubscription(self, stream, position, on_entries)

    async def mark(self, stream: str, *, group: str, position: int) -> None:
        await self._ask(lambda: self.broker.stream(stream).groups.update({group: position}))

    async def marks(self, stream: str) -> Mapping[str, int]:
        there = await self._ask(lambda: self.broker.streams.get(stream))
        return dict(there.groups) if there else {}

    async def trim(self, stream: str, *, below: int) -> None:
        await self._keep(stream, lambda sequence: sequence >= below)

    async def remove(self, stream: str, *, sequences: Sequence[int]) -> None:
        gone = set(sequences)
        await self._keep(stream, lambda sequence: sequence not in gone)

    async def forget(self, stream: str) -> None:
        await self._ask(lambda: self.broker.streams.pop(stream, None))

    async def ping(self) -> None:
        await self._ask(lambda: None)

    async def close(self) -> None:
        for reader in list(self.broker.readers):
            if reader.bus is self:
                await reader.stop()

    async def read(self, stream: str, after: tuple[int, int]) -> list[tuple[int, int, Entry]]:
        """What one XREAD gives at once: nothing when nothing is there."""

        def some() -> list[tuple[int, int, Entry]]:
            there = self.broker.streams.get(stream)
            return [found for found in there.entries if found[:2] > after][:READ_MOST] if there else []

        return await self._ask(some)

    async def _keep(self, stream: str, wanted: Callable[[int], bool]) -> None:
        def sift() -> None:
            if (there := self.broker.streams.get(stream)) is not None:
                there.entries = [found for found in there.entries if wanted(found[0])]

        await self._ask(sift)

    async def _ask(self, question: Callable[[], R]) -> R:
        await self._network()
        if not self.broker.up:
            raise BusUnavailable
        answer = question()
        await self._network()
        if not self.broker.up:
            raise BusUnavailable
        return answer


class FakeSubscription:
    """A read that goes on from where it is, like XREAD does, whatever the broker forgot meanwhile."""

    def __init__(self, bus: FakeBus, stream: str, position: int, on_entries: OnEntries) -> None:
        self.bus, self._stream, self._after, self._on_entries = bus, stream, (position, 0), on_entries
        self._lost = asyncio.Event()
        bus.broker.readers[self] = None
        self._task = asyncio.create_task(self._read(), name=f"read-{stream}")

    def lose_connection(self) -> None:
        self._lost.set()

    async def ended(self) -> None:
        await self._lost.wait()

    async def stop(self) -> None:
        self.bus.broker.readers.pop(self, None)
        self._task.cancel()

    async def _read(self) -> None:
        try:
            while not self._lost.is_set():
                news = self.bus.broker.news
                if found := await self.bus.read(self._stream, self._after):
                    self._after = found[-1][:2]
                    await self._on_entries([entry for _, _, entry in found])
                else:
                    await _first_of(news, self._lost)
        except BusUnavailable:
            self._lost.set()


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


class InlineRunner(SqlRunner[Any]):
    """The real runner's batches on the loop's own thread, so that a test decides when, and what breaks where."""

    def __init__(
        self,
        engine: Engine,
        *,
        source: str = "rsvp",
        store: Callable[[sa.Connection], Any] | None = None,
        clock: Clock | None = None,
        signals: Signals | None = None,
        partitions: int = 1,
        chance: random.Random | None = None,
        latency: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._engine, self._source, self._store = engine, source, store or PlainStore
        self._clock, self._signals = clock or FakeClock(), signals or Signals()
        self._partitions, self._chance = partitions, chance or random.Random(7)
        self._latency = latency
        self._waiting: list[Job] = []
        self._closed = False

    async def __call__(
        self, handler: Callable[Concatenate[Transaction[Any], P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        if self._closed:
            raise StoreUnavailable(ENDING)
        job = Job.of(handler, args, kwargs)
        self._waiting.append(job)
        if len(self._waiting) == 1:
            job.loop.call_later(self._latency(), self._drain)
        return await job.future  # type: ignore[no-any-return]  # what the handler returns

    async def read(self, view: Callable[Concatenate[Any, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        if self._closed:
            raise StoreUnavailable(ENDING)
        await asyncio.sleep(self._latency())
        try:
            return read_with(self._engine, lambda sql: view(self._store(sql), *args, **kwargs))
        except DBAPIError as error:
            raise unavailable(error) from error

    def close(self) -> None:
        self._closed = True
        while self._waiting:
            self._drain()
        self._engine.dispose()

    def _drain(self) -> None:
        batch, self._waiting = self._waiting[:GROUP_COMMIT_MOST], self._waiting[GROUP_COMMIT_MOST:]
        if not batch:
            return  # the end came before its turn
        if self._waiting:
            batch[0].loop.call_later(self._latency(), self._drain)
        self._run_batch(batch)


@dataclass(slots=True)
class PlainStore:
    """A store with no repositories: for tests of the ground, which speak SQL themselves."""

    sql: sa.Connection
