"""The place for `tablemates doctor`: settings, database, broker, mail and public address, a line each with the cure."""

import asyncio
import os
import smtplib
import socket
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from sqlalchemy.exc import SQLAlchemyError

from deploy.cli import say
from deploy.cli.operate import NobodyServes, bus_of
from deploy.embedded.house import SERVICES
from shared import schema
from shared.bus import BusUnavailable
from shared.db import open_engine, read_with
from shared.settings import Settings, make_private, without_password

PATIENCE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `cure` says what to do where it is not well."""

    what: str
    well: bool
    found: str
    cure: str = ""


async def examine(settings: Settings, *, as_json: bool) -> bool:
    """Looks at everything and says so; True when all is well."""
    checks: tuple[Callable[[Settings], Awaitable[list[Finding]]], ...] = (
        the_settings,
        the_databases,
        the_broker,
        the_mail,
        the_public_address,
    )
    findings = [finding for check in checks for finding in await check(settings)]
    if as_json:
        say.as_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say.line(f"{'ok ' if finding.well else 'NOT'} {finding.what:16} {finding.found}")
            if finding.cure and not finding.well:
                say.line(f"    cure: {finding.cure}")
    return all(finding.well for finding in findings)


async def the_settings(settings: Settings) -> list[Finding]:
    """They were read already, so they are right; what is left is whether the data folder can be written."""
    folder = settings.data_dir.absolute()
    if not settings.embedded:
        return [Finding("settings", True, "all are valid")]
    try:
        make_private(folder)
        with tempfile.TemporaryFile(dir=folder):
            return [Finding("settings", True, f"all are valid; the data folder is {folder}")]
    except OSError as error:
        cure = "make the folder writable, or set TABLEMATES_DATA_DIR to one that is"
        return [Finding("data folder", False, f"{folder}: {error.strerror}", cure)]


async def the_databases(settings: Settings) -> list[Finding]:
    return [await asyncio.to_thread(one_database, settings, service) for service in SERVICES]


def one_database(settings: Settings, service: str) -> Finding:
    url = settings.database_of(service)
    what = f"database {service}"
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return Finding(what, True, "not made yet; the first `tablemates up` makes it")
    engine = open_engine(url, pool_size=1)
    try:
        read_with(engine, lambda sql: sql.exec_driver_sql("SELECT 1"))
        schema.check(service, engine, url)
    except schema.SchemaMismatch as error:
        return Finding(what, False, error.sentence, f"run: python -m services.{service} migrate")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return Finding(what, False, reason, "check TABLEMATES_DATABASE_URL, the password, and that the server runs")
    finally:
        engine.dispose()
    return Finding(what, True, without_password(url))


async def the_broker(settings: Settings) -> list[Finding]:
    try:
        bus = bus_of(settings)
    except NobodyServes:
        return [Finding("broker", True, "the bundled one, which `tablemates up` starts")]
    try:
        await bus.connect()
        await bus.ping()
    except BusUnavailable as error:
        cure = "check TABLEMATES_BROKER_URL and that the server runs; RSVPs are taken meanwhile, nothing is lost"
        return [Finding("broker", False, error.sentence, cure)]
    finally:
        await bus.close()
    return [Finding("broker", True, without_password(settings.broker_url))]


async def the_mail(settings: Settings) -> list[Finding]:
    url = settings.mail_url.get_secret_value()
    if url.startswith("maildir:"):
        return [Finding("mail", True, f"a Maildir in {url.removeprefix('maildir:') or settings.data_dir / 'mail'}")]
    try:
        await asyncio.to_thread(greet, url)
    except (OSError, smtplib.SMTPException) as error:
        cure = "check TABLEMATES_MAIL_URL; mails wait and go out when the server is back"
        return [Finding("mail", False, f"{without_password(url)}: {error}", cure)]
    return [Finding("mail", True, f"{without_password(url)} answers")]


def greet(url: str) -> None:
    """Says hello to the mail server, as far as signing in; sends nothing."""
    parts = urlsplit(url)
    kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    with kind(parts.hostname or "", parts.port or 0, timeout=PATIENCE_SECONDS) as server:
        server.ehlo()
        if "starttls" in parts.query:
            server.starttls()
            server.ehlo()
        if parts.username:
            server.login(parts.username, parts.password or "")


async def the_public_address(settings: Settings) -> list[Finding]:
    # inside the stack localhost is the container: there the gateway stands for it
    local = urlsplit(settings.public_url).hostname in {"localhost", "127.0.0.1"}
    url = os.environ.get("TABLEMATES_GATEWAY", settings.public_url) if local else settings.public_url
    cure = "start the services, or set TABLEMATES_PUBLIC_URL to the address that people reach"
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, follow_redirects=True) as http:
            answer = await http.get(url)
    except (httpx.HTTPError, socket.gaierror) as error:
        return [Finding("public address", False, f"{url} does not answer ({type(error).__name__})", cure)]
    return [Finding("public address", answer.is_success, f"{url} answers {answer.status_code}", cure)]
