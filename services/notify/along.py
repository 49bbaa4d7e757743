"""The place for claiming a mail in the very commit that writes it: one transaction less before it is handed over."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from services.notify.handlers.claiming import claim
from services.notify.in_hand import Taking
from services.notify.ports import Store
from services.notify.sender import SIGNAL, Sender
from shared.transaction import Transaction

P = ParamSpec("P")
R = TypeVar("R")


class ClaimsAlong:
    """A runner whose use cases, when they write mails, have them claimed while the host is in reach and has room.

    What they claim is set off once the commit is heard of; anything else is left to the sender's own turns.
    """

    def __init__(self, sender: Sender) -> None:
        self._sender, self._run = sender, sender.run

    async def __call__(
        self, handler: Callable[Concatenate[Transaction[Store], P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        if not self._sender.takes_more():
            return await self._run(handler, *args, **kwargs)
        taking = Taking()
        begin = partial(asyncio.get_running_loop().call_soon_threadsafe, self._sender.begin, taking)

        def write(tx: Transaction[Store]) -> R:
            return handler(tx, *args, **kwargs)

        return await self._sender.transact(taking, self._both, taking, write, begin)

    async def read(self, view: Callable[Concatenate[Store, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._run.read(view, *args, **kwargs)

    def _both(
        self,
        tx: Transaction[Store],
        taking: Taking,
        write: Callable[[Transaction[Any]], R],
        begin: Callable[[], object],
    ) -> R:
        taking.mails.clear()  # what an earlier attempt claimed was rolled back
        answer = write(tx)
        room = self._sender.mailer.concurrency - len(self._sender.in_hand)
        if SIGNAL in tx.wakes and room > 0:
            taking.mails += claim(tx, self._sender.owner, room)
            begin()
            if 0 < len(taking.mails) < room:
                tx.wakes.discard(SIGNAL)  # nothing is left that the sender could claim now
        return answer
