"""The place for the hosts of the mail contract: fakes, a folder, and real servers of each kind that people have."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from services.notify.adapters.maildir import MaildirMailer, open_maildir
from services.notify.adapters.smtp import SmtpMailer
from services.notify.adapters.smtp_host import Host as Address
from services.notify.ports import Mailer
from tests.notify.fake_mailer import FakeMailer
from tests.notify.mail_contract import Host
from tests.notify.smtp_server import SmtpHost, a_certificate
from tests.simulation.faults import Faults
from tests.simulation.mail_host import MailHost, SimulatedMailer
from tests.simulation.trace import Trace


@dataclass(slots=True)
class FakeHost(Host):
    mailer: Mailer = field(default_factory=FakeMailer)

    @property
    def fake(self) -> FakeMailer:
        assert isinstance(self.mailer, FakeMailer)
        return self.mailer

    def received(self) -> Sequence[bytes]:
        return [body for _, body in self.fake.accepted]

    async def goes_down(self) -> None:
        self.fake.up = False

    async def comes_back(self) -> None:
        self.fake.up = True


@dataclass(slots=True)
class SimulatedHost(Host):
    host: MailHost
    mailer: Mailer = field(init=False)

    def __post_init__(self) -> None:
        self.mailer = SimulatedMailer(self.host, AQuietPort(AQuietWorld()))

    def received(self) -> Sequence[bytes]:
        return [mail.body for mail in self.host.arrived]

    async def goes_down(self) -> None:
        self.host.up = False

    async def comes_back(self) -> None:
        self.host.up = True


@dataclass(slots=True)
class AQuietWorld:
    luck: Random = field(default_factory=lambda: Random(7))
    faults: Faults = field(default_factory=Faults)
    trace: Trace = field(default_factory=Trace)


@dataclass(slots=True)
class AQuietPort:
    world: AQuietWorld

    async def hop(self) -> None: ...

    mail_hop = hop


@dataclass(slots=True)
class FolderHost(Host):
    folder: Path
    mailer: Mailer = field(init=False)

    def __post_init__(self) -> None:
        self.mailer = MaildirMailer(self.folder)
        open_maildir(self.folder)

    def received(self) -> Sequence[bytes]:
        new = self.folder / "new"
        files = sorted(new.iterdir(), key=lambda path: path.name) if new.is_dir() else []
        return [path.read_bytes() for path in files]

    async def goes_down(self) -> None:
        # a file where the folder was: nobody can write there, not even root
        self.folder.rename(self.folder.with_suffix(".away"))
        self.folder.write_text("")

    async def comes_back(self) -> None:
        self.folder.unlink()
        self.folder.with_suffix(".away").rename(self.folder)


@dataclass(slots=True)
class RealHost(Host):
    server: SmtpHost
    mailer: Mailer = field(init=False)

    def __post_init__(self) -> None:
        self.mailer = self.a_mailer(after_the_dot=2)

    def a_mailer(self, *, after_the_dot: float) -> SmtpMailer:
        return SmtpMailer(Address.from_url(self._url()), after_the_dot=after_the_dot, command_seconds=2)

    def _url(self) -> str:
        server = self.server
        if server.certificate is None:
            return f"smtp://127.0.0.1:{server.port}?tls=none"
        scheme, tls = ("smtps", "") if server.implicit_tls else ("smtp", "tls=starttls&")
        return f"{scheme}://dana:secret@localhost:{server.port}?{tls}ca={server.certificate.path}"

    def received(self) -> Sequence[bytes]:
        return self.server.bodies

    async def goes_down(self) -> None:
        await self.server.stop()

    async def comes_back(self) -> None:
        await self.server.start()


def the_server(kind: str, folder: Path) -> SmtpHost:
    """One of each kind that people have: some want to be signed in to, over a line that is encrypted."""
    if kind in ("plain", "one by one"):
        return SmtpHost(pipelining=kind == "plain")
    return SmtpHost(a_certificate(folder), implicit_tls=kind == "smtps", login=("dana", "secret"))
