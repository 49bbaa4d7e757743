"""The embedded process is killed at random moments during an import, and nothing is lost or doubled."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from deploy.story.mailboxes import Maildir
from shared.listening import claim_port
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

PEOPLE = 400
KILLS = 6


class Embedded:
    """`tablemates up` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with claim_port(0) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "deploy.cli", *arguments, "--data-dir", str(self._folder)]

    async def start(self) -> None:
        with (self._folder / "up.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
                self.command("up", "--port", str(self.port)),
                stdout=log,
                stderr=log,
                env=os.environ | {"TABLEMATES_LOG": "json"},
            )
        await wait_until(self.answers, timeout=240, what="the embedded process to answer", saw=self.log)

    async def answers(self) -> bool:
        try:
            async with httpx.AsyncClient() as http:
                return (await http.get(f"http://127.0.0.1:{self.port}/readyz")).is_success
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM; answers the exit code."""
        assert self._process
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        return process.wait(20)

    def log(self) -> str:
        return (self._folder / "up.log").read_text()[-2000:]


def guest_list() -> bytes:
    rows = [f"person{n}@example.org,Person {n},going" for n in range(PEOPLE)]
    return "\n".join(["email,name,status", *rows]).encode()


async def gathering_on(embedded: Embedded, key: str) -> tuple[str, dict[str, str]]:
    headers = {"Authorization": f"Bearer {key}"}
    starts = datetime.now(UTC) + timedelta(days=30)
    body = {
        "title": "A gathering that survives",
        "kind": "conference",
        "format": "in_person",
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=8)).isoformat(),
        "timezone": "UTC",
        "introductions": {"mode": "none"},
    }
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{embedded.port}", headers=headers) as http:
        return (await http.post("/api/v1/gatherings", json=body)).raise_for_status().json()["id"], headers


async def import_until_it_is_done(embedded: Embedded, gathering: str, headers: dict[str, str]) -> None:
    """What a person does whose connection broke: the same import again."""
    while True:
        try:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{embedded.port}", headers=headers) as http:
                path, csv = f"/api/v1/gatherings/{gathering}/import", {"Content-Type": "text/csv"}
                answer = await http.post(path, timeout=60, content=guest_list(), headers=csv)
                if answer.is_success:
                    return
        except httpx.HTTPError:
            await asyncio.sleep(0.05)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Embedded]:
    process = Embedded(tmp_path)
    yield process
    process.kill()


async def test_kill_9_during_an_import_loses_nothing_and_doubles_nothing(tmp_path: Path, embedded: Embedded) -> None:
    chance = random.Random(7)
    await embedded.start()
    create = embedded.command("key", "create")
    created = await asyncio.to_thread(subprocess.run, create, capture_output=True, text=True, check=True)
    gathering, headers = await gathering_on(embedded, created.stdout.strip().splitlines()[-1])
    importing = asyncio.create_task(import_until_it_is_done(embedded, gathering, headers))

    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.05, 1.2))  # the moment of the kill is the chaos, nothing is waited for
        embedded.kill()
        await embedded.start()
    await importing
    mailbox = Maildir(tmp_path / "mail")

    async def everybody_has_mail() -> bool:
        return len({letter.to for letter in await mailbox.letters()}) >= PEOPLE

    await wait_until(everybody_has_mail, timeout=120, what=f"{PEOPLE} mails", saw=embedded.log)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{embedded.port}", headers=headers) as http:
        roster = (await http.get(f"/api/v1/gatherings/{gathering}/rsvps", headers={"Accept": "text/csv"})).text
    assert embedded.stop() == 0

    assert sum("person" in line for line in roster.splitlines()) == PEOPLE
    received = Counter((letter.to, letter.kind) for letter in await mailbox.letters())
    assert Counter(kind for _, kind in received) == {"rsvp.confirmed": PEOPLE}
    assert set(received.values()) == {1}
