"""Connections to the mail host are kept for a while, never more of them than are of use, and left politely."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.notify.adapters import smtp
from services.notify.adapters.smtp import SmtpMailer
from services.notify.adapters.smtp_host import Host
from services.notify.domain.outcomes import Accepted
from tests.notify.mail_contract import a_message
from tests.notify.smtp_server import SmtpHost
from tests.waiting import wait_until


@pytest.fixture
async def server() -> AsyncIterator[SmtpHost]:
    server = SmtpHost()
    await server.start()
    yield server
    await server.stop()


def a_mailer(server: SmtpHost) -> SmtpMailer:
    return SmtpMailer(Host.from_url(f"smtp://127.0.0.1:{server.port}?tls=none"))


async def test_a_mail_now_and_then_leaves_no_trail_of_connections(
    server: SmtpHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "FRESH_SECONDS", 0.0)
    mailer = a_mailer(server)
    for number in range(5):
        assert not mailer.ready
        assert await mailer.prepare() is None
        assert isinstance(await mailer.deliver(a_message(f"rsvp.confirmed.{number}")), Accepted)
    await wait_until(lambda: server.open_connections == 1, what="connection alone")
    assert len(server.bodies) == 5
    await mailer.close()


async def test_all_connections_are_left_at_once_whatever_the_host_says_to_it(server: SmtpHost) -> None:
    mailer = a_mailer(server)
    ways = [asyncio.Event() for _ in range(3)]
    delivering = [
        asyncio.create_task(mailer.deliver(a_message(f"rsvp.confirmed.{n}"), way)) for n, way in enumerate(ways)
    ]
    await wait_until(lambda: server.open_connections == 3, what="connections side by side")
    for way in ways:
        way.set()
    await asyncio.gather(*delivering)
    server.deaf_to_quit = True
    closing = asyncio.create_task(mailer.close())
    await wait_until(lambda: server.quits == 3, what="goodbye on each")
    assert not closing.done(), "each of them is still waited for"
    await closing
    await wait_until(lambda: server.open_connections == 0, what="end of all")
