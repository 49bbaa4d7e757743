"""The place where the rsvp service is put together: the only file that knows all the others."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from services.rsvp.adapters.limits import ClientLimit
from services.rsvp.api.direct import DirectRsvps
from services.rsvp.api.guests import guests_api
from services.rsvp.api.holders import holders_api
from services.rsvp.api.organisers import organisers_api
from services.rsvp.api.public import answering, public_api
from services.rsvp.api.uploads import uploads_api
from services.rsvp.consumers import HEARS
from services.rsvp.entrance import Entrance
from services.rsvp.handlers.housekeeping import plan_housekeeping
from services.rsvp.jobs import JOBS
from services.rsvp.pages.holders import holders_pages
from services.rsvp.pages.organisers import organisers_pages, problem_page, signing_in
from services.rsvp.pages.uploads import acquainted_pages, uploads_pages
from services.rsvp.pages.visitors import visitors_pages
from services.rsvp.settings import Settings, measure
from services.rsvp.store.sql import SqlStore
from services.rsvp.store.views import numbers as own_numbers
from services.rsvp.store.views import pending
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

NAME = "rsvp"
DESCRIPTION = """Gatherings, and who is coming to them.

Errors are RFC 9457 problem documents. Organisers send `Authorization: Bearer KEY`, attendees the token of the link
that they were mailed. Lists are paged: `next` is the `cursor` of the following page."""
APIS = (public_api, holders_api, organisers_api, guests_api, uploads_api)
PAGES = (visitors_pages, holders_pages, signing_in, organisers_pages, uploads_pages, acquainted_pages)
SECURITY = {
    "key": {"type": "http", "scheme": "bearer", "description": "An organiser's key: `tablemates key create`."},
    "link": {"type": "http", "scheme": "bearer", "description": "The token of a personal link, `/my/TOKEN`."},
}


@dataclass(frozen=True)
class Parts:
    """The rsvp service, ready to start. `pending` is a view of what it is about to do.

    `app` is made for whoever serves it first: it takes longer than all the rest, and commands need none.
    """

    service: Service
    make_app: Callable[[], FastAPI]
    run: Runner[Any]
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

    async def keep_house() -> None:
        await run(plan_housekeeping)
        await asyncio.get_running_loop().create_future()

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
        tasks={"housekeeping": keep_house},
    )
    keys = settings.keys()
    limit = ClientLimit(measure().rsvps_per_minute)
    entrance = Entrance(run, Links(keys), Organisers(keys), clock, limit, settings.public_url)
    return Parts(service, lambda: app_of(entrance), run, pending, close)


def app_of(entrance: Entrance) -> FastAPI:
    """Only this service's paths, and what operators ask of it."""

    async def numbers() -> Numbers:
        return await entrance.run.read(numbers_of, entrance.clock.now(), own_numbers)

    app = create_app(
        title="Tablemates: gatherings and RSVPs",
        service=NAME,
        description=DESCRIPTION,
        checks=[entrance.store_answers],
        numbers=numbers,
        page=problem_page,
        large_bodies=("/import",),
        shortcuts=[Middleware(DirectRsvps, answer=answering(entrance))],
    )
    for routes in (*APIS, *PAGES):
        app.include_router(routes(entrance))
    app.include_router(operators_api(entrance.run))
    _describe_security(app)
    return app


def _describe_security(app: FastAPI) -> None:
    described = app.openapi

    def openapi() -> dict[str, Any]:
        document = described()
        document["components"].setdefault("securitySchemes", SECURITY)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document
