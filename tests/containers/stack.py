"""The place for a stack under test: what an operator does with docker compose, and what is seen from outside."""

import json
import os
import secrets
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES = ("rsvp", "intro", "notify")
PARTITIONS = 8
RUNNING = ("gateway", *SERVICES, "redis", "postgres", "maildev")


class Failed(AssertionError):
    """A command that had to succeed did not."""


def run(*command: str, check: bool = True, environment: Mapping[str, str] | None = None, given: str = "") -> str:
    """Standard output of a command. Raises Failed with what it said."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, input=given)
    if check and done.returncode:
        raise Failed(f"{' '.join(command)}\nexit code {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout if check else done.stdout + done.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Stack:
    """One compose project. `overlays` are further compose files: the cluster's, the sentinels'."""

    project: str = field(default_factory=lambda: f"tm-test-{secrets.token_hex(4)}")
    overlays: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    http_port: int = field(default_factory=free_port)
    operators_port: int = field(default_factory=free_port)
    _key: str = ""

    @property
    def url(self) -> str:
        return f"http://localhost:{self.http_port}"

    @property
    def mailbox(self) -> str:
        return f"http://localhost:{self.operators_port}/mailbox"

    @property
    def environment(self) -> dict[str, str]:
        """What an operator would have in deploy/.env."""
        return {
            **os.environ,
            "COMPOSE_PROJECT_NAME": self.project,
            "COMPOSE_FILE": ":".join(str(DEPLOY / name) for name in ("compose.yaml", *self.overlays)),
            "TABLEMATES_HTTP": f"127.0.0.1:{self.http_port}",
            "TABLEMATES_HTTPS": f"127.0.0.1:{free_port()}",
            "TABLEMATES_OPERATORS": f"127.0.0.1:{self.operators_port}",
            "TABLEMATES_PUBLIC_URL": self.url,
            "TABLEMATES_RSVPS_PER_MINUTE": "1000000",
            **self.settings,
        }

    def compose(self, *arguments: str, check: bool = True, given: str = "") -> str:
        command = ("docker", "compose", "--progress", "quiet", "--profile", "demo", "--profile", "metrics", *arguments)
        return run(*command, check=check, environment=self.environment, given=given)

    def operate(self, *arguments: str, check: bool = True) -> str:
        """`deploy/operate …`"""
        return run(str(DEPLOY / "operate"), *arguments, check=check, environment=self.environment)

    def up(self, services: Sequence[str] = RUNNING, *, scale: Mapping[str, int] | None = None) -> None:
        """Starts these services and what they wait for; returns when compose does, which is before they are ready."""
        scaled = [f"--scale={name}={count}" for name, count in (scale or {}).items()]
        self.compose("up", "-d", "--no-build", *scaled, *services)

    def down(self) -> None:
        self.compose("--profile", "tools", "down", "--volumes", "--remove-orphans", "--timeout", "3", check=False)

    def ids(self, service: str) -> list[str]:
        return self.compose("ps", "-a", "-q", service).split()

    def kill(self, service: str, *, only: int | None = None) -> list[str]:
        """`kill -9` of every container of a service, or of one of them; answers which."""
        killed = self.ids(service)[slice(None) if only is None else slice(only, only + 1)]
        run("docker", "kill", *killed)
        return killed

    def logs(self, service: str) -> str:
        return self.compose("logs", "--no-color", "--no-log-prefix", service)

    def last_said(self, lines: int) -> str:
        """What runs and what not, and what each container said last."""
        logs = self.compose("logs", "--no-color", "--timestamps", "--tail", str(lines), check=False)
        return self.compose("ps", "-a", check=False) + logs

    def readyz(self, service: str) -> tuple[int, list[str]]:
        """What a service says of itself on the operators' port: status and problems; 0 when nobody answers."""
        with suppress(httpx.HTTPError, json.JSONDecodeError):
            answer = httpx.get(f"http://localhost:{self.operators_port}/{service}/readyz", timeout=5)
            return answer.status_code, answer.json()["problems"]
        return 0, []

    def all_ready(self) -> bool:
        return all(self.readyz(service)[0] == 200 for service in SERVICES)

    def key(self) -> str:
        """An organiser's key, made once by the command line in the stack."""
        if not self._key:
            self._key = self.operate("key", "create").split()[-1]
        return self._key

    def get(self, path: str) -> httpx.Response:
        """As anybody, through the gateway."""
        return httpx.get(self.url + path, timeout=60)

    def post(self, path: str, content: str | bytes) -> httpx.Response:
        """As anybody, through the gateway."""
        return httpx.post(self.url + path, content=content, headers={"Content-Type": "application/json"}, timeout=60)

    def prometheus(self, path: str, **query: str) -> Any:
        """The data that Prometheus answers with on the operators' port; None when it does not."""
        with suppress(httpx.HTTPError, json.JSONDecodeError):
            url = f"http://localhost:{self.operators_port}/prometheus/api/v1/{path}"
            return httpx.get(url, params=query, timeout=10).json()["data"]
        return None

    def organiser(self, method: str, path: str, **request: Any) -> Any:
        """A request with the organiser's key, through the gateway; answers the JSON."""
        headers = {"Authorization": f"Bearer {self.key()}"}
        answer = httpx.request(method, self.url + path, headers=headers, timeout=60, **request)
        if answer.is_error:
            raise Failed(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def mails(self, **wanted: str) -> list[dict[str, Any]]:
        """Mails that arrived, by maildev's own filter: `mails(**{"to.address": …})`; none while it does not answer."""
        with suppress(httpx.HTTPError, json.JSONDecodeError):
            found: list[dict[str, Any]] = httpx.get(f"{self.mailbox}/email", params=wanted, timeout=30).json()
            return found
        return []

    def psql(self, database: str, statement: str) -> str:
        """As the superuser, over the server's own socket: what a test breaks or looks up."""
        arguments = ("psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", statement)
        return self.compose("exec", "-T", "postgres", *arguments).strip()
