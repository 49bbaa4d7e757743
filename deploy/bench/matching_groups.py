"""The place for real groups as gatherings: the Nashville Meetup data, each of its largest groups matched once.

Interests are the other groups that a member goes to; newcomers came once, welcomers are the tenth that came most.
Nothing is known of employers, asks or offers. Greedy chooses among the same pairs.
"""

import csv
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deploy.bench.matching import RULES
from deploy.bench.matching_peers import greedy
from services.intro.domain.matching.graph import Graph
from services.intro.domain.matching.round import run_round
from services.intro.domain.people import Person, Place
from shared.errors import TablematesError

EVERYBODY = "everybody of all groups"
_EVENTS, _RSVPS, _MEMBERS = "events.csv", "rsvps.pseudo.csv", "members.pseudo.csv"


class NotThatData(TablematesError):
    """This folder does not hold events.csv, rsvps.pseudo.csv and members.pseudo.csv."""

    code = "not_that_data"


@dataclass(frozen=True, slots=True)
class Spread:
    """How many are met and how evenly; `weight` against the bound that our prices prove."""

    coverage: float
    gini: float
    weight: float
    unwelcomed: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Group:
    """One group as a gathering. `coverage` counts those whom anybody could be introduced to."""

    name: str
    people: int
    ours: Spread
    greedy: Spread

    @property
    def told(self) -> str:
        return f"{self.name[:32]:<32} {self.people:>6,}  ours {_told(self.ours)}  greedy {_told(self.greedy)}"


def _told(one: Spread) -> str:
    return (
        f"{one.cpu_seconds:6.2f} s, {100 * one.coverage:6.2f} % met, Gini {one.gini:.3f}, "
        f"{one.weight:.4f} of the bound, {one.unwelcomed} unwelcomed;"
    )


def run(folder: Path, *, largest: int = 8) -> Iterator[Group]:
    """The largest groups, and at last all members together."""
    came = read(folder)
    home = homes(folder / _MEMBERS)
    sizes = sorted(came, key=lambda name: (-len(came[name]), name))
    groups_of = joined(came)
    for name in sizes[:largest]:
        yield _matched(name, members(name, came[name], groups_of, home))
    yield _matched(EVERYBODY, members("", sum(came.values(), Counter()), groups_of, home))


def read(folder: Path) -> dict[str, Counter[str]]:
    """How often each member came, by group."""
    if not all((folder / name).is_file() for name in (_EVENTS, _RSVPS, _MEMBERS)):
        raise NotThatData
    group = {row["event_id"]: row["group_urlname"] for row in _rows(folder / _EVENTS)}
    came: dict[str, Counter[str]] = {}
    for row in _rows(folder / _RSVPS):
        if row["event_id"] in group:
            came.setdefault(group[row["event_id"]], Counter())[row["member_id"]] += 1
    return came


def joined(came: dict[str, Counter[str]]) -> dict[str, list[str]]:
    """Which groups each member goes to."""
    groups_of: dict[str, list[str]] = {}
    for name in sorted(came):
        for member in came[name]:
            groups_of.setdefault(member, []).append(name)
    return groups_of


def homes(path: Path) -> dict[str, Place]:
    return {row["member_id"]: Place(row["city"], row["state"], "US") for row in _rows(path)}


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def members(group: str, came: Counter[str], groups_of: dict[str, list[str]], home: dict[str, Place]) -> list[Person]:
    """The members of one group as people who come to a gathering."""
    most = sorted(came.values())[-max(1, len(came) // 10)]
    return [
        Person(
            id=member,
            name=f"Member {member}",
            interests=tuple(other.replace("-", " ") for other in groups_of[member] if other != group),
            place=home.get(member, Place()),
            newcomer=times == 1,
            welcomer=times > 1 and times >= most,
        )
        for member, times in came.items()
    ]


def _matched(name: str, people: list[Person]) -> Group:
    started = time.process_time()
    found = run_round(people, rules=RULES)
    seconds = time.process_time() - started
    graph, plan = found.graph, found.plan
    row = found.people.facts.row_of
    degrees = np.bincount([row[i] for pair in plan.pairs for i in (pair.a, pair.b)], minlength=graph.people)
    ours = _spread(graph, degrees, plan.weight / plan.bound, plan.welcomable - plan.welcomed, seconds)
    started = time.process_time()
    chosen = greedy(graph)
    seconds = time.process_time() - started
    unwelcomed = int((graph.hoping & ~graph.welcomed(chosen)).sum())
    theirs = _spread(graph, graph.degrees(chosen), graph.weight(chosen) / plan.bound, unwelcomed, seconds)
    return Group(name, len(people), ours, theirs)


def _spread(graph: Graph, degrees: NDArray[Any], weight: float, unwelcomed: int, seconds: float) -> Spread:
    met = (degrees > 0) & graph.waiting
    return Spread(met.sum() / max(1, int(graph.waiting.sum())), gini(degrees), weight, unwelcomed, seconds)


def gini(counts: NDArray[Any]) -> float:
    """0 when all have as much, near 1 when one has all. https://en.wikipedia.org/wiki/Gini_coefficient"""
    ordered, n = np.sort(counts).astype(np.float64), len(counts)
    if not ordered.any():
        return 0.0
    return float(2 * (np.arange(1, n + 1) * ordered).sum() / (n * ordered.sum()) - (n + 1) / n)
