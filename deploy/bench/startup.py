"""The place for measuring start-up: from the start of a process until it has done its first piece of work."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bench import intake, mail, sink, stand
from deploy.bench.load import PERSON
from deploy.bench.report import Comparison

PEER = "common_stack"
PEER_NAME = "FastAPI + SQLAlchemy, celery"


@dataclass(frozen=True, slots=True)
class House:
    """How to start what takes RSVPs and what mails; where it is asked, and where its mails are noted."""

    server: Callable[[], AbstractContextManager[stand.Running]]
    worker: Callable[[], AbstractContextManager[stand.Running]]
    path: str
    notes: Path


async def compare(*, rounds: int, database_url: str = "") -> list[Comparison]:
    """Seconds from a start to the first RSVP that is stored, and to the first mail, of an RSVP that waited for it.

    Each is started in turns with its peer; the first time only warms up.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tm-bench-")))
        host = mail.a_mail_host(folder)
        ours = await _ours(stack, folder / "ours", host, database_url)
        peer = _peer(stack, folder / "common", host, database_url)
        took: dict[Path, list[tuple[float, float]]] = {ours.notes: [], peer.notes: []}
        for _ in range(rounds + 1):
            for house in (ours, peer):
                address = f"{mail.OWN}.{next(mail.RUNS)}@example.org"
                took[house.notes].append(await asyncio.to_thread(measure, house, address))
        kind = stand.kind_of(database_url)
        return [
            Comparison(
                f"start-up, until {what} ({kind})",
                "s",
                tuple(times[which] for times in took[ours.notes][1:]),
                tuple(times[which] for times in took[peer.notes][1:]),
                PEER_NAME,
                more_is_better=False,
            )
            for which, what in enumerate(("the first RSVP is stored", "a mail that waited is accepted"))
        ]


def measure(house: House, address: str) -> tuple[float, float]:
    """Seconds until this person's RSVP is stored; and then until the mail about it is accepted."""
    began = time.perf_counter()
    with house.server() as server:
        stored = stand.what_comes(server, lambda: _when_stored(server.port, house.path, address)) - began
        began = time.perf_counter()
        with house.worker() as worker:
            return stored, stand.what_comes(worker, lambda: sink.accepted(house.notes).get(address)) - began


def _when_stored(port: int, path: str, address: str) -> float | None:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        json.dumps(PERSON | {"email": address}).encode(),
        {"Content-Type": "application/json"},
    )
    try:  # refused while nobody listens, 503 a little later
        with urllib.request.urlopen(asked, timeout=5):  # noqa: S310 - our own process
            return time.perf_counter()
    except OSError:
        return None


async def _ours(stack: ExitStack, folder: Path, host: mail.MailHost, database_url: str) -> House:
    environment, notes = mail.our_surroundings(stack, folder, host, database_url)
    (gathering,) = await stand.gatherings_in(stand.migrated(environment))
    return House(
        lambda: stand.starting("rsvp", environment, folder),
        lambda: stand.starting("notify", environment, folder),
        intake.PATH.format(gathering=gathering),
        notes,
    )


def _peer(stack: ExitStack, folder: Path, host: mail.MailHost, database_url: str) -> House:
    environment, notes = mail.peers_surroundings(stack, folder, host, database_url)
    return House(
        lambda: mail.peers_server(PEER, folder, environment),
        lambda: mail.peers_worker(PEER, folder, environment),
        intake.PATH.format(gathering="peer"),
        notes,
    )
