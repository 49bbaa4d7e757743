"""A service goes on from its committed position, and what it heard and the position are one transaction."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from shared.batches import consume, unbroken
from shared.bus import Entry, OnEntries, Subscription
from shared.cancelling import cancelled
from shared.parked import ParkedEntry, drop, listed, next_to_try, redrive, shown
from shared.positions import PositionMoved, move_position, open_position, rewind
from shared.retrying import retry
from shared.tables import dropped, parked, positions
from tests.fakes import FakeBus
from tests.shared.ground import Ground, GuestSpoke, Indigestible, all_heard, remember, rows_of, speak, speak_often
from tests.simulation.virtual_loop import running, until, virtual


def position_of(store: Any) -> int:
    return int(store.sql.execute(sa.select(positions.c.position)).scalar() or 0)


@virtual
async def test_the_first_start_reads_from_the_very_beginning() -> None:
    ground = Ground()
    await ground.speaker(speak_often, 250)
    await ground.relay.publish_everything()
    with running(ground.reader.follow()):
        await until(lambda: ground.listener.read(position_of))
        await until(lambda: _heard(ground, 250))
    assert await ground.versions() == list(range(1, 251))


@virtual
async def test_a_restart_goes_on_where_the_last_commit_left_off() -> None:
    ground = Ground()
    await ground.speaker(speak_often, 5)
    await ground.relay.publish_everything()
    with running(ground.reader.follow()):
        await until(lambda: _heard(ground, 5))
    await ground.speaker(speak_often, 5, start=6)
    await ground.relay.publish_everything()
    with running(ground.a_reader().follow()):
        await until(lambda: _heard(ground, 10))
    assert await ground.versions() == list(range(1, 11))


@virtual
async def test_several_readers_of_one_stream_hear_everything_once() -> None:
    ground = Ground()
    with running(*(ground.a_reader().follow() for _ in range(3)), ground.relay.serve()):
        for start in range(1, 300, 10):
            await ground.speaker(speak_often, 10, start=start)
            await asyncio.sleep(0.05)
        await until(lambda: _heard(ground, 300))
        await asyncio.sleep(5)
    assert await ground.versions() == list(range(1, 301))


@virtual
async def test_a_batch_whose_position_has_moved_leaves_no_trace() -> None:
    ground = Ground()
    await ground.speaker(speak_often, 2)
    await ground.relay.publish_everything()
    await ground.listener(open_position, "rsvp.events")
    await ground.listener(consume, ground.reader, 0, ground.on_stream())
    with pytest.raises(PositionMoved):
        await ground.listener(consume, ground.reader, 0, ground.on_stream())
    with pytest.raises(PositionMoved):
        await ground.listener(move_position, "rsvp.events", from_=1, to=5)
    assert await ground.versions() == [1, 2]


def test_what_follows_a_hole_waits_and_what_stands_before_it_does_not() -> None:
    first, second, fourth = Entry(1, 0, b""), Entry(2, 1, b""), Entry(4, 3, b"")
    assert unbroken([first, second], 0) == ([first, second], True)
    assert unbroken([first, second], 1) == ([second], True)
    assert unbroken([first, second], 2) == ([], True)
    assert unbroken([first, second, fourth], 0) == ([first, second], False)
    assert unbroken([fourth], 2) == ([], False)
    assert unbroken([Entry(9, 2, b"")], 5) == ([Entry(9, 2, b"")], True), "compaction took 3 to 8"


@virtual
@pytest.mark.parametrize("way", [0.0, 0.01, 0.3], ids="{} s to the broker".format)
async def test_a_hole_is_waited_for_until_the_stream_is_whole_again(way: float) -> None:
    ground = Ground()
    ground.bus._network = lambda: asyncio.sleep(way)
    await ground.speaker(speak_often, 6)
    await ground.relay.publish_everything()
    await ground.bus.remove("rsvp.events", sequences=[3])
    with running(ground.reader.follow()):
        await until(lambda: _heard(ground, 2))
        await asyncio.sleep(5)
        assert await ground.versions() == [1, 2], "nothing behind the hole may be heard"
        with running(ground.relay.serve()):
            await until(lambda: _heard(ground, 6), what="the relay's second telling")
    assert await ground.versions() == list(range(1, 7))


@virtual
async def test_an_entry_that_nobody_can_read_is_dead_alone() -> None:
    ground = Ground()
    await ground.speaker(speak_often, 2)
    await ground.relay.publish_everything()
    ground.bus.broker.add("rsvp.events", Entry(3, 2, b"\xff not JSON"))
    ground.bus.broker.add("rsvp.events", Entry(4, 3, b'{"specversion": "1.0"}'))
    await ground.speaker(speak_often, 6, start=3)
    with running(ground.reader.follow()):
        await until(lambda: _heard(ground, 2))
        await until(lambda: _parked(ground, 2))
        await ground.relay.publish_everything()  # goes on behind the strangers, who took two of its numbers
        await until(lambda: _heard(ground, 6))
    dead = await ground.listener.read(lambda store: listed(store.sql))
    assert [(entry.sequence, entry.state) for entry in dead] == [(3, "dead"), (4, "dead")]
    assert "cannot be decoded" in dead[0].reason
    assert "subject: Field required" in dead[1].reason


@virtual
async def test_a_letter_tells_of_each_death_on_a_stream_of_its_own() -> None:
    ground = Ground()
    ground.bus.broker.add("rsvp.events", Entry(1, 0, b"?"))
    with running(ground.reader.follow()):
        await until(lambda: _parked(ground, 1))
    said = await ground.listener.read(lambda store: store.sql.execute(sa.text("SELECT stream, type FROM outbox")).all())
    assert [tuple(row) for row in said] == [("rsvp.events.dead.notify", "tablemates.entry.died.v1")]


def _chokes_on(ground: Ground, guest: str, versions: set[int]) -> None:
    def hear(tx: Any, event: GuestSpoke) -> None:
        if event.guest == guest and event.version in versions:
            raise Indigestible
        remember(tx, event)

    ground.hears = {GuestSpoke: hear}
    ground.reader = ground.a_reader()


@virtual
async def test_what_fails_is_parked_with_its_successors_behind_it_while_others_flow() -> None:
    ground = Ground()
    bad = {2}
    _chokes_on(ground, "dana", bad)
    for version in range(1, 5):
        await ground.speaker(speak, "dana", version)
        await ground.speaker(speak, "kim", version)
    await ground.relay.publish_everything()
    with running(ground.reader.follow(), ground.retries.serve()):
        await until(lambda: _heard(ground, 5))
        waiting = await ground.listener.read(lambda store: listed(store.sql))
        assert [(entry.sequence, entry.subject) for entry in waiting] == [(3, "dana"), (5, "dana"), (7, "dana")]
        assert "Indigestible" in waiting[0].reason
        bad.clear()
        await until(lambda: _heard(ground, 8))
    heard = await ground.listener.read(all_heard)
    assert [version for who, version in heard if who == "dana"] == [1, 2, 3, 4]
    assert await ground.listener.read(rows_of, parked) == []


@virtual
async def test_the_first_retry_comes_within_a_second_or_so() -> None:
    ground = Ground()
    bad = {1}
    _chokes_on(ground, "dana", bad)
    await ground.speaker(speak)
    await ground.relay.publish_everything()
    with running(ground.reader.follow(), ground.retries.serve()):
        await until(lambda: _parked(ground, 1))
        bad.clear()
        await until(lambda: _heard(ground, 1), within=1.1)


@virtual
async def test_after_twelve_attempts_an_entry_is_dead_and_its_successors_go_on_waiting() -> None:
    ground = Ground()
    _chokes_on(ground, "dana", {1})
    await ground.speaker(speak_often, 3)
    await ground.relay.publish_everything()
    with running(ground.reader.follow(), ground.retries.serve()):
        await until(lambda: _dead(ground), within=24 * 3600)
        entry = await ground.listener.read(lambda store: shown(store.sql, "rsvp.events", 1))
        assert entry.attempts == 12
        await asyncio.sleep(3600)
        assert await ground.versions() == []


@virtual
async def test_redrive_keeps_the_order_even_after_days() -> None:
    ground = Ground()
    bad = {1}
    _chokes_on(ground, "dana", bad)
    await ground.speaker(speak_often, 4)
    await ground.relay.publish_everything()
    with running(ground.reader.follow(), ground.retries.serve()):
        await until(lambda: _dead(ground), within=24 * 3600)
        ground.clock.leap(timedelta(days=3))
        bad.clear()
        await ground.listener(redrive, "rsvp.events", 1)
        await until(lambda: _heard(ground, 4))
    assert await ground.versions() == [1, 2, 3, 4]


@virtual
async def test_a_successor_that_waited_for_days_still_has_all_its_own_attempts() -> None:
    ground = Ground()
    bad = {1, 2}
    _chokes_on(ground, "dana", bad)
    await ground.speaker(speak_often, 2)
    await ground.relay.publish_everything()
    with running(ground.reader.follow(), ground.retries.serve()):
        await until(lambda: _dead(ground), within=24 * 3600)
        ground.clock.leap(timedelta(days=3))
        await ground.listener(drop, "rsvp.events", 1, "nobody misses it")
        await asyncio.sleep(30)
        successor = await ground.listener.read(lambda store: shown(store.sql, "rsvp.events", 2))
        assert successor.state == "parked"
        bad.clear()
        await until(lambda: _heard(ground, 1), within=3600)
    assert await ground.versions() == [2]


@virtual
async def test_a_day_in_which_nobody_tried_costs_no_patience() -> None:
    ground = Ground()
    bad = {1}
    _chokes_on(ground, "dana", bad)
    await ground.speaker(speak_often, 1)
    await ground.relay.publish_everything()
    with running(ground.reader.follow(), ground.retries.serve()):
        await until(lambda: _tried(ground, 6), within=3600)
        ground.clock.leap(timedelta(days=2))
        await until(lambda: _tried(ground, 8), within=3600)
        bad.clear()
        await until(lambda: _heard(ground, 1), within=3600)


@virtual
async def test_a_dropped_entry_leaves_a_note_and_lets_its_successors_go() -> None:
    ground = Ground()
    _chokes_on(ground, "dana", {1})
    await ground.speaker(speak_often, 2)
    await ground.relay.publish_everything()
    with running(ground.reader.follow(), ground.retries.serve()):
        await until(lambda: _parked(ground, 2))
        await ground.listener(drop, "rsvp.events", 1, "sent by a test of ours")
        await until(lambda: _heard(ground, 1))
    note = (await ground.listener.read(rows_of, dropped))[0]
    assert (note.sequence, note.note) == (1, "sent by a test of ours")
    assert "Indigestible" in note.reason


@virtual
async def test_an_erasure_that_failed_once_may_take_out_its_own_parked_entry() -> None:
    ground = Ground()
    fails = [True]

    def erase(tx: Any, event: GuestSpoke) -> None:
        if fails.pop() if fails else False:
            raise Indigestible
        tx.sql.execute(sa.delete(parked).where(parked.c.body.contains(event.guest)))
        remember(tx, event)

    ground.hears = {GuestSpoke: erase}
    ground.reader = ground.a_reader()
    fails.append(True)  # the batch is tried once more, entry by entry, before anything is parked
    await ground.speaker(speak)
    await ground.relay.publish_everything()
    with running(ground.reader.follow(), ground.retries.serve()):
        await until(lambda: _heard(ground, 1))
    assert await ground.listener.read(rows_of, parked) == []


@virtual
async def test_of_two_unreadable_entries_the_second_can_be_redriven_before_the_first() -> None:
    ground = Ground()
    ground.bus.broker.add("rsvp.events", Entry(1, 0, b"?"))
    ground.bus.broker.add("rsvp.events", Entry(2, 1, b"?"))
    with running(ground.reader.follow(), ground.retries.serve()):
        await until(lambda: _parked(ground, 2))
        await ground.listener(redrive, "rsvp.events", 2)
        entry = await until(lambda: _tried_again(ground, 2))
    assert entry.state in {"parked", "dead"}


@virtual
async def test_a_replay_over_parked_and_dropped_entries_stumbles_over_nothing() -> None:
    ground = Ground()
    _chokes_on(ground, "dana", {1, 2})
    await ground.speaker(speak, "dana", 1)
    await ground.speaker(speak, "kim", 1)
    await ground.speaker(speak, "dana", 2)
    await ground.relay.publish_everything()
    with running(ground.reader.follow()):
        await until(lambda: _parked(ground, 2))
        await ground.listener(drop, "rsvp.events", 1, "once")

    def start_over(tx: Any) -> None:
        tx.sql.execute(sa.update(positions).values(position=0))

    await ground.listener(start_over)
    with running(ground.a_reader().follow()):
        await until(lambda: _heard(ground, 2))
        await until(lambda: _parked(ground, 2))
        await ground.listener(drop, "rsvp.events", 1, "twice")
    assert [row.note for row in await ground.listener.read(rows_of, dropped)] == ["twice"]


@virtual
async def test_what_was_due_waits_for_an_earlier_one_that_a_replay_parked_meanwhile() -> None:
    ground = Ground()
    bad = {1}
    _chokes_on(ground, "dana", bad)
    await ground.speaker(speak_often, 2)
    await ground.relay.publish_everything()
    with running(ground.reader.follow()):
        await until(lambda: _parked(ground, 2))
    await ground.listener(drop, "rsvp.events", 1, "once")
    bad.clear()
    (due,) = await ground.listener.read(lambda store: next_to_try(store.sql, ground.now()))
    await ground.listener(rewind, ["rsvp.events"])
    await ground.listener(consume, ground.reader, 0, ground.on_stream())
    assert not await ground.listener(retry, ground.reader, due)
    with running(ground.retries.serve()):
        await until(lambda: _heard(ground, 2))
    assert await ground.versions() == [1, 2]


class Killed(BaseException):
    """As good as kill -9: the runner never answers."""


@virtual
async def test_an_entry_at_which_the_process_dies_again_and_again_is_parked_in_the_end() -> None:
    ground = Ground()
    deaths = 0

    def kills(tx: Any, event: GuestSpoke) -> None:
        nonlocal deaths
        if event.version == 3:
            deaths += 1
            raise Killed
        remember(tx, event)

    ground.hears = {GuestSpoke: kills}
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    await ground.speaker(speak_often, 5)
    await ground.relay.publish_everything()
    for _ in range(20):
        with running(ground.a_reader().follow()):
            await asyncio.sleep(5)  # virtual
    waiting = await ground.listener.read(lambda store: listed(store.sql))
    assert [(entry.sequence, entry.reason) for entry in waiting][:1] == [(3, "the process ended at this entry")]
    assert await ground.versions() == [1, 2]
    assert 3 <= deaths <= 20


@virtual
async def test_readers_show_their_position_to_peoples_tools() -> None:
    ground = Ground()
    await ground.speaker(speak_often, 5)
    await ground.relay.publish_everything()
    with running(ground.reader.follow()):
        await until(lambda: _heard(ground, 5))
        await until(lambda: ground.bus.broker.stream("rsvp.events").groups.get("notify") == 5)


async def _heard(ground: Ground, count: int) -> bool:
    return len(await ground.versions()) >= count


async def _parked(ground: Ground, count: int) -> bool:
    return len(await ground.listener.read(rows_of, parked)) >= count


async def _tried(ground: Ground, times: int) -> bool:
    return any(row.attempts >= times for row in await ground.listener.read(rows_of, parked))


async def _dead(ground: Ground) -> bool:
    return any(row.state == "dead" for row in await ground.listener.read(rows_of, parked))


async def _tried_again(ground: Ground, sequence: int) -> ParkedEntry | None:
    entry = await ground.listener.read(lambda store: shown(store.sql, "rsvp.events", sequence))
    return entry if entry.attempts == 1 and "decoded" in entry.reason else None


@virtual
async def test_who_is_cancelled_again_while_leaving_leaves_nothing_running() -> None:
    ground = Ground()
    left: list[Subscription] = []

    @dataclass
    class SlowToStop:
        inner: Subscription

        async def ended(self) -> None:
            await self.inner.ended()

        async def stop(self) -> None:
            await asyncio.sleep(2)
            await self.inner.stop()
            left.append(self.inner)

    class SlowBus(FakeBus):
        async def subscribe(self, stream: str, *, position: int, on_entries: OnEntries) -> Any:
            return SlowToStop(await super().subscribe(stream, position=position, on_entries=on_entries))

    ground.bus = SlowBus(ground.bus.broker)
    following = asyncio.create_task(ground.a_reader().follow())
    await until(lambda: ground.bus.broker.readers)
    await cancelled([following])
    assert len(left) == 1
    assert not ground.bus.broker.readers
