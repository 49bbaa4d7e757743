"""The place for what every mail host must do: the fake, a Maildir and a real SMTP server pass the same suite."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

from services.notify.domain.outcomes import Accepted, Refused
from services.notify.ports import Mailer, Message
from shared.cancelling import cancelled

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

    async def test_a_repeat_is_a_no_op_where_the_host_says_so(self, host: Host) -> None:
        await host.mailer.deliver(a_message())
        await host.mailer.deliver(a_message(repeat=True))
        assert len(host.received()) == (1 if host.mailer.repeatable else 2)

    async def test_it_can_be_closed_twice(self, host: Host) -> None:
        await host.mailer.deliver(a_message())
        await host.mailer.close()
        await host.mailer.close()
