"""The place for a process that serves: a port, a service behind it, and a stop that loses nothing."""

import asyncio
import contextlib
import gc
import random
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog
import uvicorn
from starlette.types import ASGIApp

from shared import log as logs
from shared import schema, telemetry
from shared.bus import Bus
from shared.cancelling import cancelled
from shared.chance import SystemChance
from shared.clock import Clock, SystemClock
from shared.errors import TablematesError, WrongSetting
from shared.listening import claim_own_port
from shared.redis_bus import RedisBus
from shared.settings import Settings, load
from shared.standing import Door, stand_alone, wait_for_schema

log = structlog.get_logger()

GRACE_SECONDS = 8
KEEP_ALIVE_SECONDS = 65  # longer than the gateway's 30: who closes first must be the one that sends the next request
SWITCH_SECONDS = 0.002
TICK_SECONDS = 1.0
YOUNG_OBJECTS, LOOKS_AT_THE_YOUNG = 2_000, 50
USAGE = 2


class Build(Protocol):
    """A service's composition root, `services.<name>.wiring.build`."""

    def __call__(
        self, settings: Settings, *, bus: Bus, clock: Clock = ..., chance: random.Random = ..., owner: str | None = ...
    ) -> Any: ...


class _Server(uvicorn.Server):
    """Leaves the signals to us: uvicorn would raise them again at the end, and a clean stop would not exit 0."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def capture_signals(self) -> Any:
        return contextlib.nullcontext()

    def stop(self) -> None:
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        """Sets the clock of the answers. uvicorn looks ten times a second whether it is told to stop; ours is told."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), TICK_SECONDS)


async def serve_until_told(app: ASGIApp, listener: socket.socket, *beside: tuple[ASGIApp, socket.socket]) -> None:
    """Serves HTTP until SIGTERM or SIGINT, answers what is under way, and returns. `beside` has ports of its own."""
    served = [(_server_of(one), port) for one, port in ((app, listener), *beside)]

    def stop() -> None:
        for server, _ in served:
            server.stop()

    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    await asyncio.gather(*(server.serve(sockets=[port]) for server, port in served))


def _server_of(app: ASGIApp) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            backlog=2048,
        )
    )


async def serve(name: str, build: Build, settings: Settings, listener: socket.socket | None = None) -> None:
    """One service on one port, with a broker and a database that are elsewhere."""
    if settings.broker_url.startswith("embedded:"):
        raise WrongSetting("TABLEMATES_BROKER_URL=embedded: is for `tablemates up`; a single service needs redis://…")
    listener = listener or claim_own_port()
    bus, door = RedisBus(settings.broker_url), Door(name)
    parts = build(settings, bus=bus, clock=SystemClock(), chance=SystemChance(), owner=socket.gethostname())
    app = parts.app  # made before there is anything that it would hold up
    working = asyncio.create_task(_work(parts, app, bus, door, settings.database_of(name)), name=f"{name}-work")
    working.add_done_callback(_stop_if_it_failed)
    try:
        await serve_until_told(door, listener)
    finally:
        failed = None if not working.done() or working.cancelled() else working.exception()
        await cancelled([working])
        if door.is_open:
            await parts.service.stop()
        parts.close()
        await bus.close()
        log.info("service.stopped", service=name)
    if failed:
        raise failed


async def _work(parts: Any, app: ASGIApp, bus: RedisBus, door: Door, url: str) -> None:
    """Begins when the database is there, whenever that is; the broker may come and go."""
    await wait_for_schema(parts.service.name, url, door)
    await bus.connect()
    await parts.service.start()
    door.open(app)
    log.info("service.started", service=parts.service.name)
    await stand_alone(parts.run, bus, door, chance=lambda: secrets.token_hex(8))


def _stop_if_it_failed(working: "asyncio.Task[None]") -> None:
    if not working.cancelled() and working.exception() is not None:
        signal.raise_signal(signal.SIGTERM)  # not half alive: stop in order, and say so by the exit code


def run(work: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run`, set up for a process that answers requests on one thread and stores them on another."""
    # Each statement lets go of the interpreter's lock; at the usual 5 ms a busy loop would give it back as slowly. At a
    # tenth of a millisecond both threads do little but wake each other: a fifth fewer RSVPs a second.
    sys.setswitchinterval(SWITCH_SECONDS)
    # A batch of requests is not garbage yet: looking every 700 objects finds nothing, among 10,000 it takes 3 ms, and
    # what has stayed is looked through after as many looks as make 100,000.
    gc.set_threshold(YOUNG_OBJECTS, LOOKS_AT_THE_YOUNG)
    gc.freeze()  # what was imported stays: looking through it for garbage would stop everybody, again and again
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - there is none for Windows
    except ImportError:
        return None
    return uvloop.new_event_loop


def main(
    name: str,
    build: Callable[[], Build],
    arguments: list[str] | None = None,
    *,
    listener: socket.socket | None = None,
) -> None:
    """`python -m services.<name> serve|migrate`. Exit codes: 0 done, 1 could not, 2 wrong usage."""
    chosen = sys.argv[1:] if arguments is None else arguments
    if chosen not in (["serve"], ["migrate"]):
        sys.stderr.write(f"usage: python -m services.{name} serve|migrate\n")
        raise SystemExit(USAGE)
    try:
        settings = load(Settings)
        logs.configure(settings.log)
        if chosen == ["migrate"]:
            schema.upgrade(name, settings.database_of(name))
        else:
            telemetry.configure(name)
            run(serve(name, build(), settings, listener))
    except TablematesError as error:
        log.critical("service.could_not", service=name, code=error.code, reason=error.sentence)
        raise SystemExit(1) from None
    finally:
        telemetry.shutdown()
