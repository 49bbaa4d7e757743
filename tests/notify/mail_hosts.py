"""The place for the hosts of the mail contract: fakes, a folder, and real servers of each kind that people have."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from services.notify.adapters.maildir import MaildirMailer, open_maildir
from services.notify.adapters.smtp import SmtpMailer
from services.notify.adapters.smtp_host import Host as Address
from services.notify.domain.outcomes import Outcome
from services.notify.ports import Mailer
from tests.notify.fake_mailer import BUSY, GONE, LOST_ACCEPTED, LOST_UNACCEPTED, NO, NO_SUCH_USER, FakeMailer
from tests.notify.mail_contract import TROUBLES, Host, TroubledHost, a_message
from tests.notify.smtp_server import SmtpHost, a_certificate
from tests.simulation.faults import Faults
from tests.simulation.mail_host import MailHost, SimulatedMailer
from tests.simulation.processes import Process
from tests.simulation.trace import Trace

FATES: dict[str, Outcome] = {
    "goes away instead of greeting": GONE,
    "is busy": BUSY,
    "does not know the sender": GONE,
    "takes no mail of that size": NO,
    "lets the recipient wait": BUSY,
    "has no such recipient": NO_SUCH_USER,
    "does not relay": NO,
    "has a full mailbox": NO,
    "is closing": GONE,
    "wants no message now": BUSY,
    "wants no message ever": NO,
    "has no room for the message": BUSY,
    "does not like the message": NO,
    "hangs up on the sender": GONE,
    "hangs up on the recipient": GONE,
    "hangs up instead of asking for the message": GONE,
    "hangs up after the dot and forgets": LOST_UNACCEPTED,
    "hangs up after the dot and accepts": LOST_ACCEPTED,
}
"""What the fake is told where a real host is in one of the TROUBLES."""

SIMULATED = {
    "wants no message now": "mail_busy",
    "wants no message ever": "mail_refused",
    "hangs up after the dot and forgets": "mail_lost_unaccepted",
    "hangs up after the dot and accepts": "mail_lost_accepted",
}
"""The faults of the simulation by the trouble that they stand for; a dead address is one more."""


@dataclass(slots=True)
class FakeHost(TroubledHost):
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

    def has_begun(self) -> bool:
        return bool(self.fake.begun)

    def meets(self, name: str) -> None:
        self.fake.answers(a_message().recipient, FATES[name])

    def is_well_again(self) -> None:
        self.fake.fates.clear()


@dataclass(slots=True)
class AQuietWorld:
    luck: Random = field(default_factory=lambda: Random(7))
    faults: Faults = field(default_factory=Faults)
    trace: Trace = field(default_factory=Trace)


@dataclass(slots=True)
class AQuietPort:
    """Where nothing goes wrong by itself; `on_the_way` is what a test does to a mail under way."""

    world: AQuietWorld = field(default_factory=AQuietWorld)
    process: Process = field(default_factory=lambda: Process("tests", 1))
    mail_hops: int = 0
    on_the_way: Callable[[], None] | None = None

    async def hop(self) -> None: ...

    async def mail_hop(self) -> None:
        self.mail_hops += 1
        if self.on_the_way is not None:
            self.on_the_way()


@dataclass(slots=True)
class SimulatedHost(TroubledHost):
    host: MailHost
    port: AQuietPort = field(default_factory=AQuietPort)
    mailer: Mailer = field(init=False)

    def __post_init__(self) -> None:
        self.mailer = SimulatedMailer(self.host, self.port)

    def received(self) -> Sequence[bytes]:
        return [mail.body for mail in self.host.arrived]

    async def goes_down(self) -> None:
        self.host.up = False

    async def comes_back(self) -> None:
        self.host.up = True

    def has_begun(self) -> bool:
        return self.port.mail_hops > 0

    def meets(self, name: str) -> None:
        if name in SIMULATED:
            setattr(self.port.world.faults, SIMULATED[name], 1.0)
        else:
            assert name == "has no such recipient"
            self.host.dead_addresses.add(a_message().recipient)

    def is_well_again(self) -> None:
        self.port.world.faults.end()
        self.host.dead_addresses.clear()


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

    def has_begun(self) -> bool:
        return True  # there is nothing to begin with: a file is written in one go


@dataclass(slots=True)
class RealHost(TroubledHost):
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

    def has_begun(self) -> bool:
        return bool(self.server.addressed)

    def meets(self, name: str) -> None:
        trouble = TROUBLES[name]
        self.server.answers[trouble.step] = [trouble.does]

    def is_well_again(self) -> None:
        self.server.answers.clear()


def the_server(kind: str, folder: Path) -> SmtpHost:
    """One of each kind that people have: some want to be signed in to, over a line that is encrypted."""
    if kind in ("plain", "one by one"):
        return SmtpHost(pipelining=kind == "plain")
    return SmtpHost(a_certificate(folder), implicit_tls=kind == "smtps", login=("dana", "secret"))
