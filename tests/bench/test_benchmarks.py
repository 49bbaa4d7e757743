"""Every benchmark runs, at the smallest size: what is asked is that it measures, never how fast."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from deploy.bench import backlog, growth, idle, intake, mail, matching, matching_groups, startup, streams
from deploy.bench.load import percentile, requests_of
from deploy.bench.report import Comparison, table
from deploy.cli.bench import Kept

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


def test_requests_go_to_the_gatherings_in_turn() -> None:
    asked = list(requests_of("/{among}/rsvps", "run", 3, among=["a", "b"]))
    assert [request.split(b"/")[1] for request in asked] == [b"a", b"b", b"a"]


def test_the_gini_coefficient_is_nought_for_equals_and_grows_with_what_one_has() -> None:
    assert matching_groups.gini(np.array([2, 2, 2, 2])) == pytest.approx(0)
    assert matching_groups.gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    assert matching_groups.gini(np.array([0, 0])) == 0


def test_real_groups_become_gatherings(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("event_id,group_urlname\n1,hiking\n2,hiking\n3,chess-club\n")
    (tmp_path / "members.pseudo.csv").write_text("member_id,city,state\n" + "".join(f"m{i},A,TN\n" for i in range(5)))
    came = [(1, 0), (2, 0), (1, 1), (1, 2), (2, 3), (3, 0), (3, 1), (3, 4), (9, 4)]
    (tmp_path / "rsvps.pseudo.csv").write_text("event_id,member_id\n" + "".join(f"{e},m{i}\n" for e, i in came))
    found = list(matching_groups.run(tmp_path, largest=1))
    assert [(group.name, group.people) for group in found] == [("hiking", 4), (matching_groups.EVERYBODY, 5)]
    assert all(group.ours.coverage == 1 and group.ours.unwelcomed == 0 for group in found)
    with pytest.raises(matching_groups.NotThatData):
        list(matching_groups.run(tmp_path / "elsewhere"))


def test_all_that_was_measured_is_kept_part_by_part(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "bench.json")
    for name in ("delivery", "idle"):
        kept.add([Comparison(name, "1/s", (20.0,), (10.0,), "peer")])
    kept.add_rounds({"people": 200})
    document = json.loads((tmp_path / "bench.json").read_text())
    assert [one["name"] for one in document["comparisons"]] == ["delivery", "idle"]
    assert document["match"] == {"people": 200}


def test_rounds_alone_are_kept_as_they_are(tmp_path: Path) -> None:
    Kept(tmp_path / "bench.json").add_rounds({"people": 200})
    assert json.loads((tmp_path / "bench.json").read_text()) == {"people": 200}


@pytest.mark.bench
@needs_peers
def test_a_round_is_measured_beside_the_peers() -> None:
    found = matching.run(200, sample=50)
    assert found.exact
    assert (found.left_out, found.newcomers_unwelcomed) == (0, 0)
    assert len(found.same_graph) == 7
    assert all(line.not_run or line.quality for line in found.same_graph)
    assert found.late is not None
    assert len(list(found.lines())) > len(found.same_graph)


@pytest.mark.bench
@needs_peers
async def test_relay_and_reader_are_measured() -> None:
    found = await streams.compare(200, rounds=1)
    assert all(value > 0 for one in found for value in (*one.ours, *one.peer))


@pytest.mark.slow
async def test_intake_is_measured() -> None:
    found = await intake.compare(100, rounds=1)
    assert all(value > 0 for one in found for value in (*one.ours, *one.peer))


@pytest.mark.bench
@needs_peers
async def test_the_way_to_a_mail_is_measured() -> None:
    found = await mail.compare(25, rounds=1)
    assert all(0 < value < float("inf") for one in found for value in (*one.ours, *one.peer))


@pytest.mark.bench
@needs_peers
async def test_start_up_is_measured() -> None:
    found = await startup.compare(rounds=1)
    assert len(found) == 2
    assert all(0 < value < 60 for one in found for value in (*one.ours, *one.peer))


@pytest.mark.slow
def test_memory_under_a_backlog_is_measured() -> None:
    found = backlog.compare(1_000)
    assert all(value > 10 for one in found for value in (*one.ours, *one.peer))


@pytest.mark.bench
def test_how_cost_grows_is_measured() -> None:
    found = growth.compare((10, 20), small=10)
    assert all(value > 0 for one in found for value in (*one.ours, *one.peer))


@pytest.mark.bench
def test_rest_is_measured() -> None:
    found = idle.compare(20, seconds=1.0)
    assert all(value > 0 for one in found for value in one.ours)
