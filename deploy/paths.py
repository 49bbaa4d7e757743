"""The place for which service serves which public path; the gateway says the same, and a test compares."""

import re
from collections.abc import Mapping

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.errors import NotFound
from shared.web import PROBLEM, problem, problem_of

GATHERING = r"/api/v1/gatherings/[^/]+"

OWNERS: tuple[tuple[str, str], ...] = (
    (rf"{GATHERING}/(rounds|introductions|feedback)(/.*)?", "intro"),
    (r"/api/v1/my/introductions(/.*)?", "intro"),
    (r"/api/v1/rounds(/.*)?", "intro"),
    (r"/i/.*", "intro"),
    (r"/organise/(rounds|introductions)(/.*)?", "intro"),
    (rf"{GATHERING}/messages", "notify"),
    (r"/api/v1/bounces", "notify"),
    (r"/u/.*", "notify"),
)
"""Pattern of the whole path, and its owner; the first that fits. Everything else is rsvp's."""

OPERATORS = ("/healthz", "/readyz", "/metrics", "/operate")
"""Paths of every service that are not for the public."""

LOCAL_NAMES = r"(?i)^(localhost|[a-z0-9_-]+|[0-9.]+|\[[0-9a-f:.]+\])(:[0-9]+)?$"
"""What the operators' port may be called. A page elsewhere can have its own name lead to this machine, and would then
be let in by the browser as if it were ours; it has no say over names without a dot, nor over numbers."""

_COMPILED = tuple((re.compile(pattern), owner) for pattern, owner in OWNERS)


def owner_of(path: str) -> str:
    """The service that serves a path."""
    return next((owner for pattern, owner in _COMPILED if pattern.fullmatch(path)), "rsvp")


class OneAddress:
    """An ASGI application that hands each request to the service that owns its path.

    Whether it is alive, ready and how it does may be asked here; what operators do has an address of its own.
    """

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
            return
        if re.match(r"/operate(/|$)", scope["path"]):
            await _nothing_here(scope, receive, send)
            return
        await self._apps[owner_of(scope["path"])](scope, receive, send)


class OperatorsAddress:
    """What each service answers on its own port, behind its name: `/rsvp/readyz`, `/notify/operate/dead`."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
            return
        if not re.search(LOCAL_NAMES, dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")):
            await _misdirected(scope, receive, send)
            return
        _, service, rest = [*scope["path"].split("/", 2), "", ""][:3]
        app = self._apps.get(service, _nothing_here)
        await app({**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode()}, receive, send)


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    answer = JSONResponse(problem_of(NotFound()), NotFound.status, media_type=PROBLEM)
    await answer(scope, receive, send)


async def _misdirected(scope: Scope, receive: Receive, send: Send) -> None:
    said = problem(421, "misdirected_request", "What operators ask is asked of localhost, or by a number.")
    await JSONResponse(said, 421, media_type=PROBLEM)(scope, receive, send)


async def _no_lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
