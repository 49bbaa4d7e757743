"""The sender and a real SMTP server that dies and comes back: every mail once, in order, within a moment."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from services.notify.adapters.smtp import SmtpMailer
from services.notify.adapters.smtp_host import Host
from shared.contracts.rsvp import RsvpCancelled, RsvpConfirmed
from tests.notify.builders import PostOffice, a_gathering, an_rsvp, letter_of, open_post_office
from tests.notify.smtp_server import SmtpHost
from tests.waiting import wait_until


@dataclass(slots=True)
class Served:
    office: PostOffice
    server: SmtpHost

    def arrived(self) -> list[tuple[str, str]]:
        """`(kind, to)` of every mail that the server accepted, in order."""
        letters = [letter_of(body) for body in self.server.bodies]
        return [(str(letter["X-Tablemates-Kind"]), letter["To"].addresses[0].addr_spec) for letter in letters]

    async def settled(self) -> bool:
        # a mail host that was down is asked again after a pause on the office's own clock
        self.office.clock.pass_by(timedelta(seconds=1))
        self.office.signals.give("mail")
        return all(row.state in ("sent", "unknown", "failed") for row in await self.office.rows())


@pytest.fixture
async def served(sqlite_url: str) -> AsyncIterator[Served]:
    server = SmtpHost()
    await server.start()
    address = Host.from_url(f"smtp://127.0.0.1:{server.port}?tls=none")
    office = open_post_office(sqlite_url, mailer=SmtpMailer(address, after_the_dot=2, command_seconds=2))
    serving = asyncio.create_task(office.parts.sender.serve())
    yield Served(office, server)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await server.stop()
    office.run.close()


async def test_what_is_heard_is_sent_at_once_and_over_few_connections(served: Served) -> None:
    people = [f"guest{n}" for n in range(40)]
    await served.office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in people))
    await wait_until(lambda: len(served.server.bodies) == 40, what="forty mails", saw=served.arrived)
    assert {to for _, to in served.arrived()} == {f"{who}@example.org" for who in people}
    assert served.server.connections <= 5


@pytest.mark.slow
async def test_a_server_that_dies_again_and_again_gets_each_mail_at_most_once(served: Served) -> None:
    people = [f"guest{n}" for n in range(30)]
    served.server.answers = {"dot": ["cut"] * 2, "lost": ["cut"] * 2, "rcpt": ["cut", "451 later"]}
    await served.office.hears(a_gathering())
    for n, who in enumerate(people):
        await served.office.hears(an_rsvp(RsvpConfirmed, who))
        if n % 10 == 5:
            await served.server.stop()
            await served.server.start()
    for who in people:
        await served.office.hears(an_rsvp(RsvpCancelled, who, version=2))
    await wait_until(served.settled, timeout=60, what="final states", saw=served.office.states)
    counted = Counter(served.arrived())
    assert max(counted.values()) == 1
    states = Counter(row.state for row in await served.office.rows())
    assert states["failed"] == 0
    assert states["sent"] + states["unknown"] == 60
    assert states["sent"] <= len(counted) <= states["sent"] + states["unknown"]
    for who in people:
        kinds = [kind for kind, to in served.arrived() if to == f"{who}@example.org"]
        assert kinds == sorted(kinds, reverse=True), "confirmed before cancelled"
