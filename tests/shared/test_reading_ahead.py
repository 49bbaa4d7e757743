"""While one batch is committed the next is read, so that neither waits for the other; but never further than that."""

import asyncio
from collections.abc import Sequence

from shared.bus import Entry
from shared.streams import AHEAD_MOST, MANY, SLOW_SECONDS
from tests.fakes import READ_MOST, FakeBus, InlineRunner
from tests.shared.ground import Ground, empty_database, speak_often
from tests.simulation.virtual_loop import running, until, virtual


class WatchedBus(FakeBus):
    """Counts what was handed out, and what was marked."""

    def __init__(self) -> None:
        super().__init__()
        self.handed_out = self.reads = self.found = 0
        self.marked: list[int] = []

    async def read(self, stream: str, after: tuple[int, int]) -> list[tuple[int, int, Entry]]:
        self.reads += 1
        found = await super().read(stream, after)
        self.handed_out += len(found)
        self.found += bool(found)
        return found

    async def mark(self, stream: str, *, group: str, position: int) -> None:
        await super().mark(stream, group=group, position=position)
        self.marked.append(position)


async def a_ground_with(events: int, *, commit_seconds: float) -> tuple[Ground, WatchedBus]:
    bus = WatchedBus()
    ground = Ground(bus=bus)
    ground.listener = InlineRunner(
        empty_database(), source="notify", clock=ground.clock, latency=lambda: commit_seconds
    )
    ground.reader = ground.a_reader()
    await ground.speaker(speak_often, events)
    await ground.relay.publish_everything()
    return ground, bus


async def heard(ground: Ground) -> Sequence[int]:
    return await ground.versions()


@virtual
async def test_the_next_batch_is_read_while_one_is_committed() -> None:
    ground, bus = await a_ground_with(10 * READ_MOST, commit_seconds=1.0)
    with running(ground.reader.follow()):
        await until(lambda: bus.handed_out > READ_MOST, what="second batch")
        assert not await heard(ground)


@virtual
async def test_while_a_few_are_committed_nobody_asks_for_more() -> None:
    ground, bus = await a_ground_with(MANY - 1, commit_seconds=SLOW_SECONDS / 2)
    with running(ground.reader.follow()):
        await until(lambda: bus.handed_out, what="first batch")
        await until(lambda: bus.reads > 1, what="second read")
        assert len(await heard(ground)) == MANY - 1


@virtual
async def test_a_commit_that_hangs_keeps_nobody_from_reading_on() -> None:
    ground, bus = await a_ground_with(1, commit_seconds=3600.0)
    with running(ground.reader.follow(), ground.relay.serve()):
        await until(lambda: bus.handed_out == 1, what="first entry", within=4000)
        await ground.speaker(speak_often, 1, start=2)
        await until(lambda: bus.handed_out == 2, what="second entry")
        assert not await heard(ground)


@virtual
async def test_who_lingers_commits_together_what_comes_little_by_little_and_the_first_at_once() -> None:
    ground, bus = await a_ground_with(1, commit_seconds=0.001)
    ground.reader = ground.a_reader(linger=0.1)
    with running(ground.reader.follow(), ground.relay.serve()):
        await until(lambda: bus.handed_out == 1, what="first entry")
        await asyncio.sleep(0.01)
        assert await heard(ground) == [1]
        for version in range(2, 52):
            await ground.speaker(speak_often, 1, start=version)
            await asyncio.sleep(0.02)
        await until(lambda: bus.handed_out == 51, what="last entry")
    assert bus.found <= 15
    assert await heard(ground) == list(range(1, 52))


@virtual
async def test_a_slow_store_is_not_read_ahead_of_by_more_than_a_few_batches() -> None:
    ground, bus = await a_ground_with(30 * READ_MOST, commit_seconds=1.0)
    ahead = []
    with running(ground.reader.follow()):
        while len(await heard(ground)) < 30 * READ_MOST:
            ahead.append(bus.handed_out - ground.reader.position)
            await asyncio.sleep(0.1)
    assert max(ahead) <= 2 * (AHEAD_MOST + READ_MOST)
    assert await heard(ground) == list(range(1, 30 * READ_MOST + 1))


@virtual
async def test_how_far_a_group_is_is_shown_now_and_then_and_at_rest_exactly() -> None:
    ground, bus = await a_ground_with(0, commit_seconds=0.001)
    with running(ground.reader.follow(), ground.relay.serve()):
        for version in range(1, 101):
            await ground.speaker(speak_often, 1, start=version)
            await asyncio.sleep(0.01)
        await until(lambda: bus.marked[-1:] == [100], what="mark")
    assert len(bus.marked) < 20


@virtual
async def test_a_broker_that_forgot_is_told_again_how_far_a_group_is() -> None:
    ground, bus = await a_ground_with(3, commit_seconds=0.001)
    with running(ground.reader.follow()):
        await until(lambda: bus.marked[-1:] == [3], what="mark")
    await bus.forget("rsvp.events")
    with running(ground.a_reader().follow()):
        await until(lambda: bus.broker.streams.get("rsvp.events"), what="stream")
    assert await bus.marks("rsvp.events") == {"notify": 3}
