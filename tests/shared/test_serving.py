"""A service in a process of its own: what ends it for good shows in its exit code, and it stops in order."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.schema import upgrade

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import sys
from types import SimpleNamespace
from shared import serving
from shared.errors import TablematesError
from shared.listening import claim_port

class LampBroke(TablematesError):
    "The lamp broke."
    code = "lamp_broke"

FAILURES = {"error": RuntimeError("a mistake of ours"), "known": LampBroke()}
where, what = sys.argv[1:]

async def start():
    if where == "start":
        raise FAILURES[what]

async def stop():
    print("stopped in order")

async def alone(*_, **__):
    raise FAILURES[what]

def build():
    service = SimpleNamespace(name="rsvp", start=start, stop=stop)
    return lambda *_, **__: SimpleNamespace(service=service, app=object(), run=None, close=lambda: print("closed"))

serving.stand_alone = alone
serving.main("rsvp", build, ["serve"], listener=claim_port(0))
"""


@pytest.fixture
def served(tmp_path: Path) -> dict[str, str]:
    """The environment of a service with a database, and a broker that is not there yet."""
    url = f"sqlite:///{tmp_path / 'rsvp.sqlite3'}"
    upgrade("rsvp", url)
    return {
        "TABLEMATES_DATA_DIR": str(tmp_path),
        "TABLEMATES_DATABASE_URL": "sqlite:",
        "TABLEMATES_BROKER_URL": "redis://127.0.0.1:1/0",
        "TABLEMATES_SECRET_KEY": "sixteen-letters-or-more-of-a-secret",
        "TABLEMATES_LOG": "json",
        "PATH": "/usr/bin:/bin",
    }


@pytest.mark.parametrize(("where", "orderly"), [("start", ["closed"]), ("later", ["stopped in order", "closed"])])
@pytest.mark.parametrize(
    ("what", "said"), [("error", "RuntimeError: a mistake of ours"), ("known", '"reason":"The lamp broke."')]
)
def test_a_part_that_fails_for_good_ends_the_process_with_a_code_that_says_so(
    served: dict[str, str], where: str, what: str, orderly: list[str], said: str
) -> None:
    command = [sys.executable, "-c", SERVE, where, what]
    done = subprocess.run(command, cwd=ROOT, env=served, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == orderly
    assert said in done.stderr
    assert ("Traceback" in done.stderr) == (what == "error")
