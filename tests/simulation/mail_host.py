"""The place for a mail host that is slow, refuses, is gone, or accepts and then hangs up; and for what it accepted."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notify.domain.outcomes import Accepted, Lost, Outcome, Refused
from services.notify.ports import MailRow, Message
from shared.clock import Clock

INBOX = "tests@example.org"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail as the host accepted it."""

    when: datetime
    key: str
    recipient: str
    body: bytes
    told: dict[str, Any]


def plain(mail: MailRow) -> Message:
    """Stands for the renderer: the facts of a mail's row, the same row the same bytes."""
    told = {
        "kind": mail.kind,
        "attendee_id": mail.attendee_id,
        "gathering_id": mail.gathering_id,
        "cause": mail.cause,
        "version": mail.version,
        "reference": mail.reference,
        "context": mail.context,
        "name": mail.name,
    }
    body = json.dumps(told, sort_keys=True, default=str).encode()
    return Message(key=mail.key, sender=INBOX, recipient=mail.email, body=body, created_at=mail.created_at)


class MailHost:
    """What stands behind every mailer of a world."""

    def __init__(self, clock: Clock, *, repeatable: bool) -> None:
        self._clock, self.repeatable, self.up = clock, repeatable, True
        self.arrived: list[Arrived] = []
        self.in_doubt: set[str] = set()
        """Keys of mails whose fate some process cannot know: lost answers, deaths in the dialogue."""
        self.doubted: set[str] = set()
        """Those that once were in doubt."""
        self.vouched_for: set[str] = set()
        """Those of which a provider said that they arrived, or what came of them."""
        self.keys: set[str] = set()
        self.dead_addresses: set[str] = set()

    def accept(self, message: Message) -> None:
        if self.repeatable and message.key in self.keys:
            return
        self.keys.add(message.key)
        told = json.loads(message.body) if message.body.startswith(b"{") else {}
        self.arrived.append(Arrived(self._clock.now(), message.key, message.recipient, message.body, told))

    def to(self, address: str) -> list[Arrived]:
        return [mail for mail in self.arrived if mail.recipient == address]


class SimulatedMailer:
    """One process's connection to the mail host."""

    concurrency = 4

    def __init__(self, host: MailHost, port: Any) -> None:
        self._host, self._port = host, port
        self.repeatable = host.repeatable
        self._connected = False

    @property
    def ready(self) -> bool:
        return self._connected and self._host.up

    async def prepare(self) -> Outcome | None:
        await self._port.hop()
        self._connected = self._host.up
        return None if self._host.up else Refused("nobody answers", host=True)

    async def deliver(self, message: Message, go_ahead: asyncio.Event | None = None) -> Outcome:
        port, faults, host = self._port, self._port.world.faults, self._host
        if go_ahead is not None:
            try:
                await port.mail_hop()
                await go_ahead.wait()
            except asyncio.CancelledError:
                port.process.check()  # the dead say nothing
                return Refused("stopped before it was handed over", host=True)
        if not host.up:
            self._connected = False
            return Refused("nobody answers", host=True)
        if message.key in host.in_doubt:
            host.doubted.add(message.key)  # somebody died over it, or was never answered
        host.in_doubt.add(message.key)
        await port.mail_hop()
        draw = port.world.luck.random()
        outcome = self._fate(message, draw, faults)
        port.world.trace.note("mail", key=message.key[:12], to=message.recipient, outcome=type(outcome).__name__)
        await port.mail_hop()
        if not isinstance(outcome, Lost):
            host.in_doubt.discard(message.key)
        else:
            host.doubted.add(message.key)
        return outcome

    def _fate(self, message: Message, draw: float, faults: Any) -> Outcome:
        if not self._host.up:
            return Lost("the host went away in the middle")
        if message.recipient in self._host.dead_addresses:
            return Refused("550 no such user", permanent=True, hard=True)
        for share, outcome, accepted in (
            (faults.mail_busy, Refused("451 later"), False),
            (faults.mail_refused, Refused("554 no", permanent=True), False),
            (faults.mail_lost_unaccepted, Lost("hung up"), False),
            (faults.mail_lost_accepted, Lost("hung up after the dot"), True),
            (1.0, Accepted("250 ok"), True),
        ):
            if draw < share:
                if accepted:
                    self._host.accept(message)
                return outcome
            draw -= share
        raise AssertionError("some share is 1")

    async def close(self) -> None:
        self._connected = False
