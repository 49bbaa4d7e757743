"""The fake, a Maildir and a real SMTP server keep the same contract, and each what is its own."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.notify.adapters.maildir import open_maildir
from services.notify.adapters.smtp import SmtpMailer
from services.notify.adapters.smtp_host import Host as Address
from services.notify.domain.outcomes import Accepted, Lost, Outcome, Refused
from shared.errors import WrongSetting
from tests.fakes import FakeClock
from tests.notify.fake_mailer import FakeMailer
from tests.notify.mail_contract import BODY, Host, MailContract, a_message
from tests.notify.mail_hosts import FakeHost, FolderHost, RealHost, SimulatedHost, the_server
from tests.notify.smtp_server import SmtpHost, a_certificate
from tests.simulation.mail_host import MailHost
from tests.waiting import wait_until


class TestFake(MailContract):
    @pytest.fixture(params=[False, True])
    def host(self, request: pytest.FixtureRequest) -> Host:
        return FakeHost(FakeMailer(repeatable=request.param))


class TestSimulated(MailContract):
    """The fake of the simulation, on a port where nothing goes wrong."""

    @pytest.fixture(params=[False, True])
    def host(self, request: pytest.FixtureRequest) -> Host:
        return SimulatedHost(MailHost(FakeClock(), repeatable=request.param))


class TestMaildir(MailContract):
    @pytest.fixture
    def host(self, tmp_path: Path) -> Host:
        return FolderHost(tmp_path / "mail")

    async def test_nothing_is_left_in_tmp(self, host: FolderHost) -> None:
        await host.mailer.deliver(a_message())
        assert list((host.folder / "tmp").iterdir()) == []

    async def test_a_mail_that_was_read_already_is_not_put_there_again(self, host: FolderHost) -> None:
        await host.mailer.deliver(a_message())
        (file,) = (host.folder / "new").iterdir()
        file.rename(host.folder / "cur" / f"{file.name}:2,S")
        assert isinstance(await host.mailer.deliver(a_message(repeat=True)), Accepted)
        assert list((host.folder / "new").iterdir()) == []

    async def test_a_folder_that_cannot_be_written_to_is_named_at_the_start(self, tmp_path: Path) -> None:
        (tmp_path / "mail").write_text("a file")
        with pytest.raises(WrongSetting, match=r"TABLEMATES_MAIL_URL=maildir:.*cannot be written to"):
            open_maildir(tmp_path / "mail")

    async def test_a_folder_that_goes_away_is_made_again(self, host: FolderHost) -> None:
        await host.mailer.deliver(a_message("rsvp.confirmed.1"))
        shutil.rmtree(host.folder)
        assert isinstance(await host.mailer.deliver(a_message("rsvp.confirmed.2")), Refused)
        assert await host.mailer.prepare() is None
        assert isinstance(await host.mailer.deliver(a_message("rsvp.confirmed.2")), Accepted)


@pytest.mark.filterwarnings("ignore:Requiring AUTH", "ignore:.*login_data")
class TestSmtp(MailContract):
    @pytest.fixture(params=["plain", "one by one", "starttls", "smtps"])
    async def host(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Host]:
        server = the_server(request.param, tmp_path)
        await server.start()
        host = RealHost(server)
        yield host
        await host.mailer.close()
        await server.stop()

    @pytest.mark.parametrize(
        ("stage", "answer", "expected"),
        [
            ("mail", "451 4.3.0 busy", Refused("", permanent=False)),
            ("mail", "550 5.7.1 we do not know this sender", Refused("", host=True)),
            ("mail", "552 5.3.4 too big", Refused("", permanent=True)),
            ("rcpt", "450 4.2.1 greylisted", Refused("", permanent=False)),
            ("rcpt", "550 5.1.1 no such user here", Refused("", permanent=True, hard=True)),
            ("rcpt", "554 5.7.1 relaying denied", Refused("", permanent=True)),
            ("rcpt", "552 5.2.2 mailbox full", Refused("", permanent=True)),
            ("rcpt", "421 4.3.2 closing", Refused("", host=True)),
            ("data", "451 4.7.0 not now", Refused("", permanent=False)),
            ("data", "554 5.6.0 never", Refused("", permanent=True)),
            ("dot", "452 4.3.1 disk full", Refused("", permanent=False)),
            ("dot", "554 5.7.1 looks like spam", Refused("", permanent=True)),
            ("greeting", "554 5.3.2 go away", Refused("", host=True)),
        ],
    )
    async def test_every_answer_that_says_no_is_surely_not_accepted(
        self, host: RealHost, stage: str, answer: str, expected: Refused
    ) -> None:
        host.server.answers[stage] = [answer]
        outcome = await host.mailer.deliver(a_message())
        assert isinstance(outcome, Refused)
        assert (outcome.permanent, outcome.host, outcome.hard) == (expected.permanent, expected.host, expected.hard)
        assert answer.rsplit(maxsplit=1)[-1] in outcome.reason
        assert host.server.bodies == []
        assert isinstance(await host.mailer.deliver(a_message()), Accepted), "the next one goes through"

    @pytest.mark.parametrize("stage", ["mail", "rcpt"])
    async def test_a_line_cut_before_the_dot_is_surely_not_accepted(self, host: RealHost, stage: str) -> None:
        host.server.answers[stage] = ["cut"]
        outcome = await host.mailer.deliver(a_message())
        assert isinstance(outcome, Refused)
        assert outcome.host
        assert host.server.bodies == []

    async def test_a_line_cut_in_the_middle_of_the_body_is_surely_not_accepted(self, host: RealHost) -> None:
        host.server.answers["stall"] = ["cut"]
        outcome = await host.mailer.deliver(a_message(body=b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n" * 24_000_000))
        assert host.server.bodies == []
        if host.server.certificate is None:
            assert isinstance(outcome, Refused), outcome
            assert outcome.host
        else:  # what waits behind the encryption nobody can see, so this may count as doubt, never as a success
            assert isinstance(outcome, Refused | Lost), outcome

    @pytest.mark.parametrize("stage", ["dot", "lost"])
    async def test_a_line_cut_after_the_dot_may_or_may_not_have_been_accepted(self, host: RealHost, stage: str) -> None:
        host.server.answers[stage] = ["cut"]
        outcome = await host.mailer.deliver(a_message())
        assert isinstance(outcome, Lost)
        assert len(host.server.bodies) == (stage == "dot")

    async def test_an_answer_that_never_comes_may_or_may_not_have_been_yes(self, host: RealHost) -> None:
        held = asyncio.Event()

        async def never(*_: object) -> str:
            await held.wait()
            return "250 ok"

        host.server.handle_DATA = never  # type: ignore[method-assign, assignment]
        mailer = host.a_mailer(after_the_dot=0.2)
        assert isinstance(await mailer.deliver(a_message()), Lost)
        held.set()

    async def test_connections_are_kept_and_one_that_went_stale_is_replaced(self, host: RealHost) -> None:
        for n in range(3):
            await host.mailer.deliver(a_message(f"rsvp.confirmed.{n}"))
        assert host.server.connections == 1
        await host.goes_down()
        await host.comes_back()
        assert isinstance(await host.mailer.deliver(a_message("rsvp.confirmed.3")), Accepted)
        assert host.server.connections == 2

    async def test_a_delivery_that_is_stopped_before_the_dot_says_so(self, host: RealHost) -> None:
        held = asyncio.Event()

        async def slow(*_: object) -> str:
            await held.wait()
            return "250 ok"

        host.server.handle_RCPT = slow  # type: ignore[method-assign, assignment]
        task: asyncio.Task[Outcome] = asyncio.create_task(host.mailer.deliver(a_message()))
        await wait_until(lambda: host.server.options, what="MAIL FROM")
        task.cancel()
        assert isinstance(await task, Refused)
        held.set()

    async def test_what_comes_before_the_message_is_said_before_it_may_go(self, host: RealHost) -> None:
        may_go = asyncio.Event()
        delivering = asyncio.create_task(host.mailer.deliver(a_message(), may_go))
        await wait_until(lambda: host.server.addressed, what="RCPT TO")
        may_go.set()
        assert isinstance(await delivering, Accepted)
        assert host.server.addressed == host.server.recipients == ["dana@example.org"]

    async def test_a_host_that_is_gone_when_it_may_go_surely_accepted_nothing(self, host: RealHost) -> None:
        may_go = asyncio.Event()
        delivering = asyncio.create_task(host.mailer.deliver(a_message(), may_go))
        await wait_until(lambda: host.server.addressed, what="RCPT TO")
        await host.goes_down()
        await asyncio.sleep(0.1)  # until it is heard of here
        may_go.set()
        outcome = await delivering
        assert isinstance(outcome, Refused)
        assert outcome.host
        assert host.server.bodies == []

    async def test_an_international_address_travels_as_smtputf8(self, host: RealHost) -> None:
        assert isinstance(await host.mailer.deliver(a_message(to="dörte@example.org")), Accepted)
        assert host.server.recipients == ["dörte@example.org"]
        assert "SMTPUTF8" in host.server.options[0]


@pytest.mark.filterwarnings("ignore:Requiring AUTH", "ignore:.*login_data")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_the_line_is_encrypted_and_signed_in_to(tmp_path: Path, scheme: str) -> None:
    certificate = a_certificate(tmp_path)
    server = SmtpHost(certificate, implicit_tls=scheme == "smtps", login=("dana", "p@ss word"))
    await server.start()
    tls = "tls=starttls&" if scheme == "smtp" else ""
    good = f"{scheme}://dana:p%40ss%20word@localhost:{server.port}?{tls}ca={certificate.path}"
    mailer = SmtpMailer(Address.from_url(good))
    assert isinstance(await mailer.deliver(a_message()), Accepted)
    assert (server.bodies, server.encrypted, server.signed_in) == ([BODY], [True], ["dana"])
    await mailer.close()
    for wrong in (good.replace("p%40ss", "wrong"), good.partition("ca=")[0]):
        refused = await SmtpMailer(Address.from_url(wrong)).deliver(a_message())
        assert isinstance(refused, Refused)
        assert refused.host
        assert "p@ss" not in refused.reason
    await server.stop()


async def test_a_host_without_encryption_is_not_spoken_to_where_it_is_required() -> None:
    server = SmtpHost()
    await server.start()
    mailer = SmtpMailer(Address.from_url(f"smtp://127.0.0.1:{server.port}?tls=starttls"))
    outcome = await mailer.deliver(a_message())
    assert isinstance(outcome, Refused)
    assert server.bodies == []
    await server.stop()


@pytest.mark.parametrize(
    "url",
    ["smtp://", "smtp://host?tls=perhaps", "smtp://host:port", "smtp://host:99999", "smtp://host?unknown=1"],
)
def test_a_mail_host_that_makes_no_sense_is_named_without_its_password(url: str) -> None:
    with pytest.raises(WrongSetting, match=r"TABLEMATES_MAIL_URL=\*\*\*"):
        Address.from_url(url)
