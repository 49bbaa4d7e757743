"""The place for what a process says of itself while it cannot work: not yet, not now, not beside that other stack."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import schema
from shared.bus import BusUnavailable
from shared.db import open_engine
from shared.prepared import Prepared
from shared.redis_bus import RedisBus
from shared.tables import leases
from shared.transaction import Runner, StoreUnavailable, Transaction

log = structlog.get_logger()

ASK_AGAIN_SECONDS = 0.5
STACK = "stack"
STACK_LEASE, STACK_RENEW_SECONDS = timedelta(seconds=9), 3.0
TROUBLE_SHOWN_SECONDS = 10.0
PATIENCE_SECONDS = 5.0


class Door:
    """ASGI in front of a service: answers before the service can, and adds to `/readyz` what only the process knows.

    A request that comes a little too early waits for `patience` seconds: a replica that starts refuses nobody.
    """

    def __init__(self, service: str, *, patience: float = PATIENCE_SECONDS) -> None:
        self._service, self._patience = service, patience
        self._app: ASGIApp | None = None
        self._opened = asyncio.Event()
        self.waiting = 0
        self._problems: dict[str, str] = {}
        self._trouble_until = 0.0

    def open(self, app: ASGIApp) -> None:
        self._app = app
        self._opened.set()

    @property
    def is_open(self) -> bool:
        return self._app is not None

    def note(self, topic: str, problem: str | None) -> None:
        """What is wrong about something, or None when it is well (again). A change is one line in the log."""
        before = self._problems.pop(topic, None)
        if problem is not None:
            self._problems[topic] = problem
            if before is None:
                log.error("service.in_trouble", service=self._service, about=topic, reason=problem)
        elif before is not None:
            log.info("service.well_again", service=self._service, about=topic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path")
        if path == "/readyz" and (problems := self._current()):
            await JSONResponse({"status": "not ready", "problems": problems}, 503)(scope, receive, send)
        elif self._app is None and path == "/healthz":
            await JSONResponse({"status": "ok"})(scope, receive, send)
        elif (app := self._app or await self._app_in_time(path)) is not None:
            await app(scope, receive, self._watched(send))
        else:
            await self._not_yet(path == "/readyz")(scope, receive, send)

    async def _app_in_time(self, path: str | None) -> ASGIApp | None:
        if path != "/readyz":
            self.waiting += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._opened.wait(), self._patience)
            self.waiting -= 1
        return self._app

    def _not_yet(self, is_readyz: bool) -> JSONResponse:
        sentence = "The service is starting; please try again in a moment."
        if is_readyz:
            return JSONResponse({"status": "not ready", "problems": [sentence]}, 503)
        body = {
            "type": "https://tablemates.dev/problems/try_again_later",
            "title": "Service Unavailable",
            "status": 503,
            "code": "try_again_later",
            "detail": sentence,
        }
        return JSONResponse(body, 503, {"Retry-After": "1"}, "application/problem+json")

    def _current(self) -> list[str]:
        if "requests" in self._problems and asyncio.get_running_loop().time() > self._trouble_until:
            self.note("requests", None)
        return list(self._problems.values())

    def _watched(self, send: Send) -> Send:
        """A request that the service had to refuse with 503 shows in `/readyz` for a while, with its reason."""
        refused = False

        async def watched(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = message["status"] == 503
            elif refused and message.get("body"):
                self._trouble_until = asyncio.get_running_loop().time() + TROUBLE_SHOWN_SECONDS
                self.note("requests", _detail(message["body"]))
            await send(message)

        return watched


def _detail(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return "Requests are refused."
    problems = said.get("problems") or [said.get("detail", "Requests are refused.")]
    return str(problems[0])


async def wait_for_schema(service: str, url: str, door: Door) -> None:
    """Waits until the database answers and has a schema that this version can work with."""
    engine = open_engine(url, pool_size=1)
    try:
        while (problem := await asyncio.to_thread(_trouble, service, engine, url)) is not None:
            door.note("database", problem)
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        door.note("database", None)
    finally:
        engine.dispose()


def _trouble(service: str, engine: sa.Engine, url: str) -> str | None:
    try:
        schema.check(service, engine, url)
    except schema.SchemaMismatch as error:
        return error.sentence
    except sa.exc.OperationalError as error:
        reason = str(error.orig).strip().splitlines()[-1]
        return f"The database of {service} cannot be used ({reason}): check TABLEMATES_DATABASE_URL and the server."
    return None


async def stand_alone(run: Runner[Any], bus: RedisBus, door: Door, *, chance: Callable[[], str]) -> None:
    """Runs until cancelled: holds the database for the stack of this broker, and says when another stack has it.

    Two stacks on one database lose nothing, since positions are compared and set; but they send each other's mail.
    """
    known: tuple[str, ...] = ()
    while True:
        try:
            stack = await bus.identity(chance())
            if stack not in known:
                known = (stack, *known[:1])
        except BusUnavailable:
            pass  # we stay who we were
        if known:
            try:
                ours = await run(hold_stack, known)
            except StoreUnavailable as error:
                door.note("database", error.sentence)
            else:
                door.note("database", None)
                door.note("stack", None if ours else ANOTHER_STACK)
        await asyncio.sleep(STACK_RENEW_SECONDS)


ANOTHER_STACK = (
    "Another stack, with another broker, works on this database: stop one of them, or give each a database of its own."
)


_HOLD_STACK = Prepared.upsert(
    leases,
    lambda new: new.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": new.excluded.owner, "until": new.excluded.until},
        where=sa.or_(
            leases.c.owner.in_((new.excluded.owner, sa.bindparam("_before"))),
            leases.c.until <= sa.bindparam("_now"),
            leases.c.until > sa.bindparam("_far"),
        ),
    ),
)


def hold_stack(tx: Transaction[Any], known: tuple[str, ...]) -> bool:
    """Renews the stack's lease, under the broker's present name or the one before. False when another stack has it."""
    held = {"name": STACK, "owner": known[0], "until": tx.now + STACK_LEASE}
    or_else = {"_before": known[-1], "_now": tx.now, "_far": tx.now + 2 * STACK_LEASE}
    return bool(tx.sql.execute(_HOLD_STACK, {**held, **or_else}).rowcount)
