"""Several SMTP commands said at once: their answers are told apart however they arrive; a refusal leaves no trace."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiosmtplib import SMTP, SMTPReadTimeoutError, SMTPResponseException, SMTPServerDisconnected

from services.notify.adapters.pipelining import ask
from services.notify.adapters.smtp import SmtpMailer
from services.notify.adapters.smtp_host import Host
from services.notify.domain.outcomes import Accepted, Refused
from tests.notify.mail_contract import a_message
from tests.notify.smtp_server import SmtpHost

THREE = (b"MAIL FROM:<a@example.org>", b"RCPT TO:<b@example.org>", b"DATA")
Write = Callable[[bytes], None]


@asynccontextmanager
async def a_client(*pieces: bytes, then_close: bool = False) -> AsyncIterator[SMTP]:
    """A client of a server that answers the first thing it is told with these pieces, one after the other."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        await reader.readline()
        writer.write(b"250-here\r\n250 PIPELINING\r\n")
        await reader.readline()
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.002)
        if not then_close:
            await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    gone = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    client = SMTP(hostname="127.0.0.1", port=server.sockets[0].getsockname()[1], start_tls=False)
    await client.connect()
    await client.ehlo()
    try:
        yield client
    finally:
        client.close()
        await gone.wait()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "pieces",
    [
        (b"250 ok\r\n250-fine\r\n250 indeed\r\n354 go on\r\n",),
        (b"250 o", b"k\r\n250-fi", b"ne\r\n250 in", b"deed\r", b"\n354 go on", b"\r\n"),
        (b"250 ok\r\n250-fine\r\n", b"250 indeed\r\n354 go on\n"),
    ],
)
async def test_answers_are_told_apart_however_they_arrive(pieces: tuple[bytes, ...]) -> None:
    async with a_client(*pieces) as client:
        answers = await ask(client, *THREE, patience=2)
    assert [(answer.code, answer.message) for answer in answers] == [
        (250, "ok"),
        (250, "fine\nindeed"),
        (354, "go on"),
    ]


async def test_what_came_before_the_line_was_cut_is_told() -> None:
    async with a_client(b"250 ok\r\n421 4.3.2 closing\r\n", then_close=True) as client:
        answers = await ask(client, *THREE, patience=2)
    assert [answer.code for answer in answers] == [250, 421]


async def test_nothing_before_the_line_was_cut_is_a_lost_connection() -> None:
    async with a_client(then_close=True) as client:
        with pytest.raises(SMTPServerDisconnected):
            await ask(client, *THREE, patience=2)


async def test_what_is_no_answer_ends_the_wait_at_once() -> None:
    async with a_client(b"250 ok\r\nhello there\r\n") as client:
        with pytest.raises(SMTPResponseException, match="hello there"):
            await ask(client, *THREE, patience=30)


async def test_answers_that_do_not_come_are_not_waited_for_for_ever() -> None:
    async with a_client(b"250 ok\r\n") as client:
        with pytest.raises(SMTPReadTimeoutError):
            await ask(client, *THREE, patience=0.05)


async def test_a_command_cannot_carry_another_one() -> None:
    async with a_client() as client:
        with pytest.raises(ValueError, match="control character"):
            await ask(client, b"RCPT TO:<b@example.org>\r\nRSET", patience=2)


async def test_a_host_that_asks_for_a_body_after_it_refused_the_recipient_gets_none() -> None:
    server = SmtpHost()
    await server.start()
    mailer = SmtpMailer(Host.from_url(f"smtp://127.0.0.1:{server.port}?tls=none"), command_seconds=2)
    server.answers = {"rcpt": ["550 5.1.1 no such user"], "data": ["354 go on all the same"]}
    refused = await mailer.deliver(a_message("rsvp.confirmed.1"))
    assert isinstance(refused, Refused)
    assert refused.hard
    assert server.bodies == []
    assert isinstance(await mailer.deliver(a_message("rsvp.confirmed.2")), Accepted)
    assert (len(server.bodies), server.connections) == (1, 1)
    await mailer.close()
    await server.stop()
