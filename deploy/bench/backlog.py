"""The place for measuring memory: of a relay and of a reader that find a long backlog, each in a process of its own.

python -m deploy.bench.backlog relay|read DATABASE BROKER EVENTS
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
import uvloop

from deploy.bench import streams
from deploy.bench.report import Comparison
from deploy.bench.stand import status_of
from deploy.embedded import valkey
from shared.cancelling import cancelled
from shared.clock import SystemClock
from shared.contracts.envelope import encode_event
from shared.outbox import Relay
from shared.redis_bus import RedisBus
from shared.signals import Signals
from shared.tables import outbox, outbox_heads

FEWER = 100
AT_ONCE = 5_000


def compare(events: int) -> list[Comparison]:
    """The most memory that a relay and a reader took with this backlog, beside the same with a hundredth of it."""
    long, short = measure(events), measure(events // FEWER)
    return [
        Comparison(
            f"memory of a {who} with a backlog of {events:,} events",
            "MiB",
            (long[who],),
            (short[who],),
            f"the same with {events // FEWER:,}",
            bar=0.8,
            more_is_better=False,
        )
        for who in ("relay", "reader")
    ]


def measure(events: int) -> dict[str, float]:
    """MiB at the most, by who."""
    with TemporaryDirectory(prefix="tm-bench-") as name, valkey.start(Path(name) / "broker") as server:
        said, heard = (f"sqlite:///{name}/{service}.sqlite3" for service in ("rsvp", "notify"))
        with streams.runner(said, "rsvp"):
            _fill(said, events)
        return {
            "relay": _alone("relay", said, server.url, events),
            "reader": _alone("read", heard, server.url, events),
        }


def _fill(url: str, events: int) -> None:
    """An outbox in which so much was said, and nothing published."""
    engine = sa.create_engine(url)
    with engine.begin() as sql:
        rows = _rows(events)
        while some := list(islice(rows, AT_ONCE)):
            sql.execute(outbox.insert(), some)
        sql.execute(outbox_heads.insert().values(stream=streams.STREAM, top=events))
    engine.dispose()


def _rows(events: int) -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    for number in range(1, events + 1):
        event = streams.somebody_is_going(number)
        body = encode_event(
            event, traceparent=None, correlationid=None, id=f"{number:032}", source="/tablemates/rsvp", time=now
        )
        named = {"type": event.wire_type, "subject": event.subject}
        yield {"stream": streams.STREAM, "sequence": number, "body": body.decode(), "created_at": now, **named}


def _alone(what: str, *arguments: object) -> float:
    command = [sys.executable, "-m", "deploy.bench.backlog", what, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own module
    return float(json.loads(done.stdout)["mib"])


async def relay(database: str, broker: str) -> None:
    with streams.runner(database, "rsvp", empty=False) as run:
        bus = RedisBus(broker)
        await bus.connect()
        await Relay(run, bus, signals=Signals(), clock=SystemClock()).publish_everything()
        await bus.close()


async def read(database: str, broker: str, events: int) -> None:
    with streams.runner(database, "notify") as run:
        bus = RedisBus(broker)
        await bus.connect()
        reader = streams.reader_on(bus, run)
        following = asyncio.create_task(reader.follow())
        await streams.until(lambda: reader.position >= events)
        await cancelled([following])
        await bus.close()


def main(arguments: Sequence[str]) -> None:
    what, database, broker, events = arguments
    began = time.perf_counter()
    uvloop.run(relay(database, broker) if what == "relay" else read(database, broker, int(events)))
    most = status_of(os.getpid(), "VmHWM") / 1024
    sys.stdout.write(json.dumps({"mib": most, "seconds": time.perf_counter() - began}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
