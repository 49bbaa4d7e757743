"""A process may die at any moment between an event and its mail's last state: a Maildir has each mail exactly once."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from services.notify.adapters.maildir import MaildirMailer
from shared.contracts.rsvp import RsvpCancelled, RsvpConfirmed
from tests.notify.builders import PostOffice, TurnableClock, a_gathering, an_rsvp, letter_of, open_post_office

PEOPLE = ("dana", "lee", "mina")


class Killed(BaseException):
    """The process is gone from here on."""


class Fate:
    """Counts the moments of a life and ends it at one of them; after that nothing of it happens any more."""

    def __init__(self, dies_at: int) -> None:
        self._left = dies_at
        self.dead = False

    def moment(self) -> None:
        self._left -= 1
        if self.dead or self._left == 0:
            self.dead = True
            raise Killed


async def _lives(url: str, folder: Path, fate: Fate, life: str) -> PostOffice:
    office = open_post_office(url, mailer=MaildirMailer(folder), life=life, clock=TurnableClock())
    run = office.parts.sender.run

    async def mortal(handler: Callable[..., Any], *args: Any, **named: Any) -> Any:
        fate.moment()
        answer = await run(handler, *args, **named)
        fate.moment()
        return answer

    mortal.read = run.read  # type: ignore[attr-defined]
    office.parts.sender.run = mortal  # type: ignore[assignment]
    try:
        await office.sends()
    except Killed:
        await asyncio.gather(*office.parts.sender.in_hand.flying.values(), return_exceptions=True)
    return office


def _mortal_files(monkeypatch: pytest.MonkeyPatch, fate: Fate) -> None:
    fsync, rename = os.fsync, Path.rename

    def sync(descriptor: int) -> None:
        fate.moment()
        fsync(descriptor)

    def move(path: Path, target: Path) -> Path:
        fate.moment()
        moved = rename(path, target)
        fate.moment()
        return moved

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "rename", move)


async def _each_life(deed: Callable[[int], Awaitable[bool]]) -> int:
    """Does a deed with a death at the first moment, the second, and so on, until it survives; answers how often."""
    for moment in range(1, 500):
        if not await deed(moment):
            return moment
    raise AssertionError("it never survived")


@pytest.mark.slow
async def test_each_mail_is_there_exactly_once_wherever_the_process_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deed(moment: int) -> bool:
        folder, url = tmp_path / f"mail-{moment}", f"sqlite:///{tmp_path}/{moment}.sqlite"
        before = open_post_office(url)
        await before.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, who) for who in PEOPLE))
        await before.hears(an_rsvp(RsvpCancelled, version=2))
        before.run.close()
        fate = Fate(moment)
        with monkeypatch.context() as patched:
            _mortal_files(patched, fate)
            first = await _lives(url, folder, fate, "first")
        second = await _lives(url, folder, Fate(10**6), "second")
        states = {state for _, _, state in await second.states()}
        for office in (first, second):
            office.run.close()
        kinds = sorted(str(letter_of(path.read_bytes())["X-Tablemates-Kind"]) for path in (folder / "new").iterdir())
        assert kinds == ["rsvp.cancelled", *["rsvp.confirmed"] * 3], f"killed at moment {moment}"
        assert states == {"sent"}
        return fate.dead

    assert await _each_life(deed) > 12
