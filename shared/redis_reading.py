"""The place for reading one stream through FastStream: entry by entry as it came, until the first failure."""

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from faststream.message import StreamMessage
from redis.exceptions import RedisError

from shared.bus import Entry
from shared.cancelling import cancelled
from shared.quiet_streams import QuietStreams

log = structlog.get_logger()

QUIET_READS = 3  # that a stream waits for nothing, until it is among the quiet ones


class RedisSubscription:
    """One FastStream subscriber that comes and goes with a lease."""

    def __init__(self, subscriber: Any, register: set["RedisSubscription"], quiet: QuietStreams | None) -> None:
        self._subscriber, self._register, self._quiet = subscriber, register, quiet
        self._ended = asyncio.Event()
        register.add(self)

    async def read(self, *arguments: Any, start_signal: Any) -> None:
        """Reads until stopped; the first failure ends it, and whoever asked for it subscribes anew."""
        start_signal.set()
        try:
            while self._subscriber.running:
                await self._until_quiet(*arguments)
                if self._quiet and self._subscriber.running:
                    await self._until_news(self._quiet, *arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next subscription finds out
            log.info("subscription.lost", error=type(error).__name__)
        finally:
            self._ended.set()

    async def _until_quiet(self, *arguments: Any) -> None:
        """Reads until nothing came some times running."""
        nothing = 0
        while self._subscriber.running and nothing < QUIET_READS:
            nothing = 0 if await self._read_once(*arguments) else nothing + 1

    async def _until_news(self, quiet: QuietStreams, *arguments: Any) -> None:
        """Leaves the waiting to the read that all quiet streams have in common, once that has begun."""
        with quiet.waiting(self._subscriber.stream_sub.name, self._subscriber.last_id) as waiting:
            while not waiting.covered:
                if not self._subscriber.running or await self._read_once(*arguments):
                    return
            await waiting.news

    async def _read_once(self, *arguments: Any) -> bool:
        """True when something came."""
        before = self._subscriber.last_id
        await self._subscriber._get_msgs(*arguments)  # noqa: SLF001 - pinned, and shown by the bus's suite
        return bool(self._subscriber.last_id != before)

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    async def ended(self) -> None:
        await self._ended.wait()

    async def stop(self) -> None:
        self._register.discard(self)
        reading = list(self._subscriber.tasks)
        with suppress(RedisError, OSError):
            await self._subscriber.stop()
        await cancelled(reading)  # each holds a connection until it has ended


def text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def sequence_of(entry_id: bytes | str) -> int:
    """The sequence in an entry's id `<sequence>-0`."""
    return int(text(entry_id).partition("-")[0])


def number(value: bytes | None) -> int:
    """A sequence; what is none becomes one that no position reaches, so that a stranger's entry is a hole."""
    return int(value) if value and value.isdigit() else 2**63 - 1


async def parse_batch(message: Any) -> StreamMessage[Any]:
    """Takes a batch as it came: each entry is decoded on its own later, so that a bad one dies alone."""
    entries = [
        Entry(sequence_of(entry_id), number(fields.get(b"after")), fields.get(b"__data__", b""))
        for entry_id, fields in zip(message["message_ids"], message["data"], strict=True)
    ]
    return StreamMessage(raw_message=message, body=entries)


async def decode_batch(message: StreamMessage[Any]) -> Any:
    return message.body
