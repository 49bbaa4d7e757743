"""The place for measuring how cost grows: ten times the RSVPs, through all three services until the last is mailed."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from deploy.bench import intake, stand
from deploy.bench.report import Comparison
from deploy.embedded import valkey
from services.notify.store.tables import mails
from shared.db import open_engine
from shared.settings import Settings
from shared.tables import outbox_heads, positions

WARM = 200
TENFOLD = 1 / 1.2
"""What an RSVP costs with a tenth of them, beside what it costs: at least this share, which is within a fifth."""
PATIENCE_SECONDS = 1_800.0
UNDER_WAY = ("pending", "sending", "retry")


@dataclass(frozen=True, slots=True)
class Cost:
    """What RSVPs took of each service: processor time a piece in microseconds, and memory in MiB at the most."""

    cpu: dict[str, float]
    memory: dict[str, float]

    @property
    def each(self) -> float:
        return sum(self.cpu.values())


def compare(sizes: Sequence[int], *, small: int, database_url: str = "") -> list[Comparison]:
    """Each size of one gathering beside the size before, and as many RSVPs as the last over gatherings of `small`."""
    costs = [measure(1, size, database_url=database_url) for size in sizes]
    found = [
        _beside(f"one gathering of {size:,}", costs[n + 1], f"one of {sizes[n]:,}", costs[n])
        for n, size in enumerate(sizes[1:])
    ]
    many = measure(sizes[-1] // small, small, database_url=database_url)
    few = measure(sizes[-2] // small, small, database_url=database_url)
    found.append(_beside(f"{sizes[-1] // small:,} gatherings of {small}", many, f"{sizes[-2] // small:,} of them", few))
    return [*found, _memory(costs[-1], costs[-2], sizes)]


def _beside(name: str, ours: Cost, peer_name: str, peer: Cost) -> Comparison:
    return Comparison(
        f"processor time an RSVP, all services, until it is mailed: {name}",
        "µs",
        (ours.each,),
        (peer.each,),
        peer_name,
        bar=TENFOLD,
        more_is_better=False,
    )


def _memory(ours: Cost, peer: Cost, sizes: Sequence[int]) -> Comparison:
    most, before = (sum(cost.memory.values()) for cost in (ours, peer))
    return Comparison(
        f"memory of all services, one gathering of {sizes[-1]:,}",
        "MiB",
        (most,),
        (before,),
        f"one of {sizes[-2]:,}",
        more_is_better=False,
    )


def measure(gatherings: int, each: int, *, database_url: str = "") -> Cost:
    """Starts everything anew, warms it up, and asks for all RSVPs as fast as they are answered."""
    with stack(gatherings + 1, database_url) as whole:
        whole.rsvps(whole.places[:1], WARM, "warm")
        before = whole.cpu()
        whole.rsvps(whole.places[1:], gatherings * each, "guest")
        spent = {name: one - before[name] for name, one in whole.cpu().items()}
        count = gatherings * each
        return Cost(
            {name: seconds / count * 1e6 for name, seconds in spent.items()},
            {name: running.peak_rss_mib() for name, running in whole.running.items()},
        )


@dataclass(slots=True)
class Stack:
    """The three services, and the gatherings that they know."""

    running: dict[str, stand.Running]
    places: list[str]
    among: Path
    settings: Settings

    def cpu(self) -> dict[str, float]:
        return {name: running.cpu_seconds() for name, running in self.running.items()}

    def rsvps(self, places: Sequence[str], count: int, run: str) -> None:
        """That many RSVPs to these gatherings in turn, until all of them are mailed."""
        self.among.write_text("\n".join(places))
        path = intake.PATH.format(gathering="{among}")
        options = {"requests": count, "connections": intake.CONNECTIONS, "run": run, "among": self.among}
        report = stand.load(self.running["rsvp"].port, path, **options)
        assert report["statuses"] == {"201": count}, report["statuses"]
        self.settle()

    def settle(self) -> None:
        """Waits until intro and notify have heard everything, and every mail is out. Raises DidNotStart."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._is_settled():
            if time.monotonic() > deadline:
                raise stand.DidNotStart("The services did not come to the end of what was said.")
            time.sleep(0.2)

    def _is_settled(self) -> bool:
        said = dict(self._rows("rsvp", sa.select(outbox_heads.c.stream, outbox_heads.c.top)))
        for reader in ("intro", "notify"):
            heard = dict(self._rows(reader, sa.select(positions.c.stream, positions.c.position)))
            if any(heard.get(stream, 0) < top for stream, top in said.items()):
                return False
        return not self._rows("notify", sa.select(mails.c.number).where(mails.c.state.in_(UNDER_WAY)).limit(1))

    def _rows(self, service: str, statement: sa.Select[Any]) -> list[Any]:
        engine = open_engine(self.settings.database_of(service))
        try:
            with engine.connect() as sql:
                return [tuple(row) for row in sql.execute(statement)]
        finally:
            engine.dispose()


@contextmanager
def stack(gatherings: int, database_url: str = "", **settings_too: str) -> Iterator[Stack]:
    """Everything started, with so many gatherings whose RSVPs count at once, and these further settings."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tm-bench-")))
        broker = stack.enter_context(valkey.start(folder / "broker"))
        environment = stand.environment_of(folder, broker.url, database_url=database_url) | settings_too
        settings = stand.migrated(environment)
        places = asyncio.run(stand.gatherings_in(settings, gatherings, confirm=False))
        running = {name: stack.enter_context(stand.service(name, environment, folder)) for name in stand.SERVICES}
        found = Stack(running, places, folder / "among", settings)
        found.settle()
        yield found
