"""The place where the intro service is put together: the only file that knows all the others."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastapi import FastAPI

from services.intro.api import attendees_api, organisers_api
from services.intro.consumers import HEARS
from services.intro.entrance import Entrance
from services.intro.jobs import JOBS
from services.intro.matchmaking import Matchmaker
from services.intro.pages.holders import holders_pages
from services.intro.pages.looks import PAGES
from services.intro.pages.organisers import gathering_pages, round_pages
from services.intro.settings import Settings
from services.intro.store import SqlStore
from services.intro.store.views import pending
from shared.bus import Bus
from shared.chance import SystemChance
from shared.clock import Clock, SystemClock
from shared.db import open_engine
from shared.links import Links
from shared.metrics import Numbers, numbers_of
from shared.operating import operators_api
from shared.organisers import Organisers
from shared.runner import SqlRunner
from shared.running import Service
from shared.signals import Signals
from shared.transaction import Runner
from shared.web import create_app

NAME = "intro"
LINGER_SECONDS = 0.05  # nobody looks for an introduction sooner, and the mail about the same RSVP goes first
DESCRIPTION = "Who should meet whom, and why: suggestions, answers, introductions, rounds and their proof."
SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "An organiser's key."},
    "link": {"type": "http", "scheme": "bearer", "description": "The token of a personal link."},
}


@dataclass(frozen=True)
class Parts:
    """The intro service, ready to start. `pending` is a view of what it is about to do.

    `app` is made for whoever serves it first: it takes longer than all the rest, and commands need none.
    """

    service: Service
    make_app: Callable[[], FastAPI]
    run: Runner[Any]
    matchmaker: Matchmaker
    pending: Callable[[Any], Mapping[str, int]]
    close: Callable[[], None]

    @cached_property
    def app(self) -> FastAPI:
        return self.make_app()


def build(
    settings: Settings,
    *,
    bus: Bus,
    clock: Clock | None = None,
    chance: random.Random | None = None,
    owner: str | None = None,
) -> Parts:
    """Everything composed, nothing started."""
    clock, chance, signals = clock or SystemClock(), chance or SystemChance(), Signals()
    run = SqlRunner(
        open_engine(settings.database_of(NAME)),
        source=NAME,
        store=SqlStore,
        clock=clock,
        signals=signals,
        partitions=settings.partitions,
        chance=chance,
    )
    return parts_of(run, settings, bus=bus, clock=clock, chance=chance, owner=owner, signals=signals, close=run.close)


def parts_of(
    run: Runner[Any],
    settings: Settings,
    *,
    bus: Bus,
    clock: Clock,
    chance: random.Random,
    owner: str | None,
    signals: Signals,
    close: Callable[[], None],
) -> Parts:
    """The service around a runner: the real one, or one that a test or a simulation steers."""
    matchmaker = Matchmaker(run, signals=signals, clock=clock)
    service = Service(
        name=NAME,
        run=run,
        bus=bus,
        signals=signals,
        clock=clock,
        chance=chance,
        hears=HEARS,
        jobs=JOBS,
        partitions=settings.partitions,
        owner=owner,
        tasks={"suggest": matchmaker.suggest, "rounds": matchmaker.run_rounds},
        linger=LINGER_SECONDS,
    )
    keys = settings.keys()
    entrance = Entrance(run, matchmaker, Links(keys), Organisers(keys), clock)
    return Parts(service, lambda: _app(entrance), run, matchmaker, pending, close)


def _app(entrance: Entrance) -> FastAPI:
    """Only this service's paths, and what operators ask of it."""

    async def numbers() -> Numbers:
        return await entrance.run.read(numbers_of, entrance.clock.now())

    app = create_app(
        title="Tablemates: introductions",
        service=NAME,
        description=DESCRIPTION,
        checks=[entrance.store_answers],
        numbers=numbers,
        page=PAGES.problem,
    )
    for routes in (attendees_api, organisers_api, holders_pages, gathering_pages, round_pages):
        app.include_router(routes(entrance))
    app.include_router(operators_api(entrance.run))
    _describe_security(app)
    return app


def _describe_security(app: FastAPI) -> None:
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        document.setdefault("components", {}).setdefault("securitySchemes", SECURITY)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document
