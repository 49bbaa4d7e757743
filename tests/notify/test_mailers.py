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
from tests.notify.mail_contract import BODY, TROUBLES, Host, MailContract, TroubleContract, a_message
from tests.notify.mail_hosts import SIMULATED, FakeHost, FolderHost, RealHost, SimulatedHost, the_server
from tests.notify.smtp_server import SmtpHost, a_certificate
from tests.simulation.mail_host import MailHost
from tests.waiting import wait_until


class TestFake(MailContract, TroubleContract):
    @pytest.fixture(params=[False, True])
    def host(self, request: pytest.FixtureRequest) -> Host:
        return FakeHost(FakeMailer(repeatable=request.param))


class TestSimulated(MailContract, TroubleContract):
    """The fake of the simulation, on a port where nothing goes wrong but what it is told."""

    @pytest.fixture(params=[False, True])
    def host(self, request: pytest.FixtureRequest) -> Host:
        return SimulatedHost(MailHost(FakeClock(), repeatable=request.param))

    @pytest.fixture(params=[*SIMULATED, "has no such recipient"])
    def trouble(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    async def test_a_mail_is_in_doubt_where_its_answer_was_lost(self, host: SimulatedHost, trouble: str) -> None:
        host.meets(trouble)
        in_doubt = {a_message().key} if isinstance(await host.mailer.deliver(a_message()), Lost) else set()
        assert host.host.in_doubt == host.host.doubted == in_doubt

    async def test_a_host_that_goes_with_a_mail_under_way_leaves_a_doubt(self, host: SimulatedHost) -> None:
        def goes() -> None:
            host.host.up = False

        host.port.on_the_way = goes
        assert isinstance(await host.mailer.deliver(a_message()), Lost)
        assert list(host.received()) == []
        assert host.host.doubted == {a_message().key}


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
class TestSmtp(MailContract, TroubleContract):
    @pytest.fixture(params=["plain", "one by one", "starttls", "smtps"])
    async def host(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Host]:
        server = the_server(request.param, tmp_path)
        await server.start()
        host = RealHost(server)
        yield host
        await host.mailer.close()
        await server.stop()

    @pytest.mark.parametrize("trouble", [name for name, trouble in TROUBLES.items() if trouble.does != "cut"])
    async def test_a_refusal_is_in_the_words_of_the_host(self, host: RealHost, trouble: str) -> None:
        host.meets(trouble)
        outcome = await host.mailer.deliver(a_message())
        assert isinstance(outcome, Refused)
        assert TROUBLES[trouble].does.partition(" ")[2] in outcome.reason

    async def test_a_line_cut_in_the_middle_of_the_body_is_surely_not_accepted(self, host: RealHost) -> None:
        host.server.answers["stall"] = ["cut"]
        outcome = await host.mailer.deliver(a_message(body=b"Subject: big\r\n\r\n" + b"x" * 70 + b"\r\n" * 24_000_000))
        assert host.server.bodies == []
        if host.server.certificate is None:
            assert isinstance(outcome, Refused), outcome
            assert outcome.host
        else:  # what waits behind the encryption nobody can see, so this may count as doubt, never as a success
            assert isinstance(outcome, Refused | Lost), outcome

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


@pytest.mark.filterwarnings("ignore:Requiring AUTH", "ignore:.*login_data")
@pytest.mark.parametrize(
    ("kind", "step", "does"),
    [
        ("plain", "greeting", "cut"),
        ("plain", "ehlo", "cut"),
        ("starttls", "starttls", "cut"),
        ("starttls", "starttls", "454 4.7.0 not encrypted today"),
        ("starttls", "auth", "cut"),
        ("smtps", "auth", "cut"),
        ("smtps", "auth", "454 4.7.0 ask me later"),
    ],
)
async def test_a_line_that_does_not_get_as_far_as_a_mail_is_the_hosts_trouble(
    tmp_path: Path, kind: str, step: str, does: str
) -> None:
    server = the_server(kind, tmp_path)
    await server.start()
    host = RealHost(server)
    server.answers[step] = [does] * 5  # one way to sign in is tried after the other
    outcome = await host.mailer.deliver(a_message())
    assert isinstance(outcome, Refused)
    assert outcome.host
    assert server.options == [], "nobody said whom the mail is from"
    server.answers.clear()
    assert isinstance(await host.mailer.deliver(a_message()), Accepted)
    await host.mailer.close()
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
