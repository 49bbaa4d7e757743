"""The place for what runs: one service's relay, readers, retries and timers, supervised from start to stop."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from shared.bus import Bus, BusUnavailable
from shared.cancelling import cancelled
from shared.clock import Clock
from shared.contracts.topology import streams_read_by
from shared.due import Jobs, Scheduler
from shared.leases import RENEW_SECONDS, give_back_everything, hold
from shared.outbox import Relay
from shared.positions import how_far
from shared.retrying import ParkedRetries
from shared.signals import Signals
from shared.streams import Hears, Reader
from shared.transaction import Runner, StoreUnavailable

log = structlog.get_logger()

RESTART_SECONDS = (0.2, 5.0)
TIDY_SECONDS = 3600.0
AFTER_AN_ERASURE_SECONDS = 5.0
LOOK_BACK_SECONDS = 5.0

Task = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Service:
    """One service at work. `owner` names this replica where several share the streams; None owns them all.

    `tasks` are further loops of the service's own (name to coroutine function), supervised like the rest; `linger` is
    how long in seconds its readers let gather what comes little by little.
    """

    name: str
    run: Runner[Any]
    bus: Bus
    signals: Signals
    clock: Clock
    chance: random.Random
    hears: Hears
    jobs: Jobs
    partitions: int = 1
    owner: str | None = None
    tasks: Mapping[str, Task] = field(default_factory=dict)
    linger: float = 0.0
    readers: dict[str, Reader] = field(default_factory=dict)
    relay: Relay = field(init=False)
    _following: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    _leaving: set["asyncio.Task[None]"] = field(default_factory=set)
    _supervised: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.relay = Relay(self.run, self.bus, signals=self.signals, clock=self.clock, service=self.name)
        for stream in streams_read_by(self.name, self.partitions):
            self.reader_of(stream)

    def reader_of(self, stream: str) -> Reader:
        """The reader of a stream, which also knows how to retry its parked entries."""
        if stream not in self.readers:
            self.readers[stream] = Reader(
                stream=stream,
                group=self.name,
                run=self.run,
                bus=self.bus,
                hears=self.hears,
                clock=self.clock,
                chance=self.chance,
                came_back=self.relay.ask_anew,
                linger=self.linger,
            )
        return self.readers[stream]

    async def start(self) -> None:
        """Starts every loop; nothing here waits for the broker."""
        retries = ParkedRetries(
            group=self.name, run=self.run, reader_of=self.reader_of, signals=self.signals, clock=self.clock
        )
        scheduler = Scheduler(self.run, self.jobs, signals=self.signals, clock=self.clock, chance=self.chance)
        loops: dict[str, Task] = {
            "relay": self.relay.serve,
            "parked": retries.serve,
            "scheduler": scheduler.serve,
            "streams": self._share_streams,
            "look-back": self._look_back,
            "tidy": self._tidy,
            **self.tasks,
        }
        for name, loop in loops.items():
            self._supervised.append(asyncio.create_task(self._supervise(name, loop), name=f"{self.name}-{name}"))

    async def stop(self) -> None:
        """Stops reading first, then everything else; what is under way in the store is finished there."""
        # the one that shares the streams first: it would follow them anew
        await cancelled(task for task in self._supervised if task.get_name() == f"{self.name}-streams")
        await cancelled([*self._following.values(), *self._leaving])
        await cancelled(self._supervised)
        self._following.clear()
        self._supervised.clear()
        if self.owner is not None:
            with suppress(StoreUnavailable):
                await self.run(give_back_everything, self.owner)

    async def _supervise(self, name: str, loop: Task) -> None:
        pause = RESTART_SECONDS[0]
        while True:
            started = self.clock.monotonic()
            try:
                await loop()
            except Exception:
                log.exception("loop.failed", service=self.name, loop=name)
            else:
                log.error("loop.ended", service=self.name, loop=name)
            lived_long = self.clock.monotonic() - started > 60
            pause = RESTART_SECONDS[0] if lived_long else min(RESTART_SECONDS[1], pause * 2)
            await self.clock.sleep(self.chance.uniform(RESTART_SECONDS[0], pause))

    async def _share_streams(self) -> None:
        """Follows the streams that this replica owns, for as long as it does."""
        names = streams_read_by(self.name, self.partitions)
        while (owner := self.owner) is not None:
            pause = RENEW_SECONDS
            with suppress(StoreUnavailable):
                share = await self.run(hold, names, owner)
                self._follow_exactly(sorted(share.names))
                pause = share.renew_after
            await self.clock.sleep(pause)
        self._follow_exactly(names)
        await asyncio.get_running_loop().create_future()

    def _follow_exactly(self, names: Sequence[str]) -> None:
        for name in set(self._following) - set(names):
            leaving = asyncio.create_task(cancelled([self._following.pop(name)]))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        for name in names:
            if name not in self._following or self._following[name].done():
                follow = self._supervise(name, self.reader_of(name).follow)
                self._following[name] = asyncio.create_task(follow, name=f"{self.name}-{name}")

    async def _look_back(self) -> None:
        """Where the committed position is behind a reader's own a replay was asked for; on a quiet stream no new entry
        comes to tell.
        """
        while True:
            await self.clock.sleep(LOOK_BACK_SECONDS)
            known = {name: self.readers[name].position for name in self._following}
            with suppress(StoreUnavailable):
                committed = await self.run.read(how_far, sorted(known)) if known else {}
                for name in (name for name, position in known.items() if committed[name] < position):
                    self.readers[name].start_over()

    async def _tidy(self) -> None:
        while True:
            # after an erasure, once the readers have come past it; else now and then
            if await self.signals.wait("tidy", at_most=TIDY_SECONDS * self.chance.uniform(0.9, 1.1)):
                await self.clock.sleep(AFTER_AN_ERASURE_SECONDS)
            for name in self._following:
                self.readers[name].mark_again()  # without that, those whom we hear could not tidy
            with suppress(BusUnavailable, StoreUnavailable):
                await self.relay.tidy()
