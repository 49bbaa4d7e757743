"""The place for an entry that a service cannot handle, whatever it tries, until somebody mends the service."""

import asyncio
import random
from datetime import timedelta
from typing import Any

from shared.parked import redrive
from tests.simulation.invariants.delivery import readings_of
from tests.simulation.invariants.quiet import all_quiet

LONGEST_DELAY = timedelta(minutes=16)


class Poisoned(Exception):
    """This service has a mistake, and this entry finds it."""


class Poison:
    """One event that one service hears, drawn by lot among those that come."""

    def __init__(self, luck: random.Random) -> None:
        self.service = luck.choice(("intro", "notify"))
        self.event = ""
        self._passes = luck.randrange(2, 25)
        self._mended = False

    def check(self, service: str, envelope: Any) -> None:
        """Called before an event is handled. Raises Poisoned."""
        if service != self.service or self._mended:
            return
        self._passes -= 1
        if self._passes == 0:
            self.event = envelope.id
        if envelope.id == self.event:
            raise Poisoned

    async def runs_its_course(self, world: Any) -> None:
        """Tried until it is dead; the others go on; then the service is mended."""
        if not self.event or not await self._dies(world):
            self._mended = True
            return
        await self._others_go_on(world)
        self._check(world)
        self._mended = True

    async def _dies(self, world: Any) -> bool:
        """False when it went before it was dead: the person was erased, or it had not been handled before it healed."""
        for _ in range(60):
            await asyncio.sleep(3)
            mine = self._mine(world)
            if mine is None or mine["state"] == "dead":
                return mine is not None
            world.clock.leap(LONGEST_DELAY)
        world.broken(7, f"an entry that cannot be handled is still {self._mine(world)}")
        return False

    async def _others_go_on(self, world: Any) -> None:
        for _ in range(100):
            if not (all_quiet(world).keys() - {f"parked in {self.service}"}):
                return
            await asyncio.sleep(3)
        world.broken(7, f"others are held up by a dead entry: {all_quiet(world)}")

    def _check(self, world: Any) -> None:
        mine = self._mine(world)
        if mine is None:
            return
        stream, sequence, subject = mine["stream"], mine["sequence"], mine["subject"]
        parked = {(row["stream"], row["sequence"]) for row in self._parked(world)}
        noted = readings_of(world.databases[self.service])[-1]
        for later in world.known.said_after(stream, sequence, subject):
            if later.event in noted or (stream, later.sequence) not in parked:
                world.broken(7, f"{stream} {later.sequence} does not wait behind {sequence}, which is dead")
        told = world.databases[self.service].rows(
            "SELECT count(*) AS times FROM outbox WHERE stream LIKE '%.dead.%' AND json_extract(body, '$.data.stream')"
            " = :stream AND json_extract(body, '$.data.sequence') = :sequence",
            stream=stream,
            sequence=sequence,
        )
        if told[0]["times"] != 1:
            world.broken(7, f"{stream} {sequence} died, which was told {told[0]['times']} times")

    def _parked(self, world: Any) -> list[Any]:
        return list(world.databases[self.service].rows("SELECT * FROM parked ORDER BY stream, sequence"))

    def _mine(self, world: Any) -> Any:
        return next((row for row in self._parked(world) if f'"{self.event}"' in row["body"]), None)


async def everything_is_redriven(world: Any) -> None:
    """An operator looks at what died, and tries it again. Days pass in an instant here, and patience is of a day."""
    for _ in range(40):
        parked = [
            (replica, row)
            for replica in {one.service: one for one in world.replicas}.values()
            for row in world.databases[replica.service].rows("SELECT * FROM parked ORDER BY stream, sequence")
        ]
        if not parked:
            return
        for replica, row in parked:
            if row["state"] == "dead":
                world.trace.note("redrive", service=replica.service, stream=row["stream"], sequence=row["sequence"])
                await replica.parts.run(redrive, row["stream"], row["sequence"])
        await asyncio.sleep(3)
        world.clock.leap(LONGEST_DELAY)
