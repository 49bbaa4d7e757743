"""The place for SMTP: a few connections kept open, and a dialogue that knows whether its final dot was written."""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPReadTimeoutError,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from services.notify.adapters.pipelining import ask
from services.notify.adapters.smtp_envelope import GO_AHEAD, AddressNeedsUtf8, Envelope
from services.notify.adapters.smtp_host import Host
from services.notify.domain.bounces import no_such_address
from services.notify.domain.outcomes import Accepted, Lost, Outcome, Refused
from services.notify.ports import Message

CONNECT_SECONDS, COMMAND_SECONDS = 10.0, 30.0
AFTER_THE_DOT_SECONDS = 300.0  # RFC 5321, section 4.5.3.2.6 asks for ten minutes; our lease is renewed meanwhile
FRESH_SECONDS, IDLE_SECONDS = 5.0, 30.0
CLOSING = 421
_CUT = "Connection lost before the final dot"
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_TROUBLE = (SMTPException, OSError, TimeoutError, ssl.SSLError)


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
            fresh = await self._connect()
        except _TROUBLE as error:
            return self._refused(error)
        for kept in self._idle:  # nobody would come to ask for those below; a mail waits, so without a goodbye
            kept.client.close()
        self._idle.clear()
        self._keep(fresh)
        return None

    async def deliver(self, message: Message, go_ahead: asyncio.Event | None = None) -> Outcome:
        dialogue = _Dialogue()
        try:
            return await self._converse(message, dialogue, go_ahead)
        except asyncio.CancelledError:
            if dialogue.dot_written:
                raise
            return Refused("stopped before it was handed over", host=True)
        except _TROUBLE as error:
            if dialogue.dot_written:
                return Lost(f"after the final dot: {self._in_words(error)}")
            return self._refused(error)

    async def close(self) -> None:
        """Says goodbye on all connections at once: a host that does not answer is waited for a second in all."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(self._leave(kept.client) for kept in idle))

    async def _leave(self, client: SMTP) -> None:
        try:
            with suppress(*_TROUBLE):
                await client.quit(timeout=1)
        finally:
            client.close()

    async def _converse(self, message: Message, dialogue: _Dialogue, go_ahead: asyncio.Event | None) -> Outcome:
        client, envelope = await self._begin(message)
        body, ours = _LEADING_DOT.sub(b"..", message.body), False
        try:
            await self._until_it_waits_for_the_body(client, envelope)
            if go_ahead is not None:
                await go_ahead.wait()
            detail = await self._body(client, body, dialogue)
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

    async def _begin(self, message: Message) -> tuple[SMTP, Envelope]:
        """A connection on which the envelope was begun; one that went stale while idle is replaced by a new one."""
        while (kept := self._take_idle()) is not None:
            try:
                return kept, await self._say_from_whom(kept, message)
            except (SMTPServerDisconnected, SMTPReadTimeoutError, OSError):
                kept.close()
            except BaseException:
                kept.close()
                raise
        client = await self._connect()
        try:
            return client, await self._say_from_whom(client, message)
        except BaseException:
            client.close()
            raise

    async def _say_from_whom(self, client: SMTP, message: Message) -> Envelope:
        """MAIL FROM; and, where the host allows it, RCPT TO and DATA in the same breath."""
        envelope = Envelope.of(message, client)
        at_once = envelope.commands if client.supports_extension("pipelining") else envelope.commands[:1]
        envelope.answers = await ask(client, *at_once, patience=self._command_seconds)
        if envelope.answers[0].code == CLOSING:
            raise SMTPServerDisconnected(f"{CLOSING} {envelope.answers[0].message}")
        return envelope

    async def _until_it_waits_for_the_body(self, client: SMTP, envelope: Envelope) -> None:
        """Raises the first answer that says no."""
        at_once = len(envelope.answers)
        for step, command in enumerate(envelope.commands):
            if step >= at_once:
                envelope.answers += await ask(client, command, patience=self._command_seconds)
            if (refusal := envelope.refusal(step)) is not None:
                if envelope.answers[-1].code == GO_AHEAD:  # it waits for a body all the same, and gets an empty one
                    await ask(client, b".", patience=self._command_seconds)
                raise refusal

    async def _body(self, client: SMTP, body: bytes, dialogue: _Dialogue) -> str:
        protocol = client.protocol
        if protocol is None or not client.is_connected:
            raise SMTPServerDisconnected(_CUT)
        # uvloop's transports can all that asyncio's can, but are not of its classes
        transport = cast("asyncio.WriteTransport", client.transport)
        protocol.write(body if body.endswith(b"\r\n") else body + b"\r\n")
        await asyncio.sleep(0)
        while transport.get_write_buffer_size() and client.is_connected:  # noqa: ASYNC110 - nobody else would tell
            await asyncio.sleep(0.005)
        if not client.is_connected:
            raise SMTPServerDisconnected(_CUT)
        dialogue.dot_written = True
        protocol.write(b".\r\n")
        answer = await protocol.read_response(timeout=self._after_the_dot)
        if not 200 <= answer.code < 300:
            raise SMTPDataError(answer.code, answer.message)
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
