"""The place for a mail host that does what a test tells it to, and remembers what it accepted."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from services.notify.domain.outcomes import Accepted, Lost, Outcome, Refused
from services.notify.ports import Message


@dataclass(slots=True)
class FakeMailer:
    """Accepts everything, unless told otherwise. `accepted` is what the host has, in order, repeats and all."""

    repeatable: bool = False
    concurrency: int = 4
    up: bool = True
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    begun: list[Message] = field(default_factory=list)
    offered: list[Message] = field(default_factory=list)
    fates: dict[str, deque[Outcome]] = field(default_factory=dict)
    dies_at: str | None = None
    closed: bool = False

    @property
    def ready(self) -> bool:
        return self.up

    async def prepare(self) -> Outcome | None:
        return None if self.up else Refused("nobody answers", host=True)

    async def deliver(self, message: Message, go_ahead: asyncio.Event | None = None) -> Outcome:
        try:
            await asyncio.sleep(0)
            if go_ahead is not None:
                self.begun.append(message)
                await go_ahead.wait()
        except asyncio.CancelledError:
            return STOPPED
        self.offered.append(message)
        if not self.up:
            return Refused("nobody answers", host=True)
        self._die_if("before")
        fate = self._fate_of(message.recipient)
        if isinstance(fate, Refused):
            return fate
        if not (self.repeatable and message.key in dict(self.accepted)) and fate != LOST_UNACCEPTED:
            self.accepted.append((message.key, message.body))
        self._die_if("after")
        return fate

    async def close(self) -> None:
        self.closed = True

    def answers(self, recipient: str, *outcomes: Outcome) -> None:
        """What the next mails to an address come to; after that they are accepted."""
        self.fates[recipient] = deque(outcomes)

    def _fate_of(self, recipient: str) -> Outcome:
        waiting = self.fates.get(recipient)
        return waiting.popleft() if waiting else Accepted("250 ok")

    def _die_if(self, moment: str) -> None:
        if self.dies_at == moment:
            raise asyncio.CancelledError


class SlowMailer(FakeMailer):
    """Says what came of the first mail when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()

    async def deliver(self, message: Message, go_ahead: asyncio.Event | None = None) -> Outcome:
        outcome = await super().deliver(message, go_ahead)
        await self.goes_on.wait()
        return outcome


LOST_ACCEPTED = Lost("cut after the final dot, and it was accepted")
LOST_UNACCEPTED = Lost("cut after the final dot, and it was not accepted")
BUSY = Refused("450 try again later")
NO = Refused("554 no", permanent=True)
STOPPED = Refused("stopped before it was handed over", host=True)
GONE = Refused("cut before the final dot", host=True)
NO_SUCH_USER = Refused("550 5.1.1 no such user", permanent=True, hard=True)
