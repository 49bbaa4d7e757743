"""The place for what every mail host must do, and what its troubles come to: the fakes and the real ones alike."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from services.notify.domain.outcomes import Accepted, Lost, Outcome, Refused
from services.notify.ports import Mailer, Message
from shared.cancelling import cancelled
from tests.waiting import wait_until

BODY = b"Subject: Hello\r\n\r\nFirst line\r\n.\r\n.. two dots\r\n.one dot\r\nLast line =C3=A9\r\n"


def a_message(
    key: str = "rsvp.confirmed.0", *, to: str = "dana@example.org", body: bytes = BODY, repeat: bool = False
) -> Message:
    written = datetime(2027, 3, 1, 12, tzinfo=UTC)
    return Message(key, "hello@tables.example", to, body, written, repeat)


class Host(ABC):
    """A mail host as a test holds it: what it has, and how to take it down."""

    mailer: Mailer

    @abstractmethod
    def received(self) -> Sequence[bytes]:
        """Every message that arrived, in order."""

    @abstractmethod
    async def goes_down(self) -> None: ...

    @abstractmethod
    async def comes_back(self) -> None: ...

    @abstractmethod
    def has_begun(self) -> bool:
        """Whether a hand-over was begun, as far as it may come before it is told to go on."""


class TroubledHost(Host):
    """A host that makes trouble when it is told to."""

    @abstractmethod
    def meets(self, name: str) -> None:
        """The next mail meets one of the TROUBLES."""

    @abstractmethod
    def is_well_again(self) -> None:
        """The mails after that meet none."""


async def begun(host: Host, may_go: asyncio.Event) -> asyncio.Task[Outcome]:
    """A hand-over that has come as far as it may, or to its end where it was refused on the way."""
    delivering = asyncio.create_task(host.mailer.deliver(a_message(), may_go))
    await wait_until(lambda: delivering.done() or host.has_begun(), what="hand-over that was begun")
    return delivering


class MailContract:
    """Inherited by one test class a mailer, each with a `host` fixture of its own."""

    async def test_a_message_arrives_byte_for_byte(self, host: Host) -> None:
        assert isinstance(await host.mailer.deliver(a_message()), Accepted)
        assert list(host.received()) == [BODY]

    async def test_one_message_after_the_other_arrives_in_order(self, host: Host) -> None:
        for n in range(5):
            await host.mailer.deliver(a_message(f"rsvp.confirmed.{n}", body=b"Subject: %d\r\n\r\nx\r\n" % n))
        assert [body.split(b"\r\n")[0] for body in host.received()] == [b"Subject: %d" % n for n in range(5)]

    async def test_many_at_once_all_arrive(self, host: Host) -> None:
        messages = [a_message(f"rsvp.confirmed.{n}", body=b"Subject: %d\r\n\r\nx\r\n" % n) for n in range(20)]
        outcomes = await asyncio.gather(*(host.mailer.deliver(message) for message in messages))
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert sorted(host.received()) == sorted(message.body for message in messages)

    async def test_a_message_is_not_handed_over_before_it_may_go(self, host: Host) -> None:
        may_go = asyncio.Event()
        delivering = asyncio.create_task(host.mailer.deliver(a_message(), may_go))
        await asyncio.sleep(0.1)
        assert not delivering.done()
        assert list(host.received()) == []
        may_go.set()
        assert isinstance(await delivering, Accepted)
        assert list(host.received()) == [BODY]

    async def test_what_is_stopped_before_it_may_go_leaves_no_trace_and_others_go_through(self, host: Host) -> None:
        delivering = asyncio.create_task(host.mailer.deliver(a_message(), asyncio.Event()))
        await asyncio.sleep(0.1)
        await cancelled([delivering])
        assert host.mailer.repeatable or isinstance(delivering.result(), Refused)
        other = a_message("rsvp.confirmed.1", body=b"Subject: other\r\n\r\nx\r\n")
        assert isinstance(await host.mailer.deliver(other), Accepted)
        assert list(host.received()) == [other.body]

    async def test_a_host_in_reach_says_so(self, host: Host) -> None:
        assert await host.mailer.prepare() is None
        assert host.mailer.ready

    async def test_a_host_that_is_down_is_the_hosts_trouble_and_nothing_is_accepted(self, host: Host) -> None:
        await host.goes_down()
        for outcome in (await host.mailer.prepare(), await host.mailer.deliver(a_message())):
            assert isinstance(outcome, Refused)
            assert outcome.host
            assert not outcome.permanent
            assert outcome.reason
        assert list(host.received()) == []

    async def test_a_host_that_is_back_takes_mail_again(self, host: Host) -> None:
        await host.mailer.deliver(a_message("rsvp.confirmed.1"))
        await host.goes_down()
        await host.mailer.deliver(a_message("rsvp.confirmed.2"))
        await host.comes_back()
        assert await host.mailer.prepare() is None
        assert isinstance(await host.mailer.deliver(a_message("rsvp.confirmed.3")), Accepted)
        assert len(host.received()) == 2

    async def test_a_host_that_is_gone_when_it_may_go_surely_accepted_nothing(self, host: Host) -> None:
        may_go = asyncio.Event()
        delivering = await begun(host, may_go)
        await host.goes_down()
        await asyncio.sleep(0.1)  # until it is heard of here
        may_go.set()
        outcome = await delivering
        assert isinstance(outcome, Refused)
        assert outcome.host
        assert list(host.received()) == []

    async def test_a_repeat_is_a_no_op_where_the_host_says_so(self, host: Host) -> None:
        await host.mailer.deliver(a_message())
        await host.mailer.deliver(a_message(repeat=True))
        assert len(host.received()) == (1 if host.mailer.repeatable else 2)

    async def test_it_can_be_closed_twice(self, host: Host) -> None:
        await host.mailer.deliver(a_message())
        await host.mailer.close()
        await host.mailer.close()


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an SMTP host does at one step of the dialogue, and what has to come of the mail."""

    step: str
    does: str
    outcome: Refused | Lost
    arrives: bool = False


LATER, NEVER = Refused("", permanent=False), Refused("", permanent=True)
NOT_THERE, HOST = Refused("", permanent=True, hard=True), Refused("", host=True)

TROUBLES = {
    "goes away instead of greeting": Trouble("greeting", "554 5.3.2 go away", HOST),
    "is busy": Trouble("mail", "451 4.3.0 busy", LATER),
    "does not know the sender": Trouble("mail", "550 5.7.1 we do not know this sender", HOST),
    "takes no mail of that size": Trouble("mail", "552 5.3.4 too big", NEVER),
    "lets the recipient wait": Trouble("rcpt", "450 4.2.1 greylisted", LATER),
    "has no such recipient": Trouble("rcpt", "550 5.1.1 no such user here", NOT_THERE),
    "does not relay": Trouble("rcpt", "554 5.7.1 relaying denied", NEVER),
    "has a full mailbox": Trouble("rcpt", "552 5.2.2 mailbox full", NEVER),
    "is closing": Trouble("rcpt", "421 4.3.2 closing", HOST),
    "wants no message now": Trouble("data", "451 4.7.0 not now", LATER),
    "wants no message ever": Trouble("data", "554 5.6.0 never", NEVER),
    "has no room for the message": Trouble("dot", "452 4.3.1 disk full", LATER),
    "does not like the message": Trouble("dot", "554 5.7.1 looks like spam", NEVER),
    "hangs up on the sender": Trouble("mail", "cut", HOST),
    "hangs up on the recipient": Trouble("rcpt", "cut", HOST),
    "hangs up instead of asking for the message": Trouble("data", "cut", HOST),
    "hangs up after the dot and forgets": Trouble("lost", "cut", Lost("")),
    "hangs up after the dot and accepts": Trouble("dot", "cut", Lost(""), arrives=True),
}
"""By what the host does."""


class TroubleContract:
    """What each trouble comes to; the `trouble` fixture names those that a host can be in."""

    @pytest.fixture(params=TROUBLES)
    def trouble(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    async def test_what_came_of_a_mail_is_said_truly(self, host: TroubledHost, trouble: str) -> None:
        host.meets(trouble)
        outcome = await host.mailer.deliver(a_message())
        it_came_to(outcome, host, TROUBLES[trouble])

    async def test_what_was_begun_before_comes_to_the_same_and_others_go_through(
        self, host: TroubledHost, trouble: str
    ) -> None:
        host.meets(trouble)
        may_go = asyncio.Event()
        delivering = await begun(host, may_go)
        assert list(host.received()) == []
        may_go.set()
        it_came_to(await delivering, host, TROUBLES[trouble])
        host.is_well_again()
        other = a_message("rsvp.confirmed.1", body=b"Subject: other\r\n\r\nx\r\n")
        assert isinstance(await host.mailer.deliver(other), Accepted)
        assert list(host.received())[-1] == other.body


def it_came_to(outcome: Outcome, host: Host, trouble: Trouble) -> None:
    assert type(outcome) is type(trouble.outcome), outcome
    assert not isinstance(outcome, Accepted)
    assert outcome.reason
    if isinstance(outcome, Refused) and isinstance(trouble.outcome, Refused):
        expected = trouble.outcome
        assert (outcome.permanent, outcome.host, outcome.hard) == (expected.permanent, expected.host, expected.hard)
    assert list(host.received()) == [BODY] * trouble.arrives
