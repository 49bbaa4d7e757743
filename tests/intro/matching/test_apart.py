"""A round of many is computed by a process that ends; the service itself loads neither solvers nor the compiler."""

import asyncio
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.bench.people import made_up
from services.intro.adapters import apart
from services.intro.adapters.apart import computed_apart
from services.intro.domain.computing import computed
from services.intro.domain.people import Rules
from services.intro.domain.rounds import Inputs, Round
from shared.ids import GatheringId, RoundId
from tests.intro.matching.somebody import crowd
from tests.waiting import wait_until

WANTED = Round(RoundId("round"), GatheringId("picnic"), "asked", "organiser", asked_at=datetime(2026, 5, 1, tzinfo=UTC))
WITHOUT_THEM = """
import sys
from deploy.bench.people import made_up
from services.intro import wiring
from services.intro.domain.matching import Index
from services.intro.domain.people import Rules
index = Index(made_up(1600, 1), rules=Rules())
index.suggest(made_up(1601, 1)[-1])
sys.exit(" ".join({"ortools", "numba", "llvmlite", "scipy", "pandas"} & set(sys.modules)) or 0)
"""


def inputs(count: int) -> Inputs:
    return Inputs(tuple(made_up(count, 3)), Rules(gathering="picnic"), frozenset(), ())


@pytest.fixture
def of_many(monkeypatch: pytest.MonkeyPatch) -> Inputs:
    monkeypatch.setattr(apart, "AT_ONCE_UP_TO", 10)
    return inputs(24)


async def test_a_round_that_is_computed_apart_is_the_same(of_many: Inputs) -> None:
    assert await computed_apart(WANTED, of_many) == computed(WANTED, of_many)


async def test_where_no_process_can_be_started_a_round_is_computed_all_the_same(
    of_many: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert await computed_apart(WANTED, of_many) == computed(WANTED, of_many)


async def test_a_round_of_many_that_cannot_be_computed_fails_here_too(of_many: Inputs) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        await computed_apart(None, of_many)  # type: ignore[arg-type]  # no round at all


async def test_few_are_matched_without_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    few = Inputs(tuple(crowd(8)), Rules(gathering="picnic"), frozenset(), ())
    assert await computed_apart(WANTED, few) == computed(WANTED, few)


async def test_who_stops_while_a_round_is_computed_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def noted(*command: str, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(*command, **options))
        return started[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    computing = asyncio.create_task(computed_apart(WANTED, inputs(2000)))
    await wait_until(lambda: started)
    computing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await computing
    assert started[0].returncode == -signal.SIGKILL


@pytest.mark.slow
def test_a_service_that_serves_late_people_loads_no_solver_and_no_compiler() -> None:
    told = subprocess.run([sys.executable, "-c", WITHOUT_THEM], stderr=subprocess.PIPE, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")
