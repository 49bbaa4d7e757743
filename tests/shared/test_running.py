"""A service's loops are started, supervised, shared among replicas, and stopped without a trace."""

import asyncio
from typing import Any

import pytest

from shared.bus import BusUnavailable
from shared.positions import rewind
from shared.running import AFTER_AN_ERASURE_SECONDS, Service
from shared.tables import leases
from tests.shared.ground import JOBS_OF_NOBODY, Ground, GuestSpoke, remember, rows_of, speak_often
from tests.simulation.virtual_loop import until, virtual


def a_listener(ground: Ground, **options: Any) -> Service:
    given: dict[str, Any] = {
        "name": "notify",
        "run": ground.listener,
        "bus": ground.bus,
        "signals": ground.listener_signals,
        "clock": ground.clock,
        "chance": ground.chance,
        "hears": {GuestSpoke: remember},
        "jobs": JOBS_OF_NOBODY,
    }
    return Service(**given | options)


def a_speaker(ground: Ground, **options: Any) -> Service:
    signals, run = ground.speaker_signals, ground.speaker
    return a_listener(ground, **{"name": "rsvp", "run": run, "signals": signals, "hears": {}} | options)


async def heard(ground: Ground, count: int) -> bool:
    return len(await ground.versions()) >= count


@virtual
async def test_what_one_service_says_another_hears() -> None:
    ground = Ground()
    services = [a_speaker(ground), a_listener(ground)]
    for service in services:
        await service.start()
    await ground.speaker(speak_often, 5)
    await until(lambda: heard(ground, 5), within=2)
    for service in services:
        await service.stop()


@virtual
async def test_a_broker_that_comes_back_empty_is_filled_as_soon_as_a_reader_reaches_it() -> None:
    ground = Ground()
    speaker = a_speaker(ground)
    await speaker.start()
    await ground.speaker(speak_often, 5)
    await until(lambda: len(ground.sequences()) == 5 and bool(ground.bus.broker.readers))
    ground.bus.broker.go()
    ground.bus.broker.flush()
    ground.bus.broker.come_back()  # before the relay has had a reason to ask
    await until(lambda: len(ground.sequences()) == 5, within=1.5)
    await speaker.stop()


@virtual
async def test_after_the_stop_nothing_is_read_and_no_task_is_left() -> None:
    ground = Ground()
    before = asyncio.all_tasks()
    for _ in range(20):
        listener = a_listener(ground, owner="a")
        await listener.start()
        await asyncio.sleep(ground.chance.random() * 3)
        await listener.stop()
    await ground.speaker(speak_often, 5)
    await ground.relay.publish_everything()
    await asyncio.sleep(30)
    assert await ground.versions() == []
    assert asyncio.all_tasks() == before
    assert not ground.bus.broker.readers
    assert await ground.listener.read(rows_of, leases) == []


@virtual
async def test_replicas_share_the_work_and_when_one_dies_the_rest_take_over() -> None:
    ground = Ground()
    speaker, first, second = a_speaker(ground), a_listener(ground, owner="a"), a_listener(ground, owner="b")
    for service in (speaker, first, second):
        await service.start()
    await ground.speaker(speak_often, 50)
    await until(lambda: heard(ground, 50))
    await first.stop()
    await ground.speaker(speak_often, 50, start=51)
    await until(lambda: heard(ground, 100), within=6)
    assert await ground.versions() == list(range(1, 101))
    for service in (speaker, second):
        await service.stop()


@virtual
async def test_a_loop_that_fails_or_ends_is_started_again() -> None:
    ground = Ground()
    lives = {"fails": 0, "ends": 0}

    async def fails() -> None:
        lives["fails"] += 1
        raise LookupError("on purpose")

    async def ends() -> None:
        lives["ends"] += 1

    listener = a_listener(ground, tasks={"fails": fails, "ends": ends})
    await listener.start()
    await until(lambda: min(lives.values()) > 3)
    await asyncio.sleep(60)
    assert max(lives.values()) < 60, "the pause between two starts grows"
    await listener.stop()


@virtual
async def test_a_service_starts_while_the_broker_is_gone_and_catches_up_when_it_is_back() -> None:
    ground = Ground()
    ground.bus.broker.go()
    services = [a_speaker(ground), a_listener(ground)]
    for service in services:
        await service.start()
    await ground.speaker(speak_often, 5)
    await asyncio.sleep(60)
    assert await ground.versions() == []
    ground.bus.broker.come_back()
    await until(lambda: heard(ground, 5), within=2)
    for service in services:
        await service.stop()


@virtual
async def test_a_replay_that_is_asked_for_is_noticed_on_a_quiet_stream() -> None:
    ground = Ground()
    speaker, listener = a_speaker(ground), a_listener(ground)
    for service in (speaker, listener):
        await service.start()
    await ground.speaker(speak_often, 2)
    await until(lambda: heard(ground, 2))
    await ground.listener(rewind, ["rsvp.events"])
    await until(lambda: heard(ground, 4), within=8)
    for service in (speaker, listener):
        await service.stop()


@virtual
async def test_what_a_broker_forgot_of_how_far_a_service_is_it_is_told_again() -> None:
    ground = Ground()
    speaker, listener = a_speaker(ground), a_listener(ground)
    for service in (speaker, listener):
        await service.start()
    await ground.speaker(speak_often, 3)
    await until(lambda: groups(ground).get("notify") == 3)
    groups(ground).clear()
    ground.listener_signals.give("tidy")
    await until(lambda: groups(ground).get("notify") == 3, within=AFTER_AN_ERASURE_SECONDS + 1)
    for service in (speaker, listener):
        await service.stop()


@virtual
async def test_how_far_a_service_is_it_says_again_where_the_broker_did_not_hear_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ground, tried = Ground(), []
    mark = ground.bus.mark

    async def deaf_at_first(stream: str, *, group: str, position: int) -> None:
        tried.append(position)
        if tried.count(3) <= 2 and position == 3:
            raise BusUnavailable("it did not answer")
        await mark(stream, group=group, position=position)

    monkeypatch.setattr(ground.bus, "mark", deaf_at_first)
    speaker, listener = a_speaker(ground), a_listener(ground)
    for service in (speaker, listener):
        await service.start()
    await ground.speaker(speak_often, 3)
    await until(lambda: groups(ground).get("notify") == 3, within=10)
    for service in (speaker, listener):
        await service.stop()


def groups(ground: Ground) -> dict[str, int]:
    return ground.bus.broker.stream("rsvp.events").groups
