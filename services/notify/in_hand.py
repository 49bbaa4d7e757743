"""The place for what this process has in hand: a mail from before its claim is committed until it is settled."""

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from services.notify.domain.outcomes import Outcome
from services.notify.handlers.delivery import Done
from services.notify.ports import MailRow


@dataclass(slots=True, eq=False)
class Begun:
    """A hand-over of which all but the message itself is said while the claim is being committed."""

    mail: MailRow
    dialogue: "asyncio.Task[Outcome]"
    go_ahead: asyncio.Event
    at: float


@dataclass(slots=True, eq=False)
class Taking:
    """What one transaction claims, noted before its commit, and begun meanwhile; `work` is the transaction."""

    work: "asyncio.Future[Any] | None" = None
    mails: list[MailRow] = field(default_factory=list)
    begun: list[Begun] = field(default_factory=list)

    def begun_with(self, mail: MailRow, *, since: float) -> Begun | None:
        """With this very row: a transaction that was tried again may have given its number to another one.

        None when it began before `since`, for a host does not wait for ever either. Answered once.
        """
        found = next((one for one in self.begun if one.mail is mail and one.at >= since), None)
        if found is not None:
            self.begun.remove(found)
        return found

    def break_off(self) -> list["asyncio.Task[Outcome]"]:
        """Cancels and answers the dialogues that have begun and will not be handed over."""
        dialogues = [one.dialogue for one in self.begun]
        self.begun.clear()
        for dialogue in dialogues:
            dialogue.cancel()
        return dialogues


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
