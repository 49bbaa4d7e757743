"""The place for the stack that the tests of this folder share: started once, as it stands after every test."""

from collections.abc import Iterator

import pytest

from tests.containers.stack import RUNNING, SERVICES, Stack
from tests.waiting import wait_until

READY_SECONDS = 180
LAST_LINES = 20


@pytest.hookimpl(tryfirst=True)  # before the workers' own look at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker has the stack; all of it needs an engine."""
    for item in items:
        if "tests/containers" in str(item.path):
            item.add_marker(pytest.mark.containers)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Stack]:
    """Built from this tree, started by `docker compose up`."""
    if worker_id != "master":
        # in the folder that the workers share: a second one here means that the groups of tests were not kept
        (tmp_path_factory.getbasetemp().parent / "stack").touch(exist_ok=False)
    stack = Stack()
    try:
        stack.compose("--profile", "tools", "build", "--quiet")
        stack.up()
        yield stack
    finally:
        stack.down()


@pytest.fixture
async def stack(started: Stack) -> Stack:
    """The stack with everything running and ready, one replica each, whatever the test before has done to it."""
    started.overlays, started.settings = (), {}
    if not started.all_ready() or any(len(started.ids(service)) != 1 for service in SERVICES):
        started.up(RUNNING, scale=dict.fromkeys(SERVICES, 1))
    await until_ready(started)
    return started


async def until_ready(stack: Stack) -> None:
    await wait_until(
        stack.all_ready,
        timeout=READY_SECONDS,
        what="readiness of every service",
        saw=lambda: "\n".join([*(f"{name}: {stack.readyz(name)}" for name in SERVICES), stack.last_said(LAST_LINES)]),
    )
