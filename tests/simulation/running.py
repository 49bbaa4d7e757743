"""The place where one seed becomes one world, runs to its end, and says what it broke."""

import asyncio
import gc
import random
from dataclasses import dataclass
from itertools import count

from tests.simulation import services, trace
from tests.simulation.virtual_loop import Stuck, TooManySteps, in_virtual_time
from tests.simulation.world import World

_WORLDS = count()


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


def simulate(seed: int) -> Result:
    _forget_the_last_world()
    world = World(seed)

    async def live() -> None:
        world.luck.getrandbits(8)
        await asyncio.create_task(world.run())

    try:
        in_virtual_time(live(), chance=random.Random(seed + 1))
    except (Stuck, TooManySteps, AssertionError) as error:
        world.violations.append(f"{type(error).__name__}: {error}")
    return Result(world.violations, list(world.trace.lines))


def _forget_the_last_world() -> None:
    """A world is small and short; when its garbage is looked for must not be a matter of what ran before."""
    gc.disable()
    services.forget_databases()
    first_or_warm = next(_WORLDS) in (0, 16)
    if first_or_warm:
        gc.unfreeze()
    gc.collect()
    if first_or_warm:
        gc.freeze()  # what is left is shared by all worlds, and need not be looked through before each of them
