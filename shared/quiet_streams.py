"""The place for streams on which nothing happens: one read waits for all of them, instead of one for each."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from shared.cancelling import cancelled


@dataclass(eq=False, slots=True)
class Waiting:
    """One who waits for what comes after `last_id`. Until it is `covered` by the common read it has to look itself."""

    stream: str
    last_id: str
    covered: bool = False
    news: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class QuietStreams:
    """Who waits here only hears that there is news, and reads it itself, so that nothing can be lost on the way.

    Not for a cluster, where one command cannot name streams of several slots.
    """

    def __init__(self, client: Callable[[], Awaitable[Any]], *, block_milliseconds: int) -> None:
        self._client, self._block = client, block_milliseconds
        self._waiting: dict[Waiting, None] = {}
        self._reading: asyncio.Task[None] | None = None

    @contextmanager
    def waiting(self, stream: str, last_id: str) -> Iterator[Waiting]:
        """Among those who wait, within the block. `news` raises what the common read failed with."""
        one = Waiting(stream, last_id)
        self._waiting[one] = None
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read(), name="quiet-streams")
        try:
            yield one
        finally:
            self._waiting.pop(one, None)
            if one.news.done() and not one.news.cancelled():
                one.news.exception()  # whoever left before hearing of a failure finds out by itself

    async def close(self) -> None:
        await cancelled([self._reading] if self._reading else [])

    async def _read(self) -> None:
        """As long as somebody waits. Those who come while it reads are in the next read."""
        while there := list(self._waiting):
            try:
                self._tell(there, await self._news_of(there))
            except Exception as error:  # noqa: BLE001 - whatever it is, everybody who waits has to know
                for one in there:
                    self._settle(one, error)

    async def _news_of(self, there: Sequence[Waiting]) -> Any:
        since: dict[str, str] = {}
        for one in there:
            one.covered = True
            since[one.stream] = min(since.get(one.stream, one.last_id), one.last_id, key=_order)
        return await (await self._client()).xread(since, count=1, block=self._block)

    def _tell(self, there: Sequence[Waiting], found: Any) -> None:
        tops = {stream.decode(): entries[-1][0].decode() for stream, entries in found or ()}
        for one in there:
            if one.stream in tops and _order(one.last_id) < _order(tops[one.stream]):
                self._settle(one, None)

    def _settle(self, one: Waiting, error: Exception | None) -> None:
        self._waiting.pop(one, None)
        if one.news.done():
            return
        if error is None:
            one.news.set_result(None)
        else:
            one.news.set_exception(error)


def _order(entry_id: str) -> tuple[int, ...]:
    return tuple(map(int, entry_id.split("-")))
