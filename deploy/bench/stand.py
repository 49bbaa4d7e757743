"""The place for what is measured: brokers, services and peers, each a process of its own, started and ended here."""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from services.rsvp.api.given import GatheringGiven
from services.rsvp.handlers.gatherings import create_gathering
from services.rsvp.ports import Store
from services.rsvp.store.sql import SqlStore
from shared import migrate
from shared.clock import SystemClock
from shared.db import open_engine
from shared.errors import TablematesError
from shared.runner import SqlRunner
from shared.settings import Settings
from shared.signals import Signals

T = TypeVar("T")

SERVICES = ("rsvp", "intro", "notify")
START_SECONDS = 60.0
LOOK_SECONDS = 0.005
KEY = secrets.token_urlsafe(32)


class DidNotStart(TablematesError):
    """A process that was to be measured did not start."""

    code = "did_not_start"


@dataclass(slots=True)
class Running:
    """One process, and where it listens."""

    process: "subprocess.Popen[bytes]"
    port: int = 0
    log: Path | None = None

    def kill(self) -> None:
        """At once, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """As an operator would."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def rss_mib(self) -> float:
        """What it holds in memory now."""
        return status_of(self.process.pid, "VmRSS") / 1024

    def peak_rss_mib(self) -> float:
        return status_of(self.process.pid, "VmHWM") / 1024

    def cpu_seconds(self) -> float:
        """What it has used of the processor since it began, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def python(
    *arguments: str, log: Path, environment: Mapping[str, str] | None = None, port: int = 0
) -> Iterator[Running]:
    """A Python process with these arguments (`-m`, a module …), its output in `log`; ended at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, *arguments], env={**os.environ, **(environment or {})}, stdout=output, stderr=output
        )
    running = Running(process, port, log)
    try:
        yield running
    finally:
        running.end()


@contextmanager
def service(name: str, environment: Mapping[str, str], folder: Path) -> Iterator[Running]:
    """One real service on a port of its own, once it answers."""
    with starting(name, environment, folder) as running:
        until_it_answers(running)
        yield running


def starting(name: str, environment: Mapping[str, str], folder: Path) -> AbstractContextManager[Running]:
    """The same, which may not answer yet."""
    port = free_port()
    own = {**environment, "PORT": str(port), "HOST": "127.0.0.1"}
    return python("-m", f"services.{name}", "serve", log=folder / f"{name}.log", environment=own, port=port)


def environment_of(folder: Path, broker_url: str, *, database_url: str = "", mail_url: str = "") -> dict[str, str]:
    """The settings of all three services, as an operator sets them."""
    return {
        "TABLEMATES_DATA_DIR": str(folder),
        "TABLEMATES_BROKER_URL": broker_url,
        "TABLEMATES_DATABASE_URL": database_url or "sqlite:",
        "TABLEMATES_MAIL_URL": mail_url or f"maildir:{folder / 'mail'}",
        "TABLEMATES_SECRET_KEY": KEY,
        "TABLEMATES_LOG": "json",
    }


def settings_of(environment: Mapping[str, str]) -> Settings:
    """The same settings, for what the bench itself prepares."""
    return Settings(**{name.removeprefix("TABLEMATES_").lower(): value for name, value in environment.items()})  # type: ignore[arg-type]  # pydantic reads them


def migrated(environment: Mapping[str, str], services: Sequence[str] = SERVICES) -> Settings:
    """The databases with their schema."""
    settings = settings_of(environment)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    for name in services:
        migrate.upgrade(name, settings.database_of(name))
    return settings


async def gatherings_in(settings: Settings, count: int = 1, *, confirm: bool = True) -> list[str]:
    """Creates gatherings before the service starts; answers their ids."""
    signals = Signals()
    run: SqlRunner[Store] = SqlRunner(
        open_engine(settings.database_of("rsvp")),
        source="rsvp",
        store=SqlStore,
        clock=SystemClock(),
        signals=signals,
        partitions=settings.partitions,
    )
    fields = GatheringGiven.model_validate(
        {
            "title": "Zine Night",
            "kind": "happy_hour",
            "format": "in_person",
            "starts_at": (begins := datetime.now(UTC) + timedelta(days=60)).isoformat(),
            "ends_at": (begins + timedelta(hours=3)).isoformat(),
            "timezone": "America/New_York",
            "confirm_addresses": confirm,
        }
    ).fields()
    try:
        made = await asyncio.gather(
            *(run(create_gathering, fields, public_url=settings.public_url) for _ in range(count))
        )
    finally:
        await asyncio.to_thread(run.close)
    return [gathering.id for gathering in made]


def load(port: int, path: str, **options: Any) -> dict[str, Any]:
    """One run of the load generator in a process of its own; answers its report."""
    arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "deploy.bench.load", str(port), path, *arguments], check=True, capture_output=True
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def until_it_answers(running: Running, path: str = "/readyz") -> None:
    """Waits for the first answer over HTTP. Raises DidNotStart."""

    def ask() -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{running.port}{path}", timeout=5):
            return True
        return False

    what_comes(running, ask)


def what_comes(running: Running, look: Callable[[], T | None]) -> T:
    """What is seen once there is something. Raises DidNotStart with the end of the process's log."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        if running.process.poll() is not None:
            break
        time.sleep(LOOK_SECONDS)
    said = running.log.read_text(errors="replace")[-800:] if running.log else ""
    raise DidNotStart(f"{' '.join(map(str, running.process.args))} did not get to work: {said}")  # type: ignore[arg-type]  # a list


def until_it_listens(port: int, running: Running) -> None:
    """Waits until somebody accepts connections on a port. Raises DidNotStart."""

    def call() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    what_comes(running, call)


def until_lines(path: Path, count: int, *, at_most: float = 120.0) -> list[str]:
    """Waits until a file has so many lines. Raises DidNotStart."""
    deadline = time.monotonic() + at_most
    while time.monotonic() < deadline:
        lines = path.read_text().splitlines() if path.exists() else []
        if len(lines) >= count:
            return lines[:count]
        time.sleep(0.02)
    raise DidNotStart(f"{path.name} did not come to {count} lines.")


def celery_url(broker_url: str) -> str:
    """Celery's way to say where Redis is; it has a word of its own for a socket."""
    return broker_url.replace("unix://", "redis+socket://")


def kind_of(database_url: str) -> str:
    return "PostgreSQL" if database_url.startswith("postgresql") else "SQLite FULL"


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def status_of(pid: int, name: str) -> int:
    """A line of a process' status, in KiB. `VmHWM` begins anew with a program; getrusage's peak has the parent's."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
