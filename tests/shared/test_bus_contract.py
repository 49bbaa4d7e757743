"""One suite that every bus passes: the fake of the simulation, the bundled Valkey, Redis 8, and a cluster of each."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from shared.bus import Bus, BusUnavailable, Entry
from shared.redis_bus import RedisBus
from tests.fakes import FakeBus
from tests.shared.mortal_server import MortalFake, MortalServer
from tests.waiting import wait_until

STREAM = "rsvp.events"
ANY_BYTES = bytes(range(256))
SERVERS = {
    "valkey": "valkey_url",
    "redis": "redis_container_url",
    "cluster": "cluster_url",
    "redis cluster": "redis_cluster_url",
}


def entries(first: int, last: int) -> list[Entry]:
    return [Entry(n, n - 1, f"body {n}".encode()) for n in range(first, last + 1)]


@pytest.fixture(
    params=[
        "fake",
        "valkey",
        pytest.param("redis", marks=pytest.mark.containers),
        "cluster",
        pytest.param("redis cluster", marks=pytest.mark.containers),
    ]
)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    if request.param == "fake":
        yield FakeBus()
        return
    real = RedisBus(request.getfixturevalue(SERVERS[request.param]))
    await real.connect()
    yield real
    await real.close()


@pytest.fixture(params=["fake", "valkey"])
async def mortal(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Any, MortalFake | MortalServer]]:
    """A bus, and its broker, which the test may kill."""
    if request.param == "fake":
        fake = MortalFake()
        yield FakeBus(fake.broker), fake
        return
    with tempfile.TemporaryDirectory(prefix="tm-") as folder, closing(MortalServer(Path(folder))) as server:
        bus = RedisBus(server.url)
        await bus.connect()
        yield bus, server
        await bus.close()


class Listener:
    """Collects what a subscription hands over, batch by batch."""

    def __init__(self) -> None:
        self.batches: list[list[Entry]] = []
        self.at_once = 0

    async def take(self, batch: Sequence[Entry]) -> None:
        self.at_once += 1
        assert self.at_once == 1, "one batch at a time"
        await asyncio.sleep(0)
        self.batches.append(list(batch))
        self.at_once -= 1

    @property
    def entries(self) -> list[Entry]:
        return [entry for batch in self.batches for entry in batch]

    async def has(self, count: int) -> list[Entry]:
        await wait_until(lambda: len(self.entries) >= count, what=f"{count} entries", saw=lambda: self.entries)
        return self.entries


async def listening(bus: Bus, listener: Listener, position: int = 0) -> Any:
    return await bus.subscribe(STREAM, position=position, on_entries=listener.take)


async def test_entries_are_appended_when_the_stream_stands_where_it_is_thought_to(bus: Bus) -> None:
    assert await bus.top(STREAM) == 0
    assert await bus.append(STREAM, previous=0, entries=entries(1, 3)) == 3
    assert await bus.top(STREAM) == 3
    assert await bus.append(STREAM, previous=3, entries=[Entry(7, 3, b"after a compaction")]) == 7


async def test_streams_that_are_together_are_asked_at_once_where_they_stand(bus: Bus) -> None:
    await bus.append(STREAM, previous=0, entries=entries(1, 3))
    await bus.append("intro.events", previous=0, entries=entries(1, 2))
    expected = {"intro.events": 2, "nobody.events": 0, STREAM: 3}
    found = [await bus.tops(some) for some in bus.together(list(expected))]
    assert {stream: top for tops in found for stream, top in tops.items()} == expected
    assert list(bus.together([])) == []


async def test_nothing_is_appended_elsewhere_and_the_answer_says_where_the_stream_stands(bus: Bus) -> None:
    await bus.append(STREAM, previous=0, entries=entries(1, 3))
    assert await bus.append(STREAM, previous=0, entries=entries(1, 3)) == 3, "the reply to the first was lost"
    assert await bus.append(STREAM, previous=9, entries=entries(10, 11)) == 3, "the broker lost its tail"
    listener = Listener()
    subscription = await listening(bus, listener)
    assert await listener.has(3) == entries(1, 3)
    await subscription.stop()


async def insisting(bus: Bus) -> int:
    """What a relay does where the broker is not to be had for a moment: the same append again."""
    while True:
        with suppress(BusUnavailable):
            return await bus.append(STREAM, previous=0, entries=entries(1, 20))


async def test_of_several_relays_one_appends(bus: Bus) -> None:
    answers = await asyncio.gather(*(insisting(bus) for _ in range(10)))
    assert answers == [20] * 10
    listener = Listener()
    subscription = await listening(bus, listener)
    await listener.has(20)
    assert await bus.append(STREAM, previous=20, entries=entries(21, 21)) == 21
    assert await listener.has(21) == entries(1, 21)
    await subscription.stop()


async def test_a_subscription_hands_over_what_is_there_and_what_comes_in_order_and_in_batches(bus: Bus) -> None:
    await bus.append(STREAM, previous=0, entries=entries(1, 250))
    listener = Listener()
    subscription = await listening(bus, listener, position=10)
    await listener.has(240)
    await bus.append(STREAM, previous=250, entries=entries(251, 260))
    assert await listener.has(250) == entries(11, 260)
    assert max(len(batch) for batch in listener.batches) <= 100
    await subscription.stop()


async def test_a_body_is_bytes_and_comes_as_it_went(bus: Bus) -> None:
    await bus.append(STREAM, previous=0, entries=[Entry(1, 0, ANY_BYTES), Entry(2, 1, b"")])
    listener = Listener()
    subscription = await listening(bus, listener)
    assert [entry.body for entry in await listener.has(2)] == [ANY_BYTES, b""]
    await subscription.stop()


async def test_after_the_stop_nothing_is_handed_over(bus: Bus) -> None:
    listener = Listener()
    subscription = await listening(bus, listener)
    await subscription.stop()
    await bus.append(STREAM, previous=0, entries=entries(1, 5))
    other = Listener()
    second = await listening(bus, other)
    await other.has(5)
    assert listener.entries == []
    await second.stop()


async def test_a_subscription_waits_for_a_stream_that_is_not_there_yet(bus: Bus) -> None:
    listener = Listener()
    subscription = await listening(bus, listener)
    await asyncio.sleep(0.05)
    await bus.append(STREAM, previous=0, entries=entries(1, 1))
    assert await listener.has(1) == entries(1, 1)
    await subscription.stop()


async def test_a_forgotten_stream_begins_anew_and_a_reader_is_not_told_twice(bus: Bus) -> None:
    await bus.append(STREAM, previous=0, entries=entries(1, 4))
    listener = Listener()
    subscription = await listening(bus, listener)
    await listener.has(4)
    await bus.forget(STREAM)
    assert await bus.top(STREAM) == 0
    await bus.append(STREAM, previous=0, entries=entries(1, 6))
    assert await listener.has(6) == entries(1, 6)
    await subscription.stop()


async def test_a_broker_that_forgot_everything_begins_anew_and_a_reader_reads_on(bus: Any) -> None:
    await bus.append(STREAM, previous=0, entries=entries(1, 4))
    await bus.mark(STREAM, group="notify", position=4)
    listener = Listener()
    subscription = await listening(bus, listener)
    await listener.has(4)
    await flush(bus)
    assert (await bus.top(STREAM), await bus.marks(STREAM)) == (0, {})
    assert await bus.append(STREAM, previous=4, entries=entries(5, 5)) == 0, "first what it forgot"
    await bus.append(STREAM, previous=0, entries=entries(1, 6))
    assert await listener.has(6) == entries(1, 6)
    await subscription.stop()


async def flush(bus: FakeBus | RedisBus) -> None:
    if isinstance(bus, FakeBus):
        bus.broker.flush()
    else:
        await (await bus._client()).flushall()


async def test_a_subscription_says_at_once_that_its_server_died_and_a_new_one_goes_on(
    mortal: tuple[Bus, MortalFake | MortalServer],
) -> None:
    bus, server = mortal
    await bus.append(STREAM, previous=0, entries=entries(1, 3))
    listener = Listener()
    subscription = await listening(bus, listener)
    await listener.has(3)
    server.kill()
    async with asyncio.timeout(3):
        await subscription.ended()
    await subscription.stop()
    with pytest.raises(BusUnavailable):
        await bus.top(STREAM)
    with pytest.raises(BusUnavailable):
        await listening(bus, listener)
    server.start()
    await bus.append(STREAM, previous=await bus.top(STREAM), entries=entries(await bus.top(STREAM) + 1, 5))
    again = Listener()
    second = await listening(bus, again)
    await again.has(5)
    await second.stop()


async def test_a_subscription_on_which_nothing_comes_has_not_ended(mortal: tuple[Bus, object]) -> None:
    subscription = await listening(mortal[0], Listener())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await subscription.ended()
    await subscription.stop()


async def test_a_trimmed_stream_keeps_its_top(bus: Bus) -> None:
    await bus.append(STREAM, previous=0, entries=entries(1, 1000))
    await bus.trim(STREAM, below=900)
    assert await bus.top(STREAM) == 1000
    listener = Listener()
    subscription = await listening(bus, listener, position=899)
    assert await listener.has(101) == entries(900, 1000)
    await subscription.stop()


async def test_an_erased_persons_entries_can_be_removed_alone(bus: Bus) -> None:
    await bus.append(STREAM, previous=0, entries=entries(1, 5))
    await bus.remove(STREAM, sequences=[2, 4, 99])
    listener = Listener()
    subscription = await listening(bus, listener)
    assert [entry.sequence for entry in await listener.has(3)] == [1, 3, 5]
    assert await bus.top(STREAM) == 5
    await subscription.stop()


async def test_a_mark_shows_how_far_each_group_has_read_forwards_and_backwards(bus: Bus) -> None:
    assert await bus.marks(STREAM) == {}
    await bus.append(STREAM, previous=0, entries=entries(1, 5))
    await bus.mark(STREAM, group="notify", position=3)
    await bus.mark(STREAM, group="intro", position=5)
    assert await bus.marks(STREAM) == {"notify": 3, "intro": 5}
    await bus.mark(STREAM, group="notify", position=1)
    assert (await bus.marks(STREAM))["notify"] == 1


async def test_a_mark_on_a_stream_that_was_lost_does_not_keep_it_from_being_told_again(bus: Bus) -> None:
    await bus.mark(STREAM, group="notify", position=3)
    assert await bus.top(STREAM) == 0
    assert await bus.append(STREAM, previous=0, entries=entries(1, 5)) == 5


async def test_streams_do_not_mix(bus: Bus) -> None:
    await bus.append(STREAM, previous=0, entries=entries(1, 2))
    await bus.append("intro.events", previous=0, entries=entries(1, 5))
    assert (await bus.top(STREAM), await bus.top("intro.events")) == (2, 5)
    await bus.forget("intro.events")
    assert (await bus.top(STREAM), await bus.top("intro.events")) == (2, 0)
