"""The place where one seed becomes one world, runs to its end, and says what it broke."""

import asyncio
import gc
import multiprocessing
import random
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from tests.simulation import databases, services, trace
from tests.simulation.census import census_of
from tests.simulation.virtual_loop import in_virtual_time
from tests.simulation.world import World

_WORLDS = count()
AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Result:
    """What a world broke, how often what happened in it, and the last lines of its trace."""

    seed: int
    violations: list[str]
    seen: Counter[str]
    lines: list[str]


def prepared(bug: str = "") -> None:
    """Once a process, and for those that it forks."""
    services.prepare()
    trace.listen_to_logs()
    if bug:
        from tests.simulation.bugs import plant  # noqa: PLC0415 - only worlds with a bug need them

        plant(bug)


def results_of(seeds: Sequence[int], *, bug: str = "", jobs: int = 1) -> Iterator[Result]:
    """Runs a world for each seed; with several processes, as they come."""
    prepared(bug)
    if jobs < 2:
        yield from map(simulate, seeds)
        return
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap_unordered(simulate, seeds, chunksize=min(AT_ONCE, max(1, len(seeds) // jobs)))
        pool.close()
        pool.join()  # else its processor time is not counted


def simulate(seed: int) -> Result:
    _forget_the_last_world()
    world = World(seed)

    async def live() -> None:
        world.luck.getrandbits(8)
        await asyncio.create_task(world.run())

    try:
        in_virtual_time(live(), chance=random.Random(seed + 1))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this seed that found it
        world.trace.lines.extend(traceback.format_exception(error))
        world.violations.append(f"{type(error).__name__}: {error}")
    return Result(seed, world.violations, census_of(world), list(world.trace.lines))


def _forget_the_last_world() -> None:
    """A world is small and short; when its garbage is looked for must not be a matter of what ran before."""
    gc.disable()
    databases.forget_databases()
    first_or_warm = next(_WORLDS) in (0, 16)
    if first_or_warm:
        gc.unfreeze()
    gc.collect()
    if first_or_warm:
        gc.freeze()  # what is left is shared by all worlds, and need not be looked through before each of them
