"""The story on a running stack begins when everything it needs answers, and says what does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.story.stack import until_up
from shared.errors import TryAgainLater


@asynccontextmanager
async def answering(*statuses: str) -> AsyncIterator[tuple[str, list[str]]]:
    """An address that gives each answer once and the last for ever, and which of them it has given."""
    given: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        given.append(statuses[min(len(given), len(statuses) - 1)])
        writer.write(f"HTTP/1.1 {given[-1]}\r\nContent-Length: 7\r\nConnection: close\r\n\r\nas told".encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/readyz", given


async def test_what_is_starting_is_waited_for() -> None:
    async with answering("503 Service Unavailable", "503 Service Unavailable", "200 OK") as (address, given):
        await until_up([address])
        assert given == ["503 Service Unavailable", "503 Service Unavailable", "200 OK"]


async def test_what_does_not_come_up_is_named_with_what_it_said() -> None:
    async with answering("503 Service Unavailable") as (address, _):
        with pytest.raises(TryAgainLater, match=r"readyz does not come up: 503 as told"):
            await until_up([address], within=0.3)


async def test_nobody_at_an_address_is_named_too() -> None:
    async with answering("200 OK") as (address, _):
        pass
    with pytest.raises(TryAgainLater, match="does not come up: "):
        await until_up([address], within=0.3)
