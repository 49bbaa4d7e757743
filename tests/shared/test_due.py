"""What time does is done once, when its time has come, and not before."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from shared.due import DueWork, Jobs, Scheduler, carry_out, plan, postpone, unplan, unplan_subject
from shared.tables import due
from shared.transaction import Transaction
from tests.shared.ground import Ground, count_up, counters, rows_of
from tests.simulation.virtual_loop import running, until, virtual


class NoLuck(Exception):
    """The job failed on purpose."""


def note(tx: Transaction[Any], work: DueWork) -> None:
    count_up(tx, work.data.get("note", work.key))


def fail(tx: Transaction[Any], work: DueWork) -> None:
    count_up(tx, "never")
    raise NoLuck


JOBS: Jobs = {"note": note, "fail": fail}


def work_in(
    ground: Ground, seconds: float, key: str = "a", kind: str = "note", subject: str = "s", **data: Any
) -> DueWork:
    return DueWork(key, kind, subject, ground.now() + timedelta(seconds=seconds), data)


def a_scheduler(ground: Ground, jobs: Jobs = JOBS) -> Scheduler:
    return Scheduler(ground.listener, jobs, signals=ground.listener_signals, clock=ground.clock, chance=ground.chance)


async def done(ground: Ground) -> dict[str, int]:
    return {row.name: row.value for row in await ground.listener.read(rows_of, counters)}


@virtual
async def test_work_is_done_once_when_its_time_has_come() -> None:
    ground = Ground()
    with running(a_scheduler(ground).serve(), a_scheduler(ground).serve(), a_scheduler(ground).serve()):
        await ground.listener(plan, work_in(ground, 100))
        await asyncio.sleep(99)
        assert await done(ground) == {}
        await until(lambda: done(ground), within=2)
        await asyncio.sleep(300)
    assert await done(ground) == {"a": 1}
    assert await ground.listener.read(rows_of, due) == []


@virtual
async def test_the_same_work_planned_again_is_moved() -> None:
    ground = Ground()
    with running(a_scheduler(ground).serve()):
        await ground.listener(plan, work_in(ground, 100))
        await ground.listener(plan, work_in(ground, 1000, note="later"))
        await asyncio.sleep(500)
        assert await done(ground) == {}
        await ground.listener(plan, work_in(ground, 1, note="sooner"))
        await until(lambda: done(ground), within=3)
    assert await done(ground) == {"sooner": 1}


@virtual
async def test_work_that_was_taken_back_is_not_done() -> None:
    ground = Ground()
    for key, kind, subject in [("a", "note", "s"), ("b", "note", "t"), ("c", "fail", "t"), ("d", "note", "t")]:
        await ground.listener(plan, work_in(ground, 10, key, kind, subject))
    await ground.listener(unplan, "a")
    await ground.listener(unplan, "was never planned")
    await ground.listener(unplan_subject, "t", kinds=("fail",))
    with running(a_scheduler(ground).serve()):
        await asyncio.sleep(60)
        assert await done(ground) == {"b": 1, "d": 1}
        await ground.listener(plan, work_in(ground, 10, "e", subject="u"))
        await ground.listener(unplan_subject, "u")
        await asyncio.sleep(60)
    assert await done(ground) == {"b": 1, "d": 1}


@virtual
async def test_work_that_came_due_while_nobody_ran_is_done_at_the_next_start() -> None:
    ground = Ground()
    await ground.listener(plan, work_in(ground, 10))
    ground.clock.leap(timedelta(days=2))
    with running(a_scheduler(ground).serve()):
        await until(lambda: done(ground), within=1)


@virtual
async def test_a_wall_clock_that_jumps_an_hour_is_noticed_within_half_a_minute() -> None:
    ground = Ground()
    with running(a_scheduler(ground).serve()):
        await ground.listener(plan, work_in(ground, 3600 * 2))
        await asyncio.sleep(1)
        ground.clock.leap(timedelta(hours=-1))
        await asyncio.sleep(3600)
        assert await done(ground) == {}
        ground.clock.leap(timedelta(hours=2))
        await until(lambda: done(ground), within=31)


@virtual
async def test_work_that_fails_is_tried_later_harms_no_other_and_leaves_no_trace() -> None:
    ground = Ground()
    await ground.listener(plan, work_in(ground, 1, "bad", "fail"))
    await ground.listener(plan, work_in(ground, 1, "odd", "of a kind that nobody knows"))
    await ground.listener(plan, work_in(ground, 2, "good"))
    with running(a_scheduler(ground).serve()):
        await until(lambda: done(ground), within=4)
        await asyncio.sleep(10)
    assert await done(ground) == {"good": 1}
    rows = {row.key: row for row in await ground.listener.read(rows_of, due)}
    assert "NoLuck" in rows["bad"].reason
    assert rows["bad"].attempts >= 2
    assert rows["odd"].attempts >= 2


@virtual
async def test_work_that_was_moved_while_it_failed_keeps_its_new_time() -> None:
    ground = Ground()
    failed = work_in(ground, -1, kind="fail")
    await ground.listener(plan, failed)
    with pytest.raises(NoLuck):
        await ground.listener(carry_out, failed, JOBS)
    moved = work_in(ground, 5000)
    await ground.listener(plan, moved)
    await ground.listener(postpone, failed, "NoLuck", ground.chance)
    assert [row.at for row in await ground.listener.read(rows_of, due)] == [moved.at]


@virtual
async def test_work_is_done_with_the_data_that_stands_there_at_that_moment() -> None:
    ground = Ground()
    read = work_in(ground, -1, note="as it was")
    await ground.listener(plan, read)
    await ground.listener(plan, work_in(ground, -0.5, note="as it is"))
    await ground.listener(carry_out, read, JOBS)
    assert await done(ground) == {"as it is": 1}
