"""The place for Redis behind the bus: FastStream reads, one Lua script appends, everything else is bookkeeping."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import structlog
from faststream.exceptions import IncorrectState
from faststream.redis import RedisBroker, RedisClusterBroker, RedisSentinelBroker, StreamSub
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import (
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    TryAgainError,
)

from shared.bus import BusUnavailable, Entry, OnEntries
from shared.cancelling import to_the_end
from shared.quiet_streams import QuietStreams
from shared.redis_reading import RedisSubscription, decode_batch, parse_batch, sequence_of, text

log = structlog.get_logger()
R = TypeVar("R")

READ_MOST = 100
BLOCK_MILLISECONDS = 2_000  # redis-py gives up on a silent socket after 5 s
CONNECT_SECONDS, CONNECT_TRIES = 0.5, 2
IDENTITY = "tablemates.stack"

# a cluster whose nodes do not agree yet is no RedisError to redis-py
BROKEN = (RedisError, RedisClusterException, OSError, TimeoutError)
NOT_NOW = (ClusterDownError, OutOfMemoryError, ReadOnlyError, TryAgainError)

TOP_OF = """
local function top_of(stream)
  if redis.call('EXISTS', stream) == 0 then return 0 end
  local info = redis.call('XINFO', 'STREAM', stream)
  for k = 1, #info, 2 do
    if info[k] == 'last-generated-id' then return tonumber(string.match(info[k + 1], '^(%d+)')) end
  end
end
"""
TOPS = f"""{TOP_OF}
local tops = {{}}
for n, stream in ipairs(KEYS) do tops[n] = top_of(stream) end
return tops
"""
"""KEYS: the streams. Answers the last sequence of each; XINFO itself would send whole entries along."""
COMPARE_AND_PUBLISH = f"""{TOP_OF}
local top = top_of(KEYS[1])
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
        "apply_types": False,  # entries are decoded one by one later, so that a bad one dies alone
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
        self._is_cluster = isinstance(self.broker, RedisClusterBroker)
        self._subscriptions: set[RedisSubscription] = set()
        self._quiet = None if self._is_cluster else QuietStreams(self._client, block_milliseconds=BLOCK_MILLISECONDS)
        self._connecting = asyncio.Lock()

    async def connect(self) -> None:
        """Prepares the connection; a broker that is down is no error here."""
        async with self._connecting:
            with suppress(*BROKEN):
                await self.broker.connect()

    async def close(self) -> None:
        for subscription in list(self._subscriptions):
            await subscription.stop()
        if self._quiet:
            await self._quiet.close()
        await self.broker.stop()

    async def append(self, stream: str, *, previous: int, entries: Sequence[Entry]) -> int:
        arguments: list[Any] = [previous]
        for entry in entries:
            arguments += (entry.sequence, entry.after, entry.body)
        return int(await self._ask(lambda redis: redis.eval(COMPARE_AND_PUBLISH, 1, stream, *arguments)))

    async def top(self, stream: str) -> int:
        return (await self.tops([stream]))[stream]

    def together(self, streams: Sequence[str]) -> Sequence[Sequence[str]]:
        """On a cluster each for itself: one command cannot name streams of several slots."""
        return [[stream] for stream in streams] if self._is_cluster else [streams] if streams else []

    async def tops(self, streams: Sequence[str]) -> Mapping[str, int]:
        found = await self._ask(lambda redis: redis.eval(TOPS, len(streams), *streams))
        return dict(zip(streams, map(int, found), strict=True))

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
        subscription = RedisSubscription(subscriber, self._subscriptions, self._quiet)
        # FastStream's own loop waits five blind seconds after a failed read, and spins on READONLY
        subscriber._consume = subscription.read  # type: ignore[method-assign]  # noqa: SLF001
        try:
            await subscriber.start()
        except BROKEN as error:
            await subscription.stop()
            raise BusUnavailable(f"The broker does not answer ({error}).") from error
        except asyncio.CancelledError:
            await to_the_end(subscription.stop())  # it may be reading already, and nobody else knows of it yet
            raise
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
            if (known := await redis.get(IDENTITY)) is not None:
                return known
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
        except (*BROKEN, AttributeError) as error:
            # AttributeError: redis-py 8.1 writes to a cluster's connection that another task has just closed
            raise BusUnavailable(f"The broker does not answer ({error}).") from error

    async def _client(self) -> Any:
        try:
            return self.broker.config.connection.client
        except IncorrectState:
            return await self.broker.connect()
