"""The place for saying several SMTP commands at once (RFC 2920): one way there and back instead of three."""

import asyncio
import re
from typing import cast

from aiosmtplib import SMTP, SMTPReadTimeoutError, SMTPResponse, SMTPResponseException, SMTPServerDisconnected

LONGEST_ANSWERS = 64 * 1024
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_ANSWER = re.compile(rb"(?:\d{3}-[^\n]*\n)*(\d{3})(?: [^\n]*)?\r?\n")


async def ask(client: SMTP, *commands: bytes, patience: float) -> list[SMTPResponse]:
    """The answers to commands that are sent at once, in their order: all, or as many as came before the line was cut.

    Raises SMTPServerDisconnected when not even one came.
    """
    if any(map(_CONTROL.search, commands)):
        raise ValueError("An SMTP command contains a control character.")
    answers = _Answers(client, len(commands))
    try:
        answers.transport.write(b"\r\n".join(commands) + b"\r\n")
        async with asyncio.timeout(patience):
            return await answers.all
    except TimeoutError:
        raise SMTPReadTimeoutError("Timed out waiting for server response") from None
    finally:
        answers.step_back()


class _Answers(asyncio.Protocol):
    """Stands in the place of the client's own protocol meanwhile, which reads one answer at a time and no more."""

    def __init__(self, client: SMTP, count: int) -> None:
        protocol, transport = client.protocol, client.transport
        if protocol is None or transport is None or transport.is_closing():
            raise SMTPServerDisconnected("Connection lost")
        # uvloop's transports can all that asyncio's can, but are not of its classes
        self.transport = cast("asyncio.Transport", transport)
        self.all: asyncio.Future[list[SMTPResponse]] = asyncio.get_running_loop().create_future()
        self._own, self._count, self._received, self._lost = protocol, count, b"", False
        self.transport.set_protocol(self)

    def step_back(self) -> None:
        if not self._lost:
            self.transport.set_protocol(self._own)

    def data_received(self, data: bytes) -> None:
        self._received += data
        answers, at = self._so_far()
        if len(answers) == self._count:
            self._end(answers)
        elif len(self._received) > LONGEST_ANSWERS or _is_nonsense(self._received[at:]):
            self._fail(SMTPResponseException(-1, f"not an SMTP answer: {self._received[at : at + 80]!r}"))

    def _so_far(self) -> tuple[list[SMTPResponse], int]:
        answers: list[SMTPResponse] = []
        at = 0
        while len(answers) < self._count and (found := _ANSWER.match(self._received, at)):
            answers.append(_response(found))
            at = found.end()
        return answers, at

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if answers := self._so_far()[0]:
            self._end(answers)
        else:
            self._fail(SMTPServerDisconnected("Connection lost"))
        self._own.connection_lost(error)

    def _end(self, answers: list[SMTPResponse]) -> None:
        if not self.all.done():
            self.all.set_result(answers)

    def _fail(self, error: Exception) -> None:
        if not self.all.done():
            self.all.set_exception(error)


def _response(found: "re.Match[bytes]") -> SMTPResponse:
    lines = found.group(0).decode("utf-8", "surrogateescape").splitlines()
    return SMTPResponse(int(found.group(1)), "\n".join(line[4:].strip() for line in lines))


def _is_nonsense(rest: bytes) -> bool:
    """A whole line that is neither an answer nor a part of one."""
    return b"\n" in rest and re.match(rb"\d{3}[ -]", rest) is None
