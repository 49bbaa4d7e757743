"""What is installed is what is imported: pinned, by hash, from no named address."""

import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "deploy" / "locks").glob("*.txt"), key=str)
OURS = ("services", "shared", "deploy")

# What each lock has to carry whatever is reached from there.
ENTRANCES = {
    "rsvp": ["services.rsvp", "deploy.operations.ready"],
    "intro": ["services.intro", "deploy.operations.ready"],
    "notify": ["services.notify", "deploy.operations.ready"],
    "embedded": ["deploy.cli", "deploy.embedded", "deploy.story", "deploy.operations"],
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom, but for the benchmarks: what they compare with is installed by `make bench`."""
    built = grimp.build_graph(*OURS, include_external_packages=True)
    for module in ("deploy.bench", *built.find_descendants("deploy.bench")):
        built.remove_module(module)
    return built


@pytest.mark.parametrize("group", ENTRANCES)
def test_a_lock_carries_whatever_its_code_reaches(group: str, graph: grimp.ImportGraph) -> None:
    pinned = set(pins_in(ROOT / "deploy" / "locks" / f"{group}.txt"))
    ours = {module for entrance in ENTRANCES[group] for module in (entrance, *graph.find_descendants(entrance))}
    reached = ours.union(*(graph.find_upstream_modules(module) for module in ours))
    theirs = {module for module in reached if graph.is_module_squashed(module)} - sys.stdlib_module_names
    assert theirs
    missing = {
        f"{module} (imported by {', '.join(sorted(graph.find_modules_that_directly_import(module) & reached))})"
        for module in theirs
        if not distributions().get(module, set()) & pinned
    }
    assert not missing, f"the group {group} in pyproject.toml lacks {sorted(missing)}: add them and run `make lock`"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_address(lock: Path) -> None:
    assert not re.findall(r"\S*(?:https?|file|ssh)://\S*", lock.read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_everything_in_a_lock_is_pinned_by_hash(lock: Path) -> None:
    text = re.sub(r"\\\n\s*", " ", lock.read_text())
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert lines
    assert not [line for line in lines if "==" not in line or "--hash=sha256:" not in line]


def test_the_services_and_the_embedded_runtime_run_on_the_same_versions() -> None:
    embedded = pins_in(ROOT / "deploy" / "locks" / "embedded.txt")
    for group in ("rsvp", "intro", "notify", "dev", "bench"):
        assert embedded.items() <= (embedded | pins_in(ROOT / "deploy" / "locks" / f"{group}.txt")).items(), group


@cache
def distributions() -> dict[str, set[str]]:
    return {module: {normal(name) for name in names} for module, names in packages_distributions().items()}


def pins_in(lock: Path) -> dict[str, str]:
    return {normal(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", lock.read_text())}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
