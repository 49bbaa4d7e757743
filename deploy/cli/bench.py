"""The place for `tablemates bench`: our speed beside what people commonly put together instead, in turns."""

import asyncio
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

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


async def delivery(*, rounds: int, sizes: Sizes, database_url: str, out: Path | None) -> None:
    """Runs what delivery is measured by, prints the table, and keeps everything as JSON."""
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
    tell(found, out)


def at_rest(*, sizes: Sizes, database_url: str, out: Path | None) -> None:
    """What the services take while nobody asks anything."""
    tell(idle.compare(sizes.behind, database_url=database_url), out)


def growing(*, sizes: Sizes, database_url: str, out: Path | None) -> None:
    """How cost grows with the RSVPs of one gathering, and of many small ones."""
    tell(growth.compare(sizes.growing, small=sizes.small, database_url=database_url), out)


def match(people: int, *, out: Path | None) -> None:
    """Rounds beside their peers."""
    from deploy.bench import matching

    result = matching.run(people)
    for told in result.lines():
        say.line(told)
    if out is not None:
        out.write_text(json.dumps(result.document(), indent=2) + "\n")


def groups(folder: Path, *, out: Path | None) -> None:
    """Real groups as gatherings, beside greedy."""
    from deploy.bench import matching_groups

    found = []
    for group in matching_groups.run(folder):
        say.line(group.told)
        found.append(asdict(group))
    if out is not None:
        out.write_text(json.dumps({"machine": machine(), "groups": found}, indent=2) + "\n")


def tell(found: Sequence[Comparison], out: Path | None) -> None:
    """The table for people, the document for who wants to compare later."""
    about = machine()
    say.line(table(found))
    say.line(f"\n{about['cpu']}, {about['cores']} cores, load {about['load'][0]:.1f}; Python {about['python']}")
    if out is not None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        document = {"at": at, "machine": about, "comparisons": [one.document() for one in found]}
        out.write_text(json.dumps(document, indent=2) + "\n")
