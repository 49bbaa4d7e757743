"""The place for measuring intake: the real rsvp service over HTTP, beside the same endpoint without a store."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bench import stand
from deploy.bench.report import Comparison, interleaved
from deploy.embedded import valkey

CONNECTIONS = 128
"""So many that others ask while some are stored: with few, all wait for one commit, and then for one loop."""
PATH = "/api/v1/gatherings/{gathering}/rsvps"


async def compare(requests: int, *, rounds: int, database_url: str = "") -> list[Comparison]:
    """Durable RSVPs a second beside validated requests a second; and the same with an idempotency key each."""
    with TemporaryDirectory(prefix="tm-bench-") as name, valkey.start(Path(name) / "broker") as broker:
        folder = Path(name)
        environment = stand.environment_of(folder, broker.url, database_url=database_url)
        settings = stand.migrated(environment, ["rsvp"])
        (gathering,) = await stand.gatherings_in(settings)
        with stand.service("rsvp", environment, folder) as ours, bare(folder) as peer:
            both = Both(ours, peer, PATH.format(gathering=gathering), requests)
            what = f"durable RSVP over HTTP ({stand.kind_of(database_url)})"
            return [
                await both.compared(what, keyed=False, bar=0.5, rounds=rounds),
                await both.compared(
                    f"{what}, with an Idempotency-Key, which only ours keeps", keyed=True, rounds=rounds
                ),
            ]


@dataclass(slots=True)
class Both:
    """Ours and the peer, which get the same requests."""

    ours: stand.Running
    peer: stand.Running
    path: str
    requests: int
    runs: "itertools.count[int]" = field(default_factory=itertools.count)

    async def compared(self, name: str, *, keyed: bool, rounds: int, bar: float | None = None) -> Comparison:
        async def rate(running: stand.Running) -> float:
            options = {"requests": self.requests, "connections": CONNECTIONS, "run": f"r{next(self.runs)}"}
            report = await asyncio.to_thread(stand.load, running.port, self.path, keyed=int(keyed), **options)
            assert report["statuses"] == {"201": self.requests}, report
            return float(report["rate"])

        return await interleaved(
            name,
            unit="requests/s",
            ours=lambda: rate(self.ours),
            peer=lambda: rate(self.peer),
            peer_name="bare FastAPI, same model, no store",
            bar=bar,
            rounds=rounds,
        )


@contextmanager
def bare(folder: Path) -> Iterator[stand.Running]:
    """The peer, once it answers."""
    port = stand.free_port()
    with stand.python("-m", "deploy.bench.peers.bare", str(port), log=folder / "bare.log", port=port) as running:
        stand.until_it_answers(running, "/openapi.json")
        yield running
