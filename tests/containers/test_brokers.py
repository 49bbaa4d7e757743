"""A Redis Cluster or sentinels take the place of the one Redis by a setting alone, and may lose a master."""

from collections.abc import AsyncIterator

import pytest

from tests.containers.conftest import until_ready
from tests.containers.crowd import a_crowd
from tests.containers.stack import RUNNING, Stack
from tests.containers.test_kills import first_of, nothing_is_lost_and_nothing_doubled, strike
from tests.waiting import wait_until

pytestmark = pytest.mark.chaos

WITHOUT_REDIS = [name for name in RUNNING if name != "redis"]
CLUSTER = [f"redis-{n}" for n in range(1, 7)]
SENTINELS = [*CLUSTER[:3], "sentinel-1", "sentinel-2", "sentinel-3"]


@pytest.fixture
async def moved(stack: Stack, request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    """The running stack after it was given another broker: what was said before goes there from PostgreSQL."""
    overlay, nodes = request.param
    stack.overlays = (overlay,)
    try:
        stack.up([*nodes, *(["redis-cluster"] if "cluster" in overlay else []), *WITHOUT_REDIS])
        await until_ready(stack)
        yield stack
    finally:
        stack.compose("rm", "-f", "-s", "-v", *nodes)
        stack.overlays = ()
        stack.up()


@pytest.mark.parametrize(
    "moved", [("compose.cluster.yaml", CLUSTER)], ids=["three masters, three replicas"], indirect=True
)
async def test_on_a_cluster_each_master_may_die(moved: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    async with a_crowd(moved, "On a cluster") as crowd:
        for n in (1, 2):
            await the_cluster_is_whole(moved, CLUSTER[n - 1 :])
            await strike(crowd, f"master {n} of the cluster", first_of(f"redis-{n}"))
    await nothing_is_lost_and_nothing_doubled(crowd, capfd)


async def the_cluster_is_whole(stack: Stack, living: list[str]) -> None:
    """With every slot served and every replica in step: nobody else could take the place of a master that dies."""

    def lacking() -> list[str]:
        return [node for node in living if not in_step(stack, node)]

    await wait_until(lambda: not lacking(), timeout=60, what="whole cluster", saw=lacking)


def in_step(stack: Stack, node: str) -> bool:
    """Whether a node sees every slot served, and is a master, or a replica that has all of its master's data."""
    asked = "redis-cli cluster info; redis-cli info replication"
    told = stack.compose("exec", "-T", node, "sh", "-c", asked, check=False)
    whole = "cluster_state:ok" in told and "cluster_slots_fail:0" in told
    return whole and ("role:master" in told or "master_link_status:up" in told)


@pytest.mark.parametrize("moved", [("compose.sentinel.yaml", SENTINELS)], ids=["three sentinels"], indirect=True)
async def test_with_sentinels_the_master_may_die(moved: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    async with a_crowd(moved, "With sentinels") as crowd:
        await strike(crowd, "the master, with sentinels", first_of("redis-1"))
    await nothing_is_lost_and_nothing_doubled(crowd, capfd)
