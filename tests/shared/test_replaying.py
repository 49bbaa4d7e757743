"""A replay reads everything again, what was trimmed too; where it fails nothing is changed, or it is asked for anew."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.bus import BusUnavailable
from shared.replaying import ReplayCutShort, begin_replay
from tests.fakes import FakeBus
from tests.shared.ground import Ground, speak_often
from tests.shared.test_running import a_listener, a_speaker, heard
from tests.simulation.virtual_loop import until, virtual

STREAM = "rsvp.events"


@asynccontextmanager
async def read_and_trimmed() -> AsyncIterator[Ground]:
    """Services at work: five events were heard, and are not on the stream any more."""
    ground = Ground()
    services = [a_speaker(ground), a_listener(ground)]
    for service in services:
        await service.start()
    await ground.speaker(speak_often, 5)
    await until(lambda: heard(ground, 5))
    await ground.bus.trim(STREAM, below=6)
    assert ground.sequences() == []
    yield ground
    for service in services:
        await service.stop()


class GoesAway(FakeBus):
    """Its broker goes away in the moment in which a stream is to be forgotten."""

    async def forget(self, stream: str) -> None:
        self.broker.go()
        await super().forget(stream)


@virtual
async def test_everything_is_heard_once_more() -> None:
    async with read_and_trimmed() as ground:
        assert await begin_replay(ground.listener, ground.bus, [STREAM]) == {STREAM: 5}
        await until(lambda: heard(ground, 10), within=10)
        assert await ground.versions() == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]


@virtual
async def test_where_the_broker_is_away_nothing_is_changed() -> None:
    async with read_and_trimmed() as ground:
        ground.bus.broker.go()
        with pytest.raises(BusUnavailable):
            await begin_replay(ground.listener, ground.bus, [STREAM])
        ground.bus.broker.come_back()
        await ground.speaker(speak_often, 1, start=6)
        await until(lambda: heard(ground, 6))
        assert await ground.versions() == [1, 2, 3, 4, 5, 6]


@virtual
async def test_who_is_told_that_it_was_cut_short_asks_once_more() -> None:
    async with read_and_trimmed() as ground:
        with pytest.raises(ReplayCutShort):
            await begin_replay(ground.listener, GoesAway(ground.bus.broker), [STREAM])
        ground.bus.broker.come_back()
        await begin_replay(ground.listener, ground.bus, [STREAM])
        await until(lambda: heard(ground, 10), within=10)


@virtual
async def test_a_power_cut_that_undoes_its_beginning_does_not_keep_it_from_its_end() -> None:
    async with read_and_trimmed() as ground:
        ground.bus.broker.save()
        await begin_replay(ground.listener, ground.bus, [STREAM])
        ground.bus.broker.lose_power()
        ground.bus.broker.come_back()
        assert (await ground.bus.top(STREAM), ground.sequences()) == (5, [])
        await until(lambda: heard(ground, 10), within=60)
        assert await ground.versions() == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]
