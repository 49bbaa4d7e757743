"""The place for what this process has in hand: a mail from before its claim is committed until it is settled."""

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from services.notify.handlers.delivery import Done
from services.notify.ports import MailRow, Message


@dataclass(slots=True, eq=False)
class Taking:
    """What one transaction claims, noted before its commit, and rendered meanwhile; `work` is the transaction."""

    work: "asyncio.Future[Any] | None" = None
    mails: list[MailRow] = field(default_factory=list)
    rendered: list[tuple[MailRow, Message]] = field(default_factory=list)

    def message_of(self, mail: MailRow) -> Message | None:
        """Of this very row: a transaction that was tried again may have given its number to another one."""
        return next((message for row, message in self.rendered if row is mail), None)


@dataclass(slots=True)
class InHand(Collection[int]):
    """The numbers of these mails.

    Transactions look here from the threads of the store: whoever sees a row that is being sent under our name, and asks
    then, finds it. So a mail is put where it goes next before it is taken from where it was.
    """

    takings: list[Taking] = field(default_factory=list)
    flying: "dict[int, asyncio.Task[None]]" = field(default_factory=dict)
    done: dict[int, Done] = field(default_factory=dict)

    def let_go(self, taking: Taking) -> None:
        if taking in self.takings:
            self.takings.remove(taking)

    def _numbers(self) -> dict[int, None]:
        claimed = [mail.number for taking in self.takings[:] for mail in taking.mails[:]]
        return dict.fromkeys([*claimed, *self.flying, *self.done])

    def __contains__(self, number: object) -> bool:
        return number in self._numbers()

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers())

    def __len__(self) -> int:
        return len(self._numbers())
