"""The place for the one request that comes by the thousand: an RSVP, read and answered without FastAPI's machinery.

What FastAPI does between a request and its endpoint, whatever the endpoint, takes longer than storing the RSVP.
Here the usual request goes straight in; whatever is not quite usual is FastAPI's, which also words the refusals.
"""

import re
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, Protocol

from pydantic import ValidationError
from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.rsvp.api.given import RsvpGiven
from shared.errors import TablematesError
from shared.web import rendered

REFERENCE_MAX, IDEMPOTENCY_KEY_MAX = 100, 200

PATH = re.compile(rf"/api/v1/gatherings/([^/]{{1,{REFERENCE_MAX}}})/rsvps")
ROUTE = SimpleNamespace(path="/api/v1/gatherings/{gathering_id}/rsvps")
"""What the log and the metrics call it, as they do when FastAPI answers."""


class Answer(Protocol):
    """Answers somebody's RSVP, whose address the client is known by."""

    def __call__(
        self, reference: str, given: RsvpGiven, *, client: str | None, key: str | None
    ) -> Awaitable[dict[str, Any]]: ...


class DirectRsvps:
    """ASGI middleware in front of FastAPI's routes, behind what every request passes."""

    def __init__(self, app: ASGIApp, *, answer: Answer) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = scope["type"] == "http" and scope["method"] == "POST" and PATH.fullmatch(scope["path"])
        headers = _usual_headers(scope) if found else None
        if not found or headers is None:
            await self._app(scope, receive, send)
            return
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        try:
            given = RsvpGiven.model_validate_json(b"".join(message.get("body", b"") for message in messages))
        except ValidationError:
            await self._app(scope, _again(messages, receive), send)
            return
        scope["route"] = ROUTE
        client, key = scope.get("client"), headers.get(b"idempotency-key")
        try:
            answer = await self._answer(
                found[1], given, client=client[0] if client else None, key=key.decode("latin-1") if key else None
            )
        except TablematesError as refused:
            await rendered(refused)(scope, receive, send)
            return
        body = to_json(answer)
        head = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 201, "headers": head})
        await send({"type": "http.response.body", "body": body})


def _usual_headers(scope: Scope) -> dict[bytes, bytes] | None:
    """The headers of JSON that anybody sends; None for what is to be looked at more closely."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    usual = (
        headers.get(b"content-type") == b"application/json"
        and b"authorization" not in headers
        and 0 < len(headers.get(b"idempotency-key", b"none")) <= IDEMPOTENCY_KEY_MAX
        and len(headers) == len(scope["headers"])
    )
    return headers if usual else None


def _again(messages: list[Message], receive: Receive) -> Callable[[], Awaitable[Message]]:
    """What was received already, and then what follows."""

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return again
