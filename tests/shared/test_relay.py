"""What is committed to the outbox reaches the stream once, in order and whole, whatever the broker forgets."""

import asyncio
import functools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from shared.bus import BusUnavailable, Entry
from shared.contracts.envelope import decode
from shared.contracts.topology import stream_of
from shared.outbox import BATCH, _rows_after, compact, erase_person
from shared.tables import outbox, parked
from shared.transaction import StoreUnavailable
from tests.fakes import FakeBus
from tests.shared.ground import Ground, GuestSpoke, rows_of, speak, speak_often
from tests.simulation.virtual_loop import running, until, virtual

QUIET, BUSY = "dana", "lee"
A_STRANGER = Entry(3, 2**63 - 1, b"hello")


def part_of(guest: str) -> str:
    return stream_of("rsvp", guest, 2)


def in_two_parts() -> Ground:
    """What one guest says and what the other says are on streams of their own."""
    ground = Ground(partitions=2)
    assert part_of(QUIET) != part_of(BUSY)
    return ground


def has_come(ground: Ground, version: int) -> bool:
    return len(ground.sequences(part_of(BUSY))) == version


@virtual
async def test_what_is_said_is_on_the_stream_in_order_with_the_sequence_of_the_outbox() -> None:
    ground = Ground()
    await ground.speaker(speak_often, 1200)
    await ground.relay.publish_everything()
    entries = ground.on_stream()
    assert [entry.sequence for entry in entries] == list(range(1, 1201))
    assert [entry.after for entry in entries] == list(range(1200))
    envelope, event = decode(entries[6].body)
    assert isinstance(event, GuestSpoke)
    assert (envelope.type, envelope.sequence, event.version) == (GuestSpoke.wire_type, 7, 7)


@virtual
@pytest.mark.parametrize("count", [BATCH - 1, BATCH, BATCH + 1, 2 * BATCH])
async def test_nothing_is_left_behind_wherever_the_last_batch_ends(count: int) -> None:
    ground = Ground()
    await ground.speaker(speak_often, count)
    await ground.relay.publish_everything()
    assert ground.sequences() == list(range(1, count + 1))


@virtual
async def test_a_broker_that_forgets_between_two_batches_is_told_everything_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground, append, batches = Ground(), FakeBus.append, list[int]()

    async def forgetting(bus: FakeBus, stream: str, *, previous: int, entries: Sequence[Entry]) -> int:
        batches.append(entries[0].sequence)
        reached = await append(bus, stream, previous=previous, entries=entries)
        if len(batches) == 2:
            bus.broker.flush()
        return reached

    monkeypatch.setattr(FakeBus, "append", forgetting)
    await ground.speaker(speak_often, 3 * BATCH)
    await ground.relay.publish_everything()
    assert ground.sequences() == list(range(1, 3 * BATCH + 1))
    assert batches == [1, BATCH + 1, 2 * BATCH + 1, 1, BATCH + 1, 2 * BATCH + 1]


@virtual
async def test_a_store_that_goes_away_while_a_batch_is_on_its_way_leaves_nothing_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground, append, arrived = Ground(), FakeBus.append, list[int]()
    read = ground.speaker.read

    async def slow(bus: FakeBus, stream: str, *, previous: int, entries: Sequence[Entry]) -> int:
        await asyncio.sleep(1)
        arrived.append(reached := await append(bus, stream, previous=previous, entries=entries))
        return reached

    async def away(view: Any, *args: Any) -> Any:
        if view is _rows_after:
            raise StoreUnavailable
        return await read(view, *args)

    monkeypatch.setattr(FakeBus, "append", slow)
    await ground.speaker(speak_often, 2 * BATCH)
    monkeypatch.setattr(ground.speaker, "read", away)
    with pytest.raises(StoreUnavailable):
        await ground.relay.publish_everything()
    assert arrived == [BATCH]
    monkeypatch.setattr(ground.speaker, "read", read)
    await ground.relay.publish_everything()
    assert ground.sequences() == list(range(1, 2 * BATCH + 1))


@virtual
async def test_what_is_not_committed_is_never_said() -> None:
    ground = Ground()

    def say_then_fail(tx: Any) -> None:
        speak(tx)
        raise LookupError("changed its mind")

    outcome = await asyncio.gather(ground.speaker(say_then_fail), ground.speaker(speak), return_exceptions=True)
    await ground.relay.publish_everything()
    assert [type(one) for one in outcome] == [LookupError, type(None)]
    assert ground.sequences() == [1]


@virtual
async def test_a_lost_reply_doubles_nothing() -> None:
    ground = Ground()
    hops = 0

    async def loses_the_third_answer() -> None:
        nonlocal hops
        hops += 1
        if hops == 4:  # there and back to ask for the top, there for the first append
            raise BusUnavailable

    ground.bus = FakeBus(ground.bus.broker, network=loses_the_third_answer)
    ground.relay = ground.a_relay()
    await ground.speaker(speak_often, 5)
    with running(ground.relay.serve()):
        await until(ground.sequences)
        await ground.speaker(speak_often, 3, start=6)
        await until(lambda: len(ground.sequences()) == 8)
    assert hops > 4
    assert ground.sequences() == list(range(1, 9))


@virtual
async def test_two_relays_say_everything_once() -> None:
    ground = Ground()

    async def takes_its_time() -> None:
        await asyncio.sleep(ground.chance.random() / 100)

    ground.bus = FakeBus(ground.bus.broker, network=takes_its_time)
    with running(ground.a_relay().serve(), ground.a_relay().serve(), ground.a_relay().serve()):
        for start in range(1, 200, 7):
            await ground.speaker(speak_often, 7, start=start)
            await asyncio.sleep(0.01)
        await until(lambda: len(ground.sequences()) >= 203)
    assert ground.sequences() == list(range(1, 204))


@virtual
async def test_after_a_power_cut_the_lost_tail_is_said_again() -> None:
    ground = Ground()
    with running(ground.relay.serve()):
        await ground.speaker(speak_often, 4)
        await until(lambda: len(ground.sequences()) == 4)
        ground.bus.broker.save()
        await ground.speaker(speak_often, 6, start=5)
        await until(lambda: len(ground.sequences()) == 10)
        ground.bus.broker.lose_power()
        assert ground.sequences() == [1, 2, 3, 4]
        ground.bus.broker.come_back()
        await until(lambda: len(ground.sequences()) == 10)
    assert [entry.after for entry in ground.on_stream()] == list(range(10))


@virtual
async def test_a_flushed_broker_is_filled_again_although_nothing_new_is_said() -> None:
    ground = Ground()
    with running(ground.relay.serve()):
        await ground.speaker(speak_often, 4)
        await until(lambda: len(ground.sequences()) == 4)
        ground.bus.broker.flush()
        await until(lambda: ground.sequences() == [1, 2, 3, 4], what="replay into the empty stream")


@virtual
async def test_a_flushed_broker_is_filled_again_while_there_is_always_something_new() -> None:
    ground = Ground()
    with running(ground.relay.serve()):
        for version in range(1, 101):
            await ground.speaker(speak, "dana", version)
            if version == 50:
                ground.bus.broker.flush()
            await asyncio.sleep(0.2)
        await until(lambda: ground.sequences() == list(range(1, 101)))


@virtual
async def test_a_quiet_stream_is_filled_again_although_another_always_has_something_new() -> None:
    ground = in_two_parts()
    with running(ground.relay.serve()):
        await ground.speaker(speak_often, 4, guest=QUIET)
        await until(lambda: ground.sequences(part_of(QUIET)) == [1, 2, 3, 4])
        ground.bus.broker.flush()
        for version in range(1, 101):
            await ground.speaker(speak, BUSY, version)
            await asyncio.sleep(0.2)
        assert ground.sequences(part_of(QUIET)) == [1, 2, 3, 4]


@virtual
async def test_the_part_of_a_broker_that_is_away_holds_up_no_other() -> None:
    ground = in_two_parts()

    class OnePartIsAway(FakeBus):
        async def append(self, stream: str, *, previous: int, entries: Sequence[Entry]) -> int:
            await self._reach(stream)
            return await super().append(stream, previous=previous, entries=entries)

        def together(self, streams: Sequence[str]) -> Sequence[Sequence[str]]:
            return [[stream] for stream in streams]

        async def tops(self, streams: Sequence[str]) -> Mapping[str, int]:
            for stream in streams:
                await self._reach(stream)
            return await super().tops(streams)

        async def _reach(self, stream: str) -> None:
            if stream == part_of(QUIET) and away:
                await asyncio.sleep(1)  # a machine that is gone does not refuse, it is silent
                raise BusUnavailable

    away = True
    with running(ground.a_relay(OnePartIsAway(ground.bus.broker)).serve()):
        for version in range(1, 11):
            await ground.speaker(speak, QUIET, version)
            await ground.speaker(speak, BUSY, version)
            await until(functools.partial(has_come, ground, version), within=5)
        assert ground.sequences(part_of(QUIET)) == []
        away = False
        await until(lambda: ground.sequences(part_of(QUIET)) == list(range(1, 11)), within=5)


@virtual
async def test_a_stream_that_has_fallen_far_behind_holds_up_no_other() -> None:
    ground = in_two_parts()

    class EachTakesAWhile(FakeBus):
        async def append(self, stream: str, *, previous: int, entries: Sequence[Entry]) -> int:
            await asyncio.sleep(1)
            return await super().append(stream, previous=previous, entries=entries)

    with running(ground.a_relay(EachTakesAWhile(ground.bus.broker)).serve()):
        await ground.speaker(speak, BUSY, 1)
        await until(lambda: ground.sequences(part_of(BUSY)) == [1])
        await ground.speaker(speak_often, 20 * BATCH, guest=QUIET)
        await until(lambda: ground.sequences(part_of(QUIET)))
        await ground.speaker(speak, BUSY, 2)
        await until(lambda: ground.sequences(part_of(BUSY)) == [1, 2], within=60)
        assert len(ground.sequences(part_of(QUIET))) < 20 * BATCH


@virtual
async def test_what_is_said_while_the_broker_is_gone_goes_out_when_it_is_back() -> None:
    ground = Ground()
    ground.bus.broker.go()
    with running(ground.relay.serve()):
        await ground.speaker(speak_often, 3)
        await asyncio.sleep(60)
        assert ground.sequences() == []
        ground.bus.broker.come_back()
        await until(lambda: ground.sequences() == [1, 2, 3], within=2)


@virtual
async def test_a_stream_that_is_ahead_of_its_outbox_is_replaced() -> None:
    ground = Ground()
    ground.bus.broker.add("rsvp.events", Entry(1_700_000_000_000, 2**63 - 1, b"added by hand with XADD *"))
    await ground.speaker(speak_often, 3)
    with running(ground.relay.serve()):
        await until(lambda: ground.sequences() == [1, 2, 3])


@virtual
async def test_a_stream_that_gets_ahead_while_there_is_always_something_new_is_replaced_soon() -> None:
    ground = Ground()
    with running(ground.relay.serve()):
        for version in range(1, 61):
            await ground.speaker(speak, "dana", version)
            if version == 30:
                await until(lambda: len(ground.sequences()) == 30)
                ground.bus.broker.add("rsvp.events", Entry(1_700_000_000_000, 2**63 - 1, b"added by hand"))
            await asyncio.sleep(0.2)
        assert ground.sequences() == list(range(1, len(ground.sequences()) + 1))
        assert len(ground.sequences()) > 50


@virtual
async def test_compaction_keeps_the_last_of_each_type_of_a_subject_and_leaves_holes_that_readers_may_cross() -> None:
    ground = Ground()
    await ground.speaker(speak, "dana", 1)
    await ground.speaker(speak, "kim", 1)
    await ground.speaker(speak, "dana", 2)
    ground.clock.leap(timedelta(days=31))
    await ground.speaker(speak, "kim", 2)
    assert await ground.speaker(compact, ground.now() - timedelta(days=30)) == 2
    await ground.relay.publish_everything()
    assert [(entry.sequence, entry.after) for entry in ground.on_stream()] == [(3, 0), (4, 3)]
    with running(ground.reader.follow()):
        await until(ground.versions)
    assert await ground.versions() == [2, 2]


@virtual
async def test_an_erased_person_leaves_rows_that_say_nothing_and_keep_the_numbering_whole() -> None:
    ground = Ground()
    await ground.speaker(speak, "dana", 1, "my address is 5 Elm Street")
    await ground.speaker(speak, "kim", 1)
    await ground.speaker(speak, "dana", 2, "call me")
    assert await ground.speaker(erase_person, "dana") == [("rsvp.events", 1), ("rsvp.events", 3)]
    await ground.relay.publish_everything()
    bodies = b"".join(entry.body for entry in ground.on_stream())
    assert b"dana" not in bodies
    assert b"Elm" not in bodies
    with running(ground.reader.follow()):
        await until(ground.versions)
        await asyncio.sleep(5)
    assert await ground.versions() == [1]
    assert ground.sequences() == [1, 2, 3]
    assert not await ground.listener.read(rows_of, parked)


@virtual
async def test_what_was_said_of_a_person_in_the_commit_of_their_erasure_is_never_heard() -> None:
    ground = Ground()
    await ground.speaker(speak, "dana", 1)

    def say_and_erase(tx: Any) -> None:
        speak(tx, "dana", 2, "call me")
        speak(tx, "kim", 1)
        erase_person(tx, "dana")

    await ground.speaker(say_and_erase)
    rows = await ground.speaker.read(rows_of, outbox)
    assert not [row for row in rows if "dana" in row.body]
    assert [row.sequence for row in rows] == [1, 2]


@virtual
async def test_an_erasure_that_is_undone_takes_nothing_back() -> None:
    ground = Ground()

    def say_and_fail_to_erase(tx: Any) -> None:
        speak(tx, "dana", 1)
        with suppress(ValueError), tx.savepoint():
            erase_person(tx, "dana")
            raise ValueError

    await ground.speaker(say_and_fail_to_erase)
    (row,) = await ground.speaker.read(rows_of, outbox)
    assert "dana" in row.body


@virtual
async def test_a_stream_is_trimmed_to_what_every_reader_has_read_and_is_a_day_old() -> None:
    ground = Ground()
    await ground.speaker(speak_often, 5)
    await ground.relay.publish_everything()
    ground.clock.leap(timedelta(days=2))
    await ground.speaker(speak_often, 5, start=6)
    await ground.relay.publish_everything()
    await ground.bus.mark("rsvp.events", group="notify", position=3)
    await ground.relay.tidy()
    assert ground.sequences()[0] == 1, "intro has not said how far it has read"
    await ground.bus.mark("rsvp.events", group="intro", position=10)
    await ground.relay.tidy()
    assert ground.sequences()[0] == 4
    await ground.bus.mark("rsvp.events", group="notify", position=10)
    await ground.relay.tidy()
    assert ground.sequences()[0] == 6
    assert len(await ground.speaker.read(rows_of, outbox)) == 10


@virtual
async def test_what_was_published_of_an_erased_person_leaves_the_stream_once_every_reader_has_come_past_it() -> None:
    ground = Ground()
    await ground.speaker(speak, "dana", 1, "Elm Street")
    await ground.speaker(speak, "kim", 1)
    await ground.speaker(speak, "dana", 2, "call me")
    await ground.relay.publish_everything()
    await ground.speaker(erase_person, "dana")
    await ground.bus.mark("rsvp.events", group="intro", position=3)
    await ground.bus.mark("rsvp.events", group="notify", position=2)
    await ground.relay.tidy()
    assert ground.sequences() == [2, 3], "notify has yet to read the third"
    await ground.bus.mark("rsvp.events", group="notify", position=3)
    await ground.relay.tidy()
    assert b"dana" not in b"".join(entry.body for entry in ground.on_stream())
    assert ground.sequences() == [2]
