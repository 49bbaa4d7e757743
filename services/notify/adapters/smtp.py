"""The place for SMTP: a few connections kept open, and a dialogue that knows whether its final dot was written."""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPReadTimeoutError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from services.notify.domain.bounces import no_such_address
from services.notify.domain.outcomes import Accepted, Lost, Outcome, Refused
from services.notify.ports import Message
from shared.errors import WrongSetting

CONNECT_SECONDS, COMMAND_SECONDS = 10.0, 30.0
AFTER_THE_DOT_SECONDS = 300.0  # RFC 5321, section 4.5.3.2.6 asks for ten minutes; our lease is renewed meanwhile
FRESH_SECONDS, IDLE_SECONDS = 5.0, 30.0
CLOSING = 421
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_TROUBLE = (SMTPException, OSError, TimeoutError, ssl.SSLError)


@dataclass(frozen=True, slots=True)
class Host:
    """A mail host, read from `smtp://user:pass@host:587?tls=starttls|none&ca=FILE` or `smtps://…`."""

    hostname: str
    port: int
    username: str | None = None
    password: str | None = None
    implicit_tls: bool = False
    starttls: bool | None = None
    ca: str | None = None

    @classmethod
    def from_url(cls, url: str) -> "Host":
        """Raises WrongSetting."""
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        tls = asked.get("tls", "")
        try:
            port = parts.port
        except ValueError:
            raise WrongSetting("TABLEMATES_MAIL_URL=***: the port must be a number up to 65535.") from None
        if not parts.hostname or tls not in ("", "starttls", "none") or set(asked) - {"tls", "ca"}:
            raise WrongSetting(
                "TABLEMATES_MAIL_URL=***: must be like smtp://user:password@host:587?tls=starttls (or tls=none)."
            )
        implicit = parts.scheme == "smtps"
        return cls(
            hostname=parts.hostname,
            port=port or (465 if implicit else 587 if parts.username else 25),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or "") if parts.username else None,
            implicit_tls=implicit,
            starttls=False if implicit or tls == "none" else True if tls == "starttls" else None,
            ca=asked.get("ca"),
        )


@dataclass(slots=True)
class _Connection:
    client: SMTP
    used_at: float


@dataclass(slots=True)
class _Dialogue:
    """How far one message came. From the final dot on nobody can take it back."""

    dot_written: bool = False


class SmtpMailer:
    """Hands messages to one host over up to `concurrency` connections."""

    repeatable = False

    def __init__(
        self,
        host: Host,
        *,
        name: str = "localhost",
        concurrency: int = 4,
        after_the_dot: float = AFTER_THE_DOT_SECONDS,
        command_seconds: float = COMMAND_SECONDS,
    ) -> None:
        self.concurrency = concurrency
        self._host, self._name = host, name
        self._after_the_dot, self._command_seconds = after_the_dot, command_seconds
        self._idle: list[_Connection] = []

    @property
    def ready(self) -> bool:
        now = asyncio.get_running_loop().time()
        return any(kept.client.is_connected and now - kept.used_at < FRESH_SECONDS for kept in self._idle)

    async def prepare(self) -> Outcome | None:
        try:
            self._keep(await self._connect())
        except _TROUBLE as error:
            return self._refused(error)
        return None

    async def deliver(self, message: Message) -> Outcome:
        dialogue = _Dialogue()
        try:
            return await self._converse(message, dialogue)
        except asyncio.CancelledError:
            if dialogue.dot_written:
                raise
            return Refused("stopped before it was handed over", host=True)
        except _TROUBLE as error:
            if dialogue.dot_written:
                return Lost(f"after the final dot: {self._in_words(error)}")
            return self._refused(error)

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for kept in idle:
            with suppress(*_TROUBLE):
                await kept.client.quit(timeout=1)
            kept.client.close()

    async def _converse(self, message: Message, dialogue: _Dialogue) -> Outcome:
        client = await self._begin(message)
        ours = False
        try:
            await self._envelope_rest(client, message)
            detail = await self._data(client, message.body, dialogue)
            ours = True
        except SMTPResponseException as error:
            # a whole answer leaves the dialogue in step, so the connection can be used again
            ours = error.code != CLOSING and await self._reset(client)
            if dialogue.dot_written and not 400 <= error.code < 600:
                raise
            return self._refused(error)
        finally:
            if ours:
                self._keep(client)
            else:
                client.close()
        return Accepted(detail)

    async def _begin(self, message: Message) -> SMTP:
        """A connection on which MAIL FROM was accepted; one that went stale while idle is replaced by a new one."""
        while (kept := self._take_idle()) is not None:
            try:
                await self._mail(kept, message)
            except (SMTPServerDisconnected, SMTPReadTimeoutError, OSError):
                kept.close()
            except BaseException:
                kept.close()
                raise
            else:
                return kept
        client = await self._connect()
        try:
            await self._mail(client, message)
        except BaseException:
            client.close()
            raise
        return client

    async def _mail(self, client: SMTP, message: Message) -> None:
        options, encoding = _encoding(client, message)
        try:
            await client.mail(message.sender, options=options, encoding=encoding)
        except SMTPSenderRefused as error:
            if error.code == CLOSING:
                raise SMTPServerDisconnected(f"{error.code} {error.message}") from None
            raise

    async def _envelope_rest(self, client: SMTP, message: Message) -> None:
        await client.rcpt(message.recipient, encoding=_encoding(client, message)[1])

    async def _data(self, client: SMTP, body: bytes, dialogue: _Dialogue) -> str:
        answer = await client.execute_command(b"DATA")
        if answer.code != 354:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        # uvloop's transports can all that asyncio's can, but are not of its classes
        protocol, transport = client.protocol, cast("asyncio.WriteTransport", client.transport)
        assert protocol is not None
        protocol.write(_LEADING_DOT.sub(b"..", body) + (b"" if body.endswith(b"\r\n") else b"\r\n"))
        await asyncio.sleep(0)
        while transport.get_write_buffer_size() and client.is_connected:  # noqa: ASYNC110 - nobody else would tell
            await asyncio.sleep(0.005)
        if not client.is_connected:
            raise SMTPServerDisconnected("Connection lost before the final dot")
        dialogue.dot_written = True
        protocol.write(b".\r\n")
        answer = await protocol.read_response(timeout=self._after_the_dot)
        if not 200 <= answer.code < 300:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        return answer.message

    async def _connect(self) -> SMTP:
        client = SMTP(
            hostname=self._host.hostname,
            port=self._host.port,
            username=self._host.username,
            password=self._host.password,
            local_hostname=self._name,
            timeout=CONNECT_SECONDS,
            use_tls=self._host.implicit_tls,
            start_tls=self._host.starttls,
            tls_context=self._tls(),
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS * 2):
                await client.connect()
                if client.is_ehlo_or_helo_needed:
                    await client.ehlo()
        except _TROUBLE as error:
            client.close()
            raise HostInTrouble(self._in_words(error)) from error
        except BaseException:
            client.close()
            raise
        client.timeout = self._command_seconds
        return client

    def _tls(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self._host.ca) if self._host.ca else None

    def _take_idle(self) -> SMTP | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            kept = self._idle.pop()
            if kept.client.is_connected and now - kept.used_at < IDLE_SECONDS:
                return kept.client
            kept.client.close()
        return None

    def _keep(self, client: SMTP) -> None:
        if client.is_connected:
            self._idle.append(_Connection(client, asyncio.get_running_loop().time()))

    async def _reset(self, client: SMTP) -> bool:
        with suppress(*_TROUBLE):
            await client.rset()
            return True
        return False

    def _refused(self, error: BaseException) -> Refused:
        """What an error before the final dot, or an answer that says no, means for the mail."""
        reason = self._in_words(error)
        if isinstance(error, HostInTrouble):
            return Refused(error.message, host=True)
        if isinstance(error, AddressNeedsUtf8):
            return Refused(reason, permanent=True)
        if not isinstance(error, SMTPResponseException) or error.code == CLOSING or not 400 <= error.code < 600:
            return Refused(reason, host=True)
        permanent = error.code >= 500
        if isinstance(error, SMTPSenderRefused) and permanent and error.code != 552:
            return Refused(reason, host=True)  # our sender address is refused: a setting's fault, not this mail's
        hard = permanent and isinstance(error, SMTPRecipientRefused) and no_such_address(error.message)
        return Refused(reason, permanent=permanent, hard=hard)

    def _in_words(self, error: BaseException) -> str:
        if isinstance(error, SMTPResponseException):
            return f"{self._host.hostname} answered {error.code} {error.message}"[:400]
        said = getattr(error, "message", "") or str(error) or type(error).__name__
        return f"{self._host.hostname}: {said}"[:400]


class HostInTrouble(SMTPException):
    """No dialogue could be begun, whatever the reason: that is the host's trouble, not the mail's."""


class AddressNeedsUtf8(SMTPException):
    """The address is not ASCII, and the mail host does not take such addresses (SMTPUTF8)."""


def _encoding(client: SMTP, message: Message) -> tuple[list[str], str]:
    if message.recipient.isascii() and message.sender.isascii():
        return [], "ascii"
    if not client.supports_extension("smtputf8"):
        raise AddressNeedsUtf8(str(AddressNeedsUtf8.__doc__))
    return ["SMTPUTF8", "BODY=8BITMIME"], "utf-8"
