"""The place for Redis behind the bus: FastStream reads, one Lua script appends, everything else is bookkeeping."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import structlog
from faststream.exceptions import IncorrectState
from faststream.message import StreamMessage
from faststream.redis import RedisBroker, RedisClusterBroker, RedisSentinelBroker, StreamSub
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import (
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from shared.bus import BusUnavailable, Entry, OnEntries
from shared.cancelling import cancelled

log = structlog.get_logger()
R = TypeVar("R")

READ_MOST = 100
BLOCK_MILLISECONDS = 2_000  # redis-py gives up on a silent socket after 5 s
CONNECT_SECONDS, CONNECT_TRIES = 0.5, 2
IDENTITY = "tablemates.stack"

NOT_NOW = (ClusterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError)

COMPARE_AND_PUBLISH = """
local top = 0
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for k = 1, #info, 2 do
    if info[k] == 'last-generated-id' then top = tonumber(string.match(info[k + 1], '^(%d+)')) end
  end
end
if top ~= tonumber(ARGV[1]) then return top end
for k = 2, #ARGV, 3 do
  redis.call('XADD', KEYS[1], ARGV[k] .. '-0', '__data__', ARGV[k + 2], 'after', ARGV[k + 1])
  top = tonumber(ARGV[k])
end
return top
"""
"""KEYS: the stream. ARGV: the expected last sequence, then (sequence, after, body) for each entry."""

AnyBroker = RedisBroker | RedisClusterBroker | RedisSentinelBroker


def open_broker(url: str) -> AnyBroker:
    """The FastStream broker for `redis://`, `rediss://`, `unix://`, `redis+cluster://` or `redis+sentinel://`.

    `redis+cluster://host:port,host:port` names nodes to ask at the start, any of them will do;
    `redis+sentinel://host:port,host:port/MASTER` names the sentinels and the master's name.
    """
    options: dict[str, Any] = {
        "logger": None,
        "protocol": 2,
        "health_check_interval": 5,
        # a dead machine does not refuse, it is silent: who waits for it waits half a second, not ten times ten
        "socket_connect_timeout": CONNECT_SECONDS,
        "retry": Retry(ConstantBackoff(0.1), CONNECT_TRIES - 1),
    }
    parts = urlsplit(url)
    if parts.scheme == "redis+cluster":
        first, *others = parts.netloc.split(",")
        url = urlunsplit(parts._replace(scheme="redis", netloc=first))
        return RedisClusterBroker(url, startup_nodes=hosts_in(",".join(others), port=6379), **options)
    if parts.scheme == "redis+sentinel":
        sentinels = hosts_in(parts.netloc.rpartition("@")[2], port=26379)
        options |= {k: v for k, v in parse_qsl(parts.query) if k in ("password", "username")}
        return RedisSentinelBroker(
            sentinels=sentinels, sentinel_master_name=parts.path.strip("/") or "mymaster", **options
        )
    return RedisBroker(url, **options)


def hosts_in(names: str, *, port: int) -> list[tuple[str, int]]:
    """`a:1,b` → `[("a", 1), ("b", port)]`."""
    split = [name.partition(":") for name in names.split(",") if name]
    return [(host, int(given or port)) for host, _, given in split]


class RedisBus:
    """The bus on Redis or Valkey: one server, Sentinel or Cluster."""

    def __init__(self, url: str) -> None:
        self.broker = open_broker(url)
        self._subscriptions: set[RedisSubscription] = set()
        self._connecting = asyncio.Lock()

    async def connect(self) -> None:
        """Prepares the connection; a broker that is down is no error here."""
        async with self._connecting:
            with suppress(RedisError, OSError):
                await self.broker.connect()

    async def close(self) -> None:
        for subscription in list(self._subscriptions):
            await subscription.stop()
        await self.broker.stop()

    async def append(self, stream: str, *, previous: int, entries: Sequence[Entry]) -> int:
        arguments: list[Any] = [previous]
        for entry in entries:
            arguments += (entry.sequence, entry.after, entry.body)
        return int(await self._ask(lambda redis: redis.eval(COMPARE_AND_PUBLISH, 1, stream, *arguments)))

    async def top(self, stream: str) -> int:
        try:
            info = await self._ask(lambda redis: redis.xinfo_stream(stream))
        except ResponseError:  # no such key
            return 0
        return sequence_of(info["last-generated-id"])

    async def subscribe(self, stream: str, *, position: int, on_entries: OnEntries) -> "RedisSubscription":
        await self.ping()
        subscriber = self.broker.subscriber(
            stream=StreamSub(
                stream,
                last_id=f"{position}-0",
                batch=True,
                max_records=READ_MOST,
                polling_interval=BLOCK_MILLISECONDS,
            ),
            parser=parse_batch,
            decoder=decode_batch,
            no_reply=True,
            persistent=False,
            title=stream,
        )

        async def take(entries: Any) -> None:
            await on_entries(entries)

        subscriber(take)
        subscription = RedisSubscription(subscriber, self._subscriptions)
        # FastStream's own loop waits five blind seconds after a failed read, and spins on READONLY
        subscriber._consume = subscription.read  # type: ignore[method-assign]  # noqa: SLF001
        try:
            await subscriber.start()
        except (RedisError, OSError, TimeoutError) as error:
            await subscription.stop()
            raise BusUnavailable(f"The broker does not answer ({error}).") from error
        return subscription

    async def mark(self, stream: str, *, group: str, position: int) -> None:
        async def set_position(redis: Any) -> None:
            where = f"{position}-0"
            try:
                await redis.xgroup_setid(stream, group, where, entries_read=position)
            except ResponseError:
                await redis.xgroup_create(stream, group, id=where, mkstream=True, entries_read=position)

        await self._ask(set_position)

    async def marks(self, stream: str) -> Mapping[str, int]:
        try:
            groups = await self._ask(lambda redis: redis.xinfo_groups(stream))
        except ResponseError:
            return {}
        return {text(group["name"]): sequence_of(group["last-delivered-id"]) for group in groups}

    async def trim(self, stream: str, *, below: int) -> None:
        await self._ask(lambda redis: redis.xtrim(stream, minid=f"{below}-0", approximate=True))

    async def remove(self, stream: str, *, sequences: Sequence[int]) -> None:
        await self._ask(lambda redis: redis.xdel(stream, *(f"{n}-0" for n in sequences)))

    async def forget(self, stream: str) -> None:
        await self._ask(lambda redis: redis.delete(stream))

    async def ping(self) -> None:
        await self._ask(lambda redis: redis.ping())

    async def identity(self, proposed: str) -> str:
        """A name that the broker keeps as long as it remembers anything: the first that was proposed."""

        async def first_wins(redis: Any) -> Any:
            await redis.set(IDENTITY, proposed, nx=True)
            return await redis.get(IDENTITY)

        return text(await self._ask(first_wins) or proposed)

    async def _ask(self, call: Callable[[Any], Awaitable[R]]) -> R:
        try:
            return await call(await self._client())
        except ResponseError as error:
            if isinstance(error, NOT_NOW) or str(error).startswith(("MISCONF", "NOREPLICAS")):
                raise BusUnavailable(f"The broker cannot serve right now ({error}).") from error
            raise
        except (RedisError, OSError, TimeoutError, AttributeError) as error:
            # AttributeError: redis-py 8.1 writes to a cluster's connection that another task has just closed
            raise BusUnavailable(f"The broker does not answer ({error}).") from error

    async def _client(self) -> Any:
        try:
            return self.broker.config.connection.client
        except IncorrectState:
            return await self.broker.connect()


class RedisSubscription:
    """One FastStream subscriber that comes and goes with a lease."""

    def __init__(self, subscriber: Any, register: set["RedisSubscription"]) -> None:
        self._subscriber, self._register = subscriber, register
        self._ended = asyncio.Event()
        register.add(self)

    async def read(self, *arguments: Any, start_signal: Any) -> None:
        """Reads until stopped; the first failure ends it, and whoever asked for it subscribes anew."""
        start_signal.set()
        try:
            while self._subscriber.running:
                await self._subscriber._get_msgs(*arguments)  # noqa: SLF001 - pinned, and shown by the bus's suite
        except Exception as error:  # noqa: BLE001 - whatever it is, the next subscription finds out
            log.info("subscription.lost", error=type(error).__name__)
        finally:
            self._ended.set()

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
