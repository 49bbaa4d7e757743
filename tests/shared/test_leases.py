"""Replicas share the streams fairly, and what a dead one held goes to the rest."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from shared.leases import LEASE, RENEW_ALONE_SECONDS, RENEW_SECONDS, give_back_everything, hold
from tests.shared.ground import Ground
from tests.simulation.virtual_loop import virtual

NAMES = tuple(f"rsvp.events.{n}" for n in range(8))


async def holds(ground: Ground, owner: str, names: Sequence[str] = NAMES) -> set[str]:
    return (await ground.listener(hold, names, owner)).names


async def settled(ground: Ground, owners: Sequence[str], rounds: int = 4) -> dict[str, set[str]]:
    """What each holds after everybody has asked some times, a second apart."""
    held: dict[str, set[str]] = {}
    for _ in range(rounds):
        for owner in owners:
            held[owner] = await holds(ground, owner)
        await asyncio.sleep(RENEW_SECONDS)
    return held


@virtual
async def test_one_alone_holds_everything() -> None:
    assert (await settled(Ground(), ["a"]))["a"] == set(NAMES)


@virtual
async def test_those_who_join_get_a_fair_share_and_nothing_is_held_twice() -> None:
    ground = Ground()
    await settled(ground, ["a"])
    held = await settled(ground, ["a", "b", "c"])
    assert sorted(len(names) for names in held.values()) == [2, 3, 3]
    assert set.union(*held.values()) == set(NAMES)


@virtual
async def test_nobody_is_left_with_all_streams_of_one_service() -> None:
    ground = Ground()
    names = [*NAMES, *(name.replace("rsvp", "intro") for name in NAMES)]
    for owners in (["a"], ["a", "b", "c"]):
        for owner in owners:
            await ground.listener(hold, names, owner)
    for mine in [await holds(ground, owner, names) for owner in "abc"]:
        assert {name.partition(".")[0] for name in mine} == {"rsvp", "intro"}


@virtual
async def test_what_a_dead_one_held_goes_to_the_rest_within_the_lease_and_a_little() -> None:
    ground = Ground()
    await settled(ground, ["a", "b"])
    await asyncio.sleep(LEASE.total_seconds())
    assert (await settled(ground, ["b"], rounds=2))["b"] == set(NAMES)


@virtual
async def test_who_is_alone_renews_less_often_until_somebody_joins() -> None:
    ground = Ground()
    for _ in range(2):
        assert (await ground.listener(hold, NAMES, "a")).renew_after == RENEW_ALONE_SECONDS
    assert (await ground.listener(hold, NAMES, "b")).names == set()
    assert (await ground.listener(hold, NAMES, "a")).renew_after == RENEW_SECONDS
    assert len(await holds(ground, "b")) == len(NAMES) / 2
    await asyncio.sleep(LEASE.total_seconds())
    assert (await ground.listener(hold, NAMES, "b")).renew_after == RENEW_ALONE_SECONDS


@virtual
async def test_who_stops_cleanly_need_not_be_waited_for() -> None:
    ground = Ground()
    await settled(ground, ["a", "b"])
    await ground.listener(give_back_everything, "a")
    assert await holds(ground, "b") == set(NAMES)


@virtual
async def test_who_starts_again_under_its_name_goes_on_at_once() -> None:
    ground = Ground()
    before = (await settled(ground, ["a", "b"]))["a"]
    assert await holds(ground, "a") == before


@virtual
async def test_a_wall_clock_that_jumps_back_does_not_lock_a_dead_ones_streams_away() -> None:
    ground = Ground()
    await settled(ground, ["a", "b"])
    ground.clock.leap(timedelta(hours=-1))
    assert (await settled(ground, ["b"], rounds=5))["b"] == set(NAMES)


@virtual
async def test_a_stream_is_never_with_two_while_clocks_agree() -> None:
    ground = Ground()
    owners = ["a", "b", "c", "d"]
    until: dict[str, tuple[str, float]] = {}
    for step in range(400):
        owner = ground.chance.choice(owners[: 1 + step // 100])
        now = asyncio.get_running_loop().time()
        for name in await holds(ground, owner):
            other, ends = until.get(name, (owner, 0.0))
            assert other == owner or ends <= now or name not in await holds(ground, other)
            until[name] = (owner, now + LEASE.total_seconds())
        await asyncio.sleep(ground.chance.random())
