"""A service listens before it has loaded, so that nobody who asks meanwhile is refused."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from shared.listening import PortInUse, claim_port

ROOT = Path(__file__).resolve().parents[2]
START = """
import socket, sys
from shared import listening
sys.argv = ["services.rsvp", "serve"]
listening.claim_own_port = lambda: listening.claim_port(0)
heavy = [name for name in ("fastapi", "sqlalchemy", "faststream") if name in sys.modules]
def build():
    raise SystemExit(0)
sys.modules["shared.serving"] = type(sys)("shared.serving")
def main(name, build, *, listener):
    socket.create_connection(listener.getsockname(), timeout=5)
    print("answered before", heavy)
sys.modules["shared.serving"].main = main
listening.start("rsvp", build)
"""


def test_the_port_is_open_before_anything_slow_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "answered before []"


def test_a_port_that_is_taken_is_named_with_what_would_be_right() -> None:
    with claim_port(0) as taken, pytest.raises(PortInUse, match="is in use: stop what listens there, or choose"):
        claim_port(taken.getsockname()[1])


def test_whoever_connects_before_anybody_accepts_waits() -> None:
    with claim_port(0) as listener, socket.create_connection(listener.getsockname(), timeout=5) as early:
        early.sendall(b"hello")
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.recv(5) == b"hello"


async def test_no_loop_holds_a_part_of_an_answer_back_until_the_first_is_acknowledged() -> None:
    at_once: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        at_once.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(answer, sock=claim_port(0)) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await at_once
        writer.close()
        await writer.wait_closed()
