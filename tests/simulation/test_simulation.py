"""Thousands of worlds in which everything dies, and what may never happen does not; planted bugs are found."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.census import HAPPENS

pytestmark = pytest.mark.simulation

ROOT = Path(__file__).resolve().parents[2]
SEEDS, CHUNK = int(os.environ.get("SIMULATION_SEEDS", "1000")), 50
FIRST = 250
FOUND_WITHIN = 300


def simulated(*arguments: str) -> tuple[int, str]:
    """A process of its own, because the order of sets is part of a world. Answers its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--jobs", "1", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("start", range(FIRST, SEEDS, CHUNK))
def test_no_world_breaks_an_invariant(start: int) -> None:
    code, said = simulated("--start", str(start), "--seeds", str(min(CHUNK, SEEDS - start)))
    assert code == 0, said


def test_the_first_worlds_break_no_invariant_and_see_everything_that_matters() -> None:
    code, said = simulated("--seeds", str(FIRST), "--census")
    assert code == 0, said
    seen = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert [what for what in HAPPENS if not seen.get(what)] == []


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(bug: str) -> None:
    code, said = simulated("--bug", bug, "--seeds", str(FOUND_WITHIN), "--until-found")
    assert code == 1, f"{FOUND_WITHIN} worlds did not notice: {said}"
    replay = re.search(r"--seed (\d+) --trace --bug", said)
    assert replay, said
    assert re.search(r"^  invariant \d+: ", said, re.MULTILINE), f"it broke, but no invariant: {said}"
    again, replayed = simulated("--seed", replay.group(1), "--trace", "--bug", bug)
    assert (again, _violations(replayed)) == (1, _violations(said)), "its own replay comes out otherwise"
    assert "process starts" in replayed, "the trace says nothing"
    clean, without = simulated("--seed", replay.group(1))
    assert clean == 0, f"the world is broken without the bug as well: {without}"


def _violations(said: str) -> list[str]:
    return re.findall(r"^  invariant \d+: .*", said, re.MULTILINE)


def test_a_seed_is_the_same_world_whatever_ran_before_it() -> None:
    _, alone = simulated("--seed", "5", "--trace")
    _, after_others = simulated("--start", "3", "--seeds", "3", "--trace")
    assert alone.splitlines()[:-1] == after_others.splitlines()[-len(alone.splitlines()) : -1]
