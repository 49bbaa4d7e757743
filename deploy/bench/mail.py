"""The place for measuring the whole way: from a POST that was due to the mail server's acceptance, at a steady rate."""

import asyncio
import itertools
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import certifi

from deploy.bench import growth, intake, sink, stand
from deploy.bench.load import percentile
from deploy.bench.report import Comparison, interleaved
from deploy.embedded import valkey
from shared.errors import TablematesError

RATE = 50.0
PATIENCE_SECONDS = 60.0
USER, PASSWORD = "tablemates", "bench"
RUNS = itertools.count()
OWN = secrets.token_hex(4)
"""Nobody whom an earlier run wrote to: on PostgreSQL its people are still there."""


class OpensslMissing(TablematesError):
    """The bench needs openssl, to make a certificate for its mail server."""

    code = "openssl_missing"


@dataclass(frozen=True, slots=True)
class MailHost:
    """A submission server's certificate with its key, and the environment of those who trust it."""

    certificate: Path
    trusted: dict[str, str]


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
        host = a_mail_host(folder)
        ours = await _ours(stack, folder / "ours", host, database_url)
        common = _stack_of(stack, folder / "common", "common_stack", database_url, host)
        found = await _beside(
            ours, common, "FastAPI + SQLAlchemy + celery + smtplib", requests, rounds, database_url, 5.0
        )
        bare = _stack_of(stack, folder / "bare", "bare_stack", database_url, None)
        return found + await _beside(ours, bare, "the same, nothing stored, mail in clear", requests, 1, database_url)


async def _beside(
    ours: Way, peer: Way, peer_name: str, requests: int, rounds: int, database_url: str, bar: float | None = None
) -> list[Comparison]:
    medians: dict[Path, list[float]] = {ours.notes: [], peer.notes: []}

    def measure(way: Way) -> Callable[[], "asyncio.Future[float]"]:
        async def one() -> float:
            p50, p99 = await asyncio.to_thread(time_to_acceptance, way, requests, f"{OWN}{next(RUNS)}")
            medians[way.notes].append(p50)
            return p99

        return lambda: asyncio.ensure_future(one())

    kind = stand.kind_of(database_url)
    slowest = await interleaved(
        f"POST to SMTP acceptance at {RATE:g} a second, p99 ({kind})",
        unit="ms",
        ours=measure(ours),
        peer=measure(peer),
        peer_name=peer_name,
        bar=bar,
        more_is_better=False,
        rounds=rounds,
    )
    our_middle, peers_middle = (tuple(medians[way.notes][1:]) for way in (ours, peer))
    middle = Comparison(f"the same, p50 ({kind})", "ms", our_middle, peers_middle, peer_name, more_is_better=False)
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


async def _ours(stack: ExitStack, folder: Path, host: MailHost, database_url: str) -> Way:
    """The three real services, a process each."""
    environment, notes = our_surroundings(stack, folder, host, database_url)
    settings = stand.migrated(environment)
    (gathering,) = await stand.gatherings_in(settings)
    running = {name: stack.enter_context(stand.service(name, environment, folder)) for name in stand.SERVICES}
    growth.Stack(running, [gathering], folder / "among", settings).settle()  # what earlier runs left to be mailed
    return Way(running["rsvp"].port, notes, intake.PATH.format(gathering=gathering))


def our_surroundings(
    stack: ExitStack, folder: Path, host: MailHost, database_url: str = ""
) -> tuple[dict[str, str], Path]:
    """A broker and a mail server: how our services find them, and where the mails are noted."""
    broker = stack.enter_context(valkey.start(folder / "broker"))
    port, notes = stack.enter_context(mail_server(folder, host))
    mail_url = f"smtp://{USER}:{PASSWORD}@localhost:{port}?tls=starttls"
    environment = stand.environment_of(folder, broker.url, database_url=database_url, mail_url=mail_url)
    return environment | host.trusted, notes


def _stack_of(stack: ExitStack, folder: Path, module: str, database_url: str, host: MailHost | None) -> Way:
    """A peer: its web server, and Celery's worker as it comes."""
    environment, notes = peers_surroundings(stack, folder, host, database_url)
    server = stack.enter_context(peers_server(module, folder, environment))
    stack.enter_context(peers_worker(module, folder, environment))
    stand.until_it_answers(server, "/openapi.json")
    return Way(server.port, notes, intake.PATH.format(gathering="peer"))


def peers_surroundings(
    stack: ExitStack, folder: Path, host: MailHost | None, database_url: str = ""
) -> tuple[dict[str, str], Path]:
    """The same for a peer."""
    folder.mkdir()
    broker = stack.enter_context(valkey.start(folder / "broker"))
    smtp, notes = stack.enter_context(mail_server(folder, host))
    environment = {
        "BENCH_BROKER": stand.celery_url(broker.url),
        "BENCH_DATABASE": _as_people_write_it(database_url) or f"sqlite:///{folder}/rsvps.sqlite3",
        "BENCH_SMTP_PORT": str(smtp),
        "BENCH_SMTP_USER": USER,
        "BENCH_SMTP_PASSWORD": PASSWORD,
        **(host.trusted if host else {}),
    }
    return environment, notes


def peers_server(module: str, folder: Path, environment: Mapping[str, str]) -> AbstractContextManager[stand.Running]:
    port = stand.free_port()
    arguments = ("-m", f"deploy.bench.peers.{module}", str(port))
    return stand.python(*arguments, log=folder / "fastapi.log", environment=environment, port=port)


def peers_worker(module: str, folder: Path, environment: Mapping[str, str]) -> AbstractContextManager[stand.Running]:
    arguments = ("-m", "celery", "-A", f"deploy.bench.peers.{module}:tasks", "worker", "--loglevel", "WARNING")
    return stand.python(*arguments, log=folder / "celery.log", environment=environment)


def _as_people_write_it(database_url: str) -> str:
    return f"{database_url.replace('postgresql:', 'postgresql+psycopg:')}/rsvp" if database_url else ""


def a_mail_host(folder: Path) -> MailHost:
    """A certificate for localhost, made by the machine's openssl, among the authorities that everybody trusts."""
    if (openssl := shutil.which("openssl")) is None:
        raise OpensslMissing
    key, certificate, both, bundle = (folder / f"{name}.pem" for name in ("key", "certificate", "localhost", "bundle"))
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run((openssl, "req", "-x509", *kind, *name, *files), check=True, capture_output=True)  # noqa: S603 - made here
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    bundle.write_bytes(Path(certifi.where()).read_bytes() + certificate.read_bytes())
    return MailHost(both, {"SSL_CERT_FILE": str(bundle)})


@contextmanager
def mail_server(folder: Path, host: MailHost | None = None) -> Iterator[tuple[int, Path]]:
    """A sink: its port, and where it notes what it accepted. With a host it is encrypted, and asks who sends."""
    port, notes = stand.free_port(), folder / "accepted.txt"
    certificate = (str(host.certificate),) if host else ()
    arguments = ("-m", "deploy.bench.sink", str(port), str(notes), *certificate)
    with stand.python(*arguments, log=folder / "sink.log") as running:
        stand.until_it_listens(port, running)
        yield port, notes
