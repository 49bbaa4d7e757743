"""The place where the notify service is put together: the only file that knows all the others."""

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI

from services.notify.adapters.maildir import MaildirMailer, open_maildir
from services.notify.adapters.rendering.render import Renderer
from services.notify.adapters.rendering.templates import Templates
from services.notify.adapters.smtp import SmtpMailer
from services.notify.adapters.smtp_host import Host
from services.notify.along import ClaimsAlong
from services.notify.api.operators import operators_mail_api
from services.notify.api.organisers import organisers_api
from services.notify.api.providers import providers_api
from services.notify.consumers import HEARS
from services.notify.domain.outcomes import Policy
from services.notify.entrance import Entrance
from services.notify.handlers.claiming import Owner
from services.notify.jobs import JOBS
from services.notify.pages.wishes import PAGES, wishes_pages
from services.notify.ports import Mailer
from services.notify.sender import Sender
from services.notify.settings import Settings, complete
from services.notify.store.sql_store import SqlStore
from services.notify.store.views import mail_numbers, pending
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
from shared.settings import Settings as SharedSettings
from shared.signals import Signals
from shared.transaction import Runner
from shared.web import Check, create_app

NAME = "notify"


@dataclass(frozen=True)
class Parts:
    """The notify service, ready to start. `pending` is a view of what it is about to do.

    `app` is made for whoever serves it first: it takes longer than all the rest, and commands need none.
    """

    service: Service
    make_app: Callable[[], FastAPI]
    run: Runner[Any]
    sender: Sender
    pending: Callable[[Any], Mapping[str, int]]
    close: Callable[[], None]

    @cached_property
    def app(self) -> FastAPI:
        return self.make_app()


def build(
    settings: SharedSettings,
    *,
    bus: Bus,
    clock: Clock | None = None,
    chance: random.Random | None = None,
    owner: str | None = None,
) -> Parts:
    """Everything composed, nothing started. Raises WrongSetting."""
    own = complete(settings)
    clock, chance, signals = clock or SystemClock(), chance or SystemChance(), Signals()
    mailer = mailer_of(own)
    run = SqlRunner(
        open_engine(own.database_of(NAME)),
        source=NAME,
        store=SqlStore,
        clock=clock,
        signals=signals,
        partitions=own.partitions,
        chance=chance,
    )
    return parts_of(
        run, own, mailer=mailer, bus=bus, clock=clock, chance=chance, owner=owner, signals=signals, close=run.close
    )


def parts_of(
    run: Runner[Any],
    settings: SharedSettings,
    *,
    mailer: Mailer,
    bus: Bus,
    clock: Clock,
    chance: random.Random,
    owner: str | None,
    signals: Signals,
    close: Callable[[], None],
    life: str | None = None,
) -> Parts:
    """The service around a runner and a mail host: the real ones, or those that a test or a simulation steers.

    `life` tells this process from earlier ones of the same owner; made by chance where none is given.
    """
    own = complete(settings)
    keys = own.keys()
    links = Links(keys)
    resend: dict[str, Policy] = dict.fromkeys(own.mail_resend, "resend")
    sender = Sender(
        run=run,
        mailer=mailer,
        render=Renderer(own.mail_from, own.public_url, links, Templates()),
        signals=signals,
        clock=clock,
        chance=chance,
        owner=owner_of(owner, life or secrets.token_hex(6)),
        policies=resend,
    )
    service = Service(
        name=NAME,
        run=ClaimsAlong(sender),
        bus=bus,
        signals=signals,
        clock=clock,
        chance=chance,
        hears=HEARS,
        jobs=JOBS,
        partitions=own.partitions,
        owner=owner,
        tasks={"sender": sender.serve},
    )
    secret = own.bounce_secret.get_secret_value() if own.bounce_secret else None
    entrance = Entrance(run, links, Organisers(keys), clock, secret)

    async def host_answers() -> str | None:
        return f"The mail host is in trouble, mails wait: {sender.trouble}" if sender.trouble else None

    return Parts(service, lambda: _app(entrance, host_answers), run, sender, pending, close)


def owner_of(replica: str | None, life: str) -> Owner:
    """The name under which mails are claimed: another one in every life of a replica."""
    return Owner(f"{replica or NAME}#{life}", siblings=f"{replica}#" if replica else None)


def mailer_of(settings: Settings) -> Mailer:
    """The mail host that TABLEMATES_MAIL_URL names. Raises WrongSetting."""
    url = settings.mail_url.get_secret_value()
    if url.startswith("maildir:"):
        folder = Path(url.removeprefix("maildir:").removeprefix("//") or settings.data_dir / "mail")
        open_maildir(folder)
        return MaildirMailer(folder)
    return SmtpMailer(Host.from_url(url), name=urlsplit(settings.public_url).hostname or "localhost")


def _app(entrance: Entrance, host_answers: Check) -> FastAPI:
    """Only this service's public paths."""

    async def numbers() -> Numbers:
        return await entrance.run.read(numbers_of, entrance.clock.now(), mail_numbers)

    app = create_app(
        title="Tablemates: mail",
        service=NAME,
        description="What was sent to whom, and what people want to hear.",
        checks=[entrance.store_answers, host_answers],
        numbers=numbers,
        page=PAGES.problem,
    )
    app.include_router(organisers_api(entrance))
    app.include_router(providers_api(entrance))
    app.include_router(wishes_pages(entrance))
    app.include_router(operators_api(entrance.run))
    app.include_router(operators_mail_api(entrance))
    return app
