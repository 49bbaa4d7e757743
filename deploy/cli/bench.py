"""The place for `tablemates bench`: our speed beside what people commonly put together instead, in turns."""

import asyncio
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.bench import backlog, growth, idle, intake, mail, startup, streams
from deploy.bench.report import Comparison, machine, table
from deploy.cli import say
from shared.errors import TablematesError


class PeersMissing(TablematesError):
    """The peers to compare with are not installed; `make bench` installs them."""

    code = "peers_missing"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: events on a stream, requests in a run, requests at a steady rate, events that wait."""

    events: int = 5_000
    requests: int = 2_000
    steady: int = 500
    backlog: int = 1_000_000
    growing: tuple[int, ...] = (1_000, 10_000, 100_000)
    small: int = 10
    behind: int = 10_000


@dataclass(slots=True)
class Kept:
    """What `--json` keeps: written after each part, so that a later one that fails takes nothing with it."""

    out: Path | None
    comparisons: list[Comparison] = field(default_factory=list)

    def add(self, found: Sequence[Comparison]) -> None:
        self.comparisons += found
        self._write(self._document())

    def add_rounds(self, found: dict[str, Any]) -> None:
        """What was found of rounds stands alone, or beside what was measured before."""
        self._write({**self._document(), "match": found} if self.comparisons else found)

    def _document(self) -> dict[str, Any]:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return {"at": at, "machine": machine(), "comparisons": [one.document() for one in self.comparisons]}

    def _write(self, document: dict[str, Any]) -> None:
        if self.out is not None:
            self.out.write_text(json.dumps(document, indent=2) + "\n")


async def delivery(*, rounds: int, sizes: Sizes, database_url: str) -> list[Comparison]:
    """Runs what delivery is measured by, and prints the table."""
    for peer in ("celery", "aiosmtpd"):
        if importlib.util.find_spec(peer) is None:
            raise PeersMissing
    found: list[Comparison] = []
    found += await streams.compare(sizes.events, rounds=rounds, database_url=database_url)
    found += await intake.compare(sizes.requests, rounds=rounds, database_url=database_url)
    found += await mail.compare(sizes.steady, rounds=rounds, database_url=database_url)
    found += await startup.compare(rounds=rounds, database_url=database_url)
    if not database_url:
        found += await asyncio.to_thread(backlog.compare, sizes.backlog)
    return told(found)


def at_rest(*, sizes: Sizes, database_url: str) -> list[Comparison]:
    """What the services take while nobody asks anything."""
    return told(idle.compare(sizes.behind, database_url=database_url))


def growing(*, sizes: Sizes, database_url: str) -> list[Comparison]:
    """How cost grows with the RSVPs of one gathering, and of many small ones."""
    return told(growth.compare(sizes.growing, small=sizes.small, database_url=database_url))


def match(people: int) -> dict[str, Any]:
    """Rounds beside their peers."""
    from deploy.bench import matching

    result = matching.run(people)
    for line in result.lines():
        say.line(line)
    return result.document()


def groups(folder: Path, *, out: Path | None) -> None:
    """Real groups as gatherings, beside greedy."""
    from deploy.bench import matching_groups

    found = []
    for group in matching_groups.run(folder):
        say.line(group.told)
        found.append(asdict(group))
    if out is not None:
        out.write_text(json.dumps({"machine": machine(), "groups": found}, indent=2) + "\n")


def told(found: list[Comparison]) -> list[Comparison]:
    """Prints the table for people, and answers what stands in it."""
    about = machine()
    say.line(table(found))
    say.line(f"\n{about['cpu']}, {about['cores']} cores, load {about['load'][0]:.1f}; Python {about['python']}")
    return found
