"""The place for measuring intake: the real rsvp service over HTTP, beside the same endpoint without a store."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bench import stand
from deploy.bench.report import Comparison, interleaved
from deploy.embedded import valkey

CONNECTIONS = 64
PATH = "/api/v1/gatherings/{gathering}/rsvps"


async def compare(requests: int, *, rounds: int, database_url: str = "") -> Comparison:
    """Durable RSVPs a second beside validated requests a second."""
    with TemporaryDirectory(prefix="tm-bench-") as name, valkey.start(Path(name) / "broker") as broker:
        folder = Path(name)
        environment = stand.environment_of(folder, broker.url, database_url=database_url)
        settings = stand.migrated(environment, ["rsvp"])
        (gathering,) = await stand.gatherings_in(settings)
        path = PATH.format(gathering=gathering)
        with stand.service("rsvp", environment, folder) as ours, bare(folder) as peer:
            runs = itertools.count()

            async def rate(running: stand.Running) -> float:
                report = await asyncio.to_thread(
                    stand.load, running.port, path, requests=requests, connections=CONNECTIONS, run=f"r{next(runs)}"
                )
                assert report["statuses"] == {"201": requests}, report
                return float(report["rate"])

            return await interleaved(
                f"durable RSVP over HTTP ({stand.kind_of(database_url)})",
                unit="requests/s",
                ours=lambda: rate(ours),
                peer=lambda: rate(peer),
                peer_name="bare FastAPI, same model, no store",
                bar=0.5,
                rounds=rounds,
            )


@contextmanager
def bare(folder: Path) -> Iterator[stand.Running]:
    """The peer, once it answers."""
    port = stand.free_port()
    with stand.python("-m", "deploy.bench.peers.bare", str(port), log=folder / "bare.log", port=port) as running:
        stand.until_it_answers(running, "/openapi.json")
        yield running
