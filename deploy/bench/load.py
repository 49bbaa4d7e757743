"""The place for asking a server for RSVPs as fast as it answers, or at a steady rate: a lean client in its own process.

    python -m deploy.bench.load PORT PATH --requests 2000 --connections 64 [--rate 50] [--run NAME] [--keyed 1]

Every request is another person. It prints one JSON object; times are in milliseconds, and those at a rate are
counted from when a request was due, not from when a busy client came to send it.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import uvloop

INTERESTS = (
    "metadata zines mapping podcasting birding archives poetry gardening open access games data cooking film chess"
    " running local history comics accessibility climbing knitting radio"
).split()
PERSON: dict[str, Any] = {
    "name": "Dana Reyes",
    "response": "going",
    "guests": 0,
    "introductions": True,
    "profile": {
        "role": "Cataloguer",
        "employer": "Ridge County Library",
        "stage": "changing_career",
        "interests": ["metadata", "zines", "trail running"],
        "goals": ["learn", "friendship"],
        "asks": ["moving from cataloguing to data work"],
        "offers": ["MARC clean-up"],
        "pace": "quiet",
        "reach": "region",
        "place": {"city": "Asheville", "region": "NC", "country": "US"},
        "languages": ["en"],
        "tip": "Arrive early: rooms are kinder when they are empty.",
    },
    "answers": {},
}


def person(number: int) -> dict[str, Any]:
    """Dana, but for what tells people apart: colleagues are never introduced, and interests are everybody's own.

    41 employers, a prime: of a number that divides that of the gatherings, a whole gathering would be colleagues.
    """
    interests = [INTERESTS[number * step % len(INTERESTS)] for step in (3, 5, 7)]
    own = {"employer": f"Library {number % 41}", "interests": sorted(set(interests))}
    return PERSON | {"profile": PERSON["profile"] | own}


def requests_of(
    path: str, run: str, count: int, *, keyed: bool = False, among: Sequence[str] = ("",)
) -> Iterator[bytes]:
    """HTTP/1.1 requests in bytes, each from an address of its own; `{n}` in the path is the person's number.

    `{among}` is one of those given, in turn. `keyed` ones have an idempotency key, as careful clients send it.
    """
    for number in range(count):
        body = json.dumps({"email": f"{run}.{number}@example.org"} | person(number)).encode()
        where = path.replace("{n}", str(number)).replace("{among}", among[number % len(among)])
        head = f"POST {where} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        key = f"idempotency-key: {run}.{number}\r\n" if keyed else ""
        yield f"{head}{key}content-length: {len(body)}\r\n\r\n".encode() + body


class Line(asyncio.Protocol):
    """One kept-alive connection with one request under way."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """Sends one request; the future has the status of its answer."""
        assert self._transport is not None
        self._received, self._answer = b"", asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0 or self._answer is None:
            return
        at = self._received.lower().find(b"content-length:", 0, head)
        length = int(self._received[at + 15 : self._received.find(b"\r\n", at)]) if at >= 0 else 0
        if len(self._received) >= head + 4 + length and not self._answer.done():
            self._answer.set_result(int(self._received[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("the server closed the connection"))


async def as_fast_as_it_answers(port: int, requests: Iterator[bytes], connections: int) -> dict[str, Any]:
    """A closed loop: each connection asks again when it is answered."""
    statuses: dict[int, int] = {}
    times: list[float] = []

    async def keep_asking(line: Line) -> None:
        for request in requests:
            asked = time.perf_counter()
            status = await line.ask(request)
            times.append(time.perf_counter() - asked)
            statuses[status] = statuses.get(status, 0) + 1

    lines = [await _line(port) for _ in range(connections)]
    began = time.perf_counter()
    await asyncio.gather(*map(keep_asking, lines))
    return report(times, statuses, time.perf_counter() - began)


async def at_a_rate(port: int, requests: Iterator[bytes], rate: float) -> dict[str, Any]:
    """An open loop: a request every 1/rate seconds, whatever became of those before."""
    statuses: dict[int, int] = {}
    times: list[float] = []
    due_at: dict[str, float] = {}
    free = [await _line(port) for _ in range(8)]

    async def ask(request: bytes, due: float) -> None:
        line = next((free.pop(n) for n in range(len(free) - 1, -1, -1) if free[n].is_open), None) or await _line(port)
        status = await line.ask(request)
        free.append(line)
        times.append(time.perf_counter() - due)
        statuses[status] = statuses.get(status, 0) + 1

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, request in enumerate(requests):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            due_at[_address_in(request)] = due
            group.create_task(ask(request, due))
    return report(times, statuses, time.perf_counter() - began) | {"due": due_at}


def report(times: list[float], statuses: dict[int, int], seconds: float) -> dict[str, Any]:
    """What was seen, times in milliseconds."""
    times.sort()
    return {
        "requests": len(times),
        "seconds": seconds,
        "rate": len(times) / seconds,
        "statuses": {str(status): count for status, count in statuses.items()},
        "p50_ms": percentile(times, 0.50) * 1000,
        "p99_ms": percentile(times, 0.99) * 1000,
    }


def percentile(ordered: list[float], share: float) -> float:
    """The value below which `share` of an ordered list lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def _address_in(request: bytes) -> str:
    return request.partition(b'"email": "')[2].partition(b'"')[0].decode()


async def _line(port: int) -> Line:
    return (await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", port))[1]


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("port", type=int)
    asked.add_argument("path")
    asked.add_argument("--requests", type=int, default=2000)
    asked.add_argument("--connections", type=int, default=64)
    asked.add_argument("--rate", type=float, default=0)
    asked.add_argument("--run", default="person")
    asked.add_argument("--keyed", type=int, default=0)
    asked.add_argument("--among", type=Path, help="a file of gatherings, one a line, for {among} in the path")
    given = asked.parse_args()
    among = given.among.read_text().split() if given.among else [""]
    made = list(requests_of(given.path, given.run, given.requests, keyed=bool(given.keyed), among=among))
    requests = iter(made)  # made beforehand: while they are answered, the client does nothing but ask
    work = (
        at_a_rate(given.port, requests, given.rate)
        if given.rate
        else as_fast_as_it_answers(given.port, requests, given.connections)
    )
    sys.stdout.write(json.dumps(uvloop.run(work)) + "\n")


if __name__ == "__main__":
    main()
