"""The place for what a process has of the outside: a network that loses, a store that stalls, death at any of them."""

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from shared.bus import BusUnavailable
from shared.runner import ENDING
from shared.transaction import OutcomeUnknown, StoreUnavailable
from tests.fakes import InlineRunner
from tests.simulation.databases import Database, DiedHere
from tests.simulation.processes import Process


@dataclass(slots=True)
class Port:
    """What stands between a process and everything outside it: time passes, answers are lost, the process dies."""

    world: Any
    process: Process

    async def hop(self) -> None:
        """One way over the network."""
        await self.process.goes_on()
        luck, faults = self.world.luck, self.world.faults
        wait = luck.random() * 0.004
        if luck.random() < faults.network_stall:
            wait += luck.uniform(1, 12)
        await asyncio.sleep(wait)
        await self.process.goes_on()
        if luck.random() < faults.die_at_network:
            self.die("at the network")
        if luck.random() < faults.network_error:
            raise BusUnavailable("a packet was lost")

    async def mail_hop(self) -> None:
        luck, faults = self.world.luck, self.world.faults
        await self.process.goes_on()
        await asyncio.sleep(luck.random() * (8.0 if luck.random() < faults.mail_slow else 0.05))
        await self.process.goes_on()
        if luck.random() < faults.die_at_mail:
            self.die("in a mail dialogue")

    def die(self, where: str) -> None:
        self.world.kill(self.process, where)
        self.process.check()


class DyingRunner(InlineRunner):
    """The real runner's transactions, on a loop that may end the process before, in, and after the commit."""

    def __init__(self, port: Port, engine: sa.Engine, **options: Any) -> None:
        super().__init__(engine, latency=lambda: port.world.luck.random() * 0.003, **options)
        self._port, self._in_commit = port, False

    async def __call__(self, handler: Any, *args: Any, **kwargs: Any) -> Any:
        await self._port.process.goes_on()
        answer = await super().__call__(handler, *args, **kwargs)
        await self._port.process.goes_on()
        return answer

    async def read(self, view: Any, *args: Any, **kwargs: Any) -> Any:
        await self._port.process.goes_on()
        if self._closed or self._strikes("store_lost"):
            raise StoreUnavailable(ENDING)
        await asyncio.sleep(self._latency())
        answer = self.database.look(lambda sql: view(self._store(sql), *args, **kwargs))
        await self._port.process.goes_on()
        return answer

    @property
    def database(self) -> Database:
        world: Any = self._port.world
        return cast("Database", world.databases[self._source])

    def _strikes(self, fault: str) -> bool:
        return bool(self._port.world.luck.random() < getattr(self._port.world.faults, fault))

    def _drain(self) -> None:
        if seconds := self._port.process.stands_still_for:
            asyncio.get_running_loop().call_later(seconds, self._drain)
            return
        if self._port.process.alive and self._strikes("die_before_commit"):
            self._port.world.kill(self._port.process, "before a commit")
        if self._port.process.alive:
            super()._drain()

    def _commit_together(self, batch: Any) -> Any:
        if self._strikes("store_lost"):
            raise StoreUnavailable
        self.database.writer = self
        self._in_commit = self._strikes("die_in_commit")
        try:
            done = super()._commit_together(batch)
        finally:
            self._in_commit = False
        self._port.world.committed(self._source)
        if self._strikes("store_uncertain"):
            raise OutcomeUnknown
        if self._strikes("die_after_commit"):
            self._port.world.kill(self._port.process, "after a commit, before its answer")
        return done

    def _answer(self, batch: Any, outcomes: Any, wakes: Any) -> None:
        if self._port.process.alive:
            super()._answer(batch, outcomes, wakes)

    def _run_batch(self, batch: Any) -> None:
        try:
            super()._run_batch(batch)
        except DiedHere:
            self._port.world.kill(self._port.process, "in a commit")

    def dies_in_commit(self) -> bool:
        dies, self._in_commit = self._in_commit, False
        return dies
