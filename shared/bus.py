"""The place for the bus as the services see it: numbered streams that may forget anything at any time."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.errors import TryAgainLater


class BusUnavailable(TryAgainLater):
    """The broker does not answer; what was said is safe in the outbox and goes out when it is back."""

    code = "broker_unavailable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a stream. `after` is the sequence of the entry before it in the outbox, so a reader
    at position p may take this one if, and only if, after <= p < sequence: a hole cannot go unseen.
    """

    sequence: int
    after: int
    body: bytes


class Subscription(Protocol):
    """A running read of one stream."""

    async def ended(self) -> None:
        """Returns when this subscription has to be replaced by a new one: its connection was lost."""
        ...

    async def stop(self) -> None: ...


OnEntries = Callable[[Sequence[Entry]], Awaitable[None]]


class Bus(Protocol):
    """What delivery needs of a broker. Every method may raise BusUnavailable."""

    async def append(self, stream: str, *, previous: int, entries: Sequence[Entry]) -> int:
        """Appends the entries if the stream's last sequence is `previous`; answers the last sequence, either way."""
        ...

    async def top(self, stream: str) -> int:
        """The stream's last sequence, 0 for a stream that is not there."""
        ...

    def together(self, streams: Sequence[str]) -> Sequence[Sequence[str]]:
        """The streams by where they are: those that one question can be about."""
        ...

    async def tops(self, streams: Sequence[str]) -> Mapping[str, int]:
        """The last sequence of each of some streams that are together."""
        ...

    async def subscribe(self, stream: str, *, position: int, on_entries: OnEntries) -> Subscription:
        """Hands over batches of up to 100 entries after `position`, in order, one batch at a time."""
        ...

    async def mark(self, stream: str, *, group: str, position: int) -> None:
        """Shows to people's tools how far a group has read; nothing depends on it but trimming."""
        ...

    async def marks(self, stream: str) -> Mapping[str, int]:
        """How far each group has said it has read."""
        ...

    async def trim(self, stream: str, *, below: int) -> None:
        """Removes entries whose sequence is lower than `below`."""
        ...

    async def remove(self, stream: str, *, sequences: Sequence[int]) -> None:
        """Removes single entries: those of an erased person."""
        ...

    async def forget(self, stream: str) -> None:
        """Deletes a stream, so that the relay publishes it anew from the outbox."""
        ...

    async def ping(self) -> None: ...
