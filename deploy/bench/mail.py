"""The place for measuring the whole way: from a POST that was due to the mail server's acceptance, at a steady rate."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bench import intake, sink, stand
from deploy.bench.load import percentile
from deploy.bench.report import Comparison, interleaved
from deploy.embedded import valkey

RATE = 50.0
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Way:
    """Something that answers RSVPs with a mail: where it listens, and where its mails are noted."""

    port: int
    notes: Path
    path: str


async def compare(requests: int, *, rounds: int, database_url: str = "") -> list[Comparison]:
    """p99 and p50 of ours and of what people commonly wire, in milliseconds, in one interleaved run."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tm-bench-")))
        ways = [await _ours(stack, folder / "ours", database_url), _peers(stack, folder / "peer")]
        runs = itertools.count()
        medians: dict[int, list[float]] = {0: [], 1: []}

        def measure(which: int) -> Callable[[], "asyncio.Future[float]"]:
            async def one() -> float:
                p50, p99 = await asyncio.to_thread(time_to_acceptance, ways[which], requests, f"r{next(runs)}")
                medians[which].append(p50)
                return p99

            return lambda: asyncio.ensure_future(one())

        kind = stand.kind_of(database_url)
        peer = "FastAPI + celery + smtplib"
        slowest = await interleaved(
            f"POST to SMTP acceptance at {RATE:g} a second, p99 ({kind})",
            unit="ms",
            ours=measure(0),
            peer=measure(1),
            peer_name=peer,
            bar=5.0,
            more_is_better=False,
            rounds=rounds,
        )
        ours, theirs = (tuple(medians[which][1:]) for which in (0, 1))
        middle = Comparison(f"the same, p50 ({kind})", "ms", ours, theirs, peer, more_is_better=False)
        return [slowest, middle]


def time_to_acceptance(way: Way, requests: int, run: str) -> tuple[float, float]:
    """p50 and p99 in milliseconds, over every request; one that never arrives counts as infinitely late."""
    report = stand.load(way.port, way.path, requests=requests, rate=RATE, run=run)
    assert report["statuses"] == {"201": requests}, report["statuses"]
    due: dict[str, float] = report["due"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not due.keys() <= (arrived := sink.accepted(way.notes)).keys() and time.monotonic() < deadline:
        time.sleep(0.1)
    times = sorted(arrived.get(who, float("inf")) - moment for who, moment in due.items())
    return percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000


async def _ours(stack: ExitStack, folder: Path, database_url: str) -> Way:
    """The three real services, a process each."""
    broker = stack.enter_context(valkey.start(folder / "broker"))
    port, notes = stack.enter_context(mail_server(folder))
    mail_url = f"smtp://127.0.0.1:{port}?tls=none"
    environment = stand.environment_of(folder, broker.url, database_url=database_url, mail_url=mail_url)
    settings = stand.migrated(environment)
    (gathering,) = await stand.gatherings_in(settings)
    running = [stack.enter_context(stand.service(name, environment, folder)) for name in stand.SERVICES]
    return Way(running[0].port, notes, intake.PATH.format(gathering=gathering))


def _peers(stack: ExitStack, folder: Path) -> Way:
    folder.mkdir()
    broker = stack.enter_context(valkey.start(folder / "broker"))
    smtp, notes = stack.enter_context(mail_server(folder))
    environment = {"BENCH_BROKER": stand.celery_url(broker.url), "BENCH_SMTP_PORT": str(smtp)}
    port, module = stand.free_port(), "deploy.bench.peers.common_stack"
    server = stack.enter_context(
        stand.python("-m", module, str(port), log=folder / "fastapi.log", environment=environment, port=port)
    )
    worker = ("-m", "celery", "-A", f"{module}:tasks", "worker", "--loglevel", "WARNING")
    stack.enter_context(stand.python(*worker, log=folder / "celery.log", environment=environment))
    stand.until_it_answers(server, "/openapi.json")
    return Way(port, notes, intake.PATH.format(gathering="peer"))


@contextmanager
def mail_server(folder: Path) -> Iterator[tuple[int, Path]]:
    """A sink: its port, and where it notes what it accepted."""
    port, notes = stand.free_port(), folder / "accepted.txt"
    with stand.python("-m", "deploy.bench.sink", str(port), str(notes), log=folder / "sink.log") as running:
        stand.until_it_listens(port, running)
        yield port, notes
