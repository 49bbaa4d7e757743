"""The place for a real SMTP server that refuses, stalls and cuts the line where a test wants it to."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(slots=True)
class Certificate:
    """A certificate for localhost, its own authority."""

    path: Path

    @property
    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path)
        return context


def a_certificate(folder: Path) -> Certificate:
    """Made by the machine's openssl; skips where there is none."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("there is no openssl to make a certificate with")
    key, certificate, both = folder / "key.pem", folder / "certificate.pem", folder / "localhost.pem"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run((openssl, "req", "-x509", *kind, *name, *files), check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return Certificate(both)


@dataclass
class SmtpHost:
    """aiosmtpd on a port of its own. `answers` maps a stage to what is said once there, or to `cut`."""

    certificate: Certificate | None = None
    implicit_tls: bool = False
    login: tuple[str, str] | None = None
    pipelining: bool = True
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)
    addressed: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)
    signed_in: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    options: list[list[str]] = field(default_factory=list)
    quits: int = 0
    deaf_to_quit: bool = False
    _server: asyncio.Server | None = None
    _open: set[Any] = field(default_factory=set)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        context = self.certificate.context if self.certificate and self.implicit_tls else None
        # a socket that asyncio did not make itself would keep every second line back until the first is acknowledged
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Goes down at once: nobody is said goodbye to."""
        if self._server is not None:
            self._server.close()
            for protocol in list(self._open):
                _abort(protocol)
            await self._server.wait_closed()
            self._server = None

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def _protocol(self) -> SMTP:
        self.connections += 1
        starttls = self.certificate.context if self.certificate and not self.implicit_tls else None
        protocol = _Scripted(
            self,
            enable_SMTPUTF8=True,
            hostname="localhost",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=self.login is not None,
            auth_require_tls=False,
            authenticator=self._authenticate,
        )
        protocol.host = self
        self._open.add(protocol)
        return protocol

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        ok = (given.login.decode(), given.password.decode()) == self.login
        self.signed_in.append(given.login.decode() if ok else "")
        return AuthResult(success=ok, handled=ok)

    def _scripted(self, server: SMTP, stage: str) -> str | None:
        waiting = self.answers.get(stage)
        answer = waiting.pop(0) if waiting else None
        if answer == "cut":
            _abort(server)
        return answer

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self._scripted(server, "ehlo")
        return [responses[0], *(["250-PIPELINING"] if self.pipelining else []), *responses[1:]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (answer := self._scripted(server, "mail")) is not None:
            return answer
        envelope.mail_from, self_options = address, list(options)
        self.options.append(self_options)
        return "250 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if (answer := self._scripted(server, "rcpt")) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        self.addressed.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        stage = self._scripted(server, "lost")  # gone before it decided
        if stage is not None:
            return stage
        refusal = self._scripted(server, "dot")
        if refusal is not None and refusal != "cut":
            return refusal
        assert isinstance(envelope.content, bytes)
        self.bodies.append(envelope.content)
        self.recipients.extend(envelope.rcpt_tos)
        self.encrypted.append(_line(server).get_extra_info("sslcontext") is not None)
        return "250 2.0.0 queued as 42"


class _Scripted(SMTP):
    host: SmtpHost

    async def push(self, status: str | bytes) -> None:
        text = status.decode() if isinstance(status, bytes) else status
        if text.startswith("220 ") and "Ready" not in text and self.session and (said := self._said("greeting")):
            text = said
        await super().push(text)
        if text.startswith("354") and self.host.answers.get("stall"):
            self.host.answers["stall"].pop()
            _line(self).pause_reading()
            asyncio.get_running_loop().call_later(0.3, _abort, self)

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        await self._unless_said("starttls", super().smtp_STARTTLS, arg)

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        await self._unless_said("auth", super().smtp_AUTH, arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        await self._unless_said("data", super().smtp_DATA, arg)

    async def _unless_said(self, stage: str, command: Callable[[str], Awaitable[None]], arg: str) -> None:
        if said := self._said(stage):
            await self.push(said)
        else:
            await command(arg)

    def _said(self, stage: str) -> str | None:
        return self.host._scripted(self, stage)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        self.host.quits += 1
        if not self.host.deaf_to_quit:
            await super().smtp_QUIT(arg)

    def connection_lost(self, error: Exception | None) -> None:
        self.host._open.discard(self)
        super().connection_lost(error)


def _line(protocol: SMTP) -> asyncio.Transport:
    assert isinstance(protocol.transport, asyncio.Transport)
    return protocol.transport


def _abort(protocol: Any) -> None:
    transport = protocol.transport
    if transport is not None:
        transport.abort()
