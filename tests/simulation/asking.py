"""The place for HTTP without sockets: a client asks whichever replica is there, and may never hear the answer."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from standardwebhooks import Webhook

from tests.simulation.services import APPS, BOUNCE_SECRET, Replica, serve

PATIENCE_SECONDS = 6.0


class NoAnswer(Exception):
    """Nobody answered: the process died, the answer was lost, or it took too long. The effect may be there."""


async def ask(
    world: Any,
    service: str,
    method: str,
    path: str,
    *,
    body: Any = None,
    token: str = "",
    key: str = "",
    signed: bool = False,
) -> tuple[int, Any]:
    """The status and the decoded body. Raises NoAnswer."""
    there = [replica for replica in world.replicas if replica.service == service and replica.process.alive]
    if not there:
        raise NoAnswer(f"nobody serves {service}")
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    headers += [(b"idempotency-key", key.encode())] if key else []
    headers += _signature(body) if signed else []
    task = serve(world.luck.choice(there), _call(service, method, path, body, headers))
    done, _ = await asyncio.wait([task], timeout=PATIENCE_SECONDS)
    if not done or task.cancelled() or task.exception():
        if done and not task.cancelled():
            raise AssertionError(f"{method} {path} raised {task.exception()!r}") from task.exception()
        raise NoAnswer(f"{method} {path}")
    if world.luck.random() < world.faults.answer_lost:
        raise NoAnswer(f"the answer to {method} {path} was lost")
    status, answer = task.result()
    if status >= 500 and status != 503:
        raise AssertionError(f"{method} {path} answered {status}: {answer}")
    if status == 503:
        raise NoAnswer(f"{method} {path}: {answer}")
    return status, answer


async def ask_until_answered(world: Any, *asked: Any, **options: Any) -> tuple[int, Any]:
    """The same request again and again, as a client with an idempotency key may."""
    while True:
        try:
            return await ask(world, *asked, **options)
        except NoAnswer as reason:
            world.trace.note("no answer", reason=reason)
            await asyncio.sleep(world.luck.uniform(0.1, 1.5))


def _data(body: Any) -> bytes:
    return b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()


def _signature(body: Any) -> list[tuple[bytes, bytes]]:
    """As a mail provider signs, by the real clock, which is the one that the signature's library looks at."""
    now = datetime.now(UTC)
    signature = Webhook(BOUNCE_SECRET).sign("msg", now, _data(body).decode())
    told = {"webhook-id": "msg", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    return [(name.encode(), value.encode()) for name, value in told.items()]


async def _call(service: str, method: str, path: str, body: Any, further: list[tuple[bytes, bytes]]) -> tuple[int, Any]:
    data = _data(body)
    kind = b"application/x-www-form-urlencoded" if isinstance(body, bytes) else b"application/json"
    length = str(len(data)).encode()
    headers = [(b"host", b"tm.example.org"), (b"content-type", kind), (b"content-length", length), *further]
    parts = urlsplit(path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": headers,
        "client": ("203.0.113.9", 40000),
        "server": ("tm.example.org", 443),
    }
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": data, "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await APPS[service](scope, receive, send)
    answer = b"".join(part.get("body", b"") for part in said[1:])
    return said[0]["status"], json.loads(answer) if answer[:1] in (b"{", b"[") else answer


__all__ = ["NoAnswer", "Replica", "ask", "ask_until_answered"]
