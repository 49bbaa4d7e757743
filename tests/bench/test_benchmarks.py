"""Every benchmark runs, at the smallest size: what is asked is that it measures, never how fast."""

import importlib.util

import pytest

from deploy.bench import backlog, intake, mail, streams
from deploy.bench.load import percentile, requests_of
from deploy.bench.report import Comparison, table

needs_peers = pytest.mark.skipif(importlib.util.find_spec("celery") is None, reason="the peers are not installed")


def test_a_ratio_says_how_many_times_better_ours_is() -> None:
    faster = Comparison("rate", "1/s", (20.0, 30.0, 40.0), (10.0, 10.0, 10.0), "peer", bar=2.5)
    sooner = Comparison("time", "ms", (10.0,), (50.0,), "peer", bar=6.0, more_is_better=False)
    assert (faster.ratio, faster.reached) == (3.0, True)
    assert (sooner.ratio, sooner.reached) == (5.0, False)
    assert "**not reached**" in table([faster, sooner]).splitlines()[-1]


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile([1.0, 2.0, 3.0, 4.0], share) for share in (0.0, 0.5, 0.99)] == [1.0, 3.0, 4.0]


def test_every_request_is_another_persons() -> None:
    assert len(set(requests_of("/x", "run", 50))) == 50


@pytest.mark.bench
@needs_peers
async def test_relay_and_reader_are_measured() -> None:
    found = await streams.compare(200, rounds=1)
    assert all(value > 0 for one in found for value in (*one.ours, *one.peer))


@pytest.mark.bench
async def test_intake_is_measured() -> None:
    found = await intake.compare(100, rounds=1)
    assert all(value > 0 for one in found for value in (*one.ours, *one.peer))


@pytest.mark.bench
@needs_peers
async def test_the_way_to_a_mail_is_measured() -> None:
    found = await mail.compare(25, rounds=1)
    assert all(0 < value < float("inf") for one in found for value in (*one.ours, *one.peer))


@pytest.mark.bench
def test_memory_under_a_backlog_is_measured() -> None:
    found = backlog.compare(1_000)
    assert all(value > 10 for one in found for value in (*one.ours, *one.peer))
