"""The place where one seed becomes one world, runs to its end, and says what it broke."""

import asyncio
import gc
import random
from dataclasses import dataclass

from tests.simulation import services, trace
from tests.simulation.virtual_loop import Stuck, TooManySteps, in_virtual_time
from tests.simulation.world import World


@dataclass(frozen=True, slots=True)
class Result:
    """What a world broke, and the last lines of its trace."""

    violations: list[str]
    lines: list[str]
    seconds: float = 0.0


def prepared(bug: str = "") -> None:
    """Once a process."""
    services.prepare()
    trace.listen_to_logs()
    if bug:
        from tests.simulation.bugs import plant  # noqa: PLC0415 - only worlds with a bug need them

        plant(bug)
    gc.collect()
    gc.freeze()  # what all worlds share is looked through once, not before each of them


def simulate(seed: int) -> Result:
    gc.collect()
    gc.disable()  # a world is small and short; when its garbage is looked for must not be a matter of what ran before
    world = World(seed)

    async def live() -> None:
        world.luck.getrandbits(8)
        await asyncio.create_task(world.run())

    try:
        in_virtual_time(live(), chance=random.Random(seed + 1))
    except (Stuck, TooManySteps, AssertionError) as error:
        world.violations.append(f"{type(error).__name__}: {error}")
    return Result(world.violations, list(world.trace.lines))
