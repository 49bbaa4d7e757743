"""The place for measuring late RSVPs: how long one takes among many, and what they are given."""

import gc
import time
from dataclasses import dataclass

import numpy as np

from deploy.bench.people import acquainted, made_up
from services.intro.domain.matching import Index
from services.intro.domain.people import Rules

_WARM = 50
"""Not counted: the first of them wait for what is read from disk."""


@dataclass(slots=True)
class Late:
    """Microseconds a late RSVP: taken in, looked up and chosen. By the thread's CPU time, and by the clock."""

    people: int
    late: int
    build_seconds: float
    cpu_median: float
    cpu_p99: float
    clock_median: float
    clock_p99: float
    without_anybody: int
    newcomers_unwelcomed: int

    @property
    def told(self) -> str:
        return (
            f"a late RSVP (of {self.late:,}): {self.cpu_median:.0f} µs CPU, p99 {self.cpu_p99:.0f} µs; by the clock "
            f"{self.clock_median:.0f} µs, p99 {self.clock_p99:.0f} µs; {self.without_anybody} got nobody, "
            f"{self.newcomers_unwelcomed} newcomers no welcomer"
        )


def run(people: int, *, rules: Rules, seed: int = 7, late: int = 2000) -> Late:
    """So many who come one after another to a gathering of so many, each suggestion taking its places.

    A tenth at most: nobody has places for more late people than there are people.
    """
    late = min(late, max(1, people // 10))
    everybody = made_up(people + late, seed)
    coming = np.random.default_rng(seed).permutation(people + late)
    started = time.process_time()
    index = Index([everybody[i] for i in coming[late:]], rules=rules, forbidden=acquainted(people + late, seed))
    built = time.process_time() - started
    welcomers = {person.id for person in everybody if person.welcomer}
    alone, unwelcomed, cpu, clock = 0, 0, np.zeros(late), np.zeros(late)
    gc.collect()
    for number, i in enumerate(coming[:late]):
        person = everybody[i]
        at, spent = time.perf_counter(), time.thread_time()
        index.add(person)
        found = index.suggest(person.id)
        cpu[number], clock[number] = time.thread_time() - spent, time.perf_counter() - at
        for pair in found:
            index.occupy(pair.a, pair.b)
        alone += not found
        unwelcomed += person.newcomer and not welcomers & {pair.b for pair in found}
    warm = min(_WARM, late // 2)
    cpu, clock = 1e6 * cpu[warm:], 1e6 * clock[warm:]
    return Late(
        people=people,
        late=late,
        build_seconds=built,
        cpu_median=float(np.median(cpu)),
        cpu_p99=float(np.percentile(cpu, 99)),
        clock_median=float(np.median(clock)),
        clock_p99=float(np.percentile(clock, 99)),
        without_anybody=alone,
        newcomers_unwelcomed=unwelcomed,
    )
