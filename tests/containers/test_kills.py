"""Under a steady load of RSVPs everything is killed in turn: nothing answered is lost, nothing is mailed twice."""

import asyncio
import sys
from collections.abc import Callable

import pytest

from tests.containers.conftest import until_ready
from tests.containers.crowd import Crowd, a_crowd, table
from tests.containers.stack import SERVICES, Stack, run

pytestmark = pytest.mark.chaos

Strike = Callable[[Stack], object]


def killed(service: str) -> Strike:
    return lambda stack: run("docker", "start", *stack.kill(service))


def redis_and_all_it_knew(stack: Stack) -> None:
    stack.kill("redis")
    stack.compose("rm", "-f", "redis")
    run("docker", "volume", "rm", f"{stack.project}_redis-data")
    stack.up(["redis"])


def first_of(service: str) -> Strike:
    return lambda stack: stack.kill(service, only=0)


BLOWS: dict[str, Strike] = {
    "rsvp": killed("rsvp"),
    "intro": killed("intro"),
    "notify": killed("notify"),
    "Redis": killed("redis"),
    "Redis, its volume thrown away": redis_and_all_it_knew,
    "PostgreSQL": killed("postgres"),
    "the mail server": killed("maildev"),
    "the gateway": killed("gateway"),
}


async def strike(crowd: Crowd, what: str, blow: Strike) -> None:
    before = crowd.begin_blow()
    await asyncio.to_thread(blow, crowd.stack)
    await crowd.end_blow(what, before)


async def nothing_is_lost_and_nothing_doubled(crowd: Crowd, capfd: pytest.CaptureFixture[str]) -> None:
    count = await crowd.count()
    with capfd.disabled():
        sys.stderr.write("\n" + table(crowd.blows, count) + "\n")
    assert not count.lost
    assert not count.twice
    assert not count.without_mail
    # only what was in the mail server's hands when something died may be in doubt: four dialogues a sender
    assert len(count.unknown) <= 4 * len(crowd.blows)


async def test_whatever_dies_under_load_nothing_answered_is_lost(
    stack: Stack, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_crowd(stack, "Kill table") as crowd:
        for what, blow in BLOWS.items():
            await strike(crowd, what, blow)
    await until_ready(stack)
    await nothing_is_lost_and_nothing_doubled(crowd, capfd)


async def test_of_several_replicas_one_may_die_and_the_others_take_over(
    stack: Stack, capfd: pytest.CaptureFixture[str]
) -> None:
    stack.up(scale={"rsvp": 2, "intro": 3, "notify": 3})
    await until_ready(stack)
    async with a_crowd(stack, "Three of each") as crowd:
        for service in SERVICES:
            await strike(crowd, f"one of several {service}", first_of(service))
    stack.up(scale={"rsvp": 2, "intro": 3, "notify": 3})
    await nothing_is_lost_and_nothing_doubled(crowd, capfd)
