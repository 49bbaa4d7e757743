"""The place for mail as files: a Maildir, where the same mail is the same file and a repeat is a no-op."""

import asyncio
import os
from pathlib import Path

from services.notify.domain.outcomes import Accepted, Outcome, Refused
from services.notify.ports import Message
from shared.errors import WrongSetting


class MaildirMailer:
    """Written and synced under `tmp/`, then renamed into `new/`, so that a file that is seen is whole."""

    repeatable = True
    concurrency = 8

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = False

    @property
    def ready(self) -> bool:
        return self._made

    async def prepare(self) -> Outcome | None:
        return await asyncio.to_thread(self._make)

    def _make(self) -> Outcome | None:
        try:
            open_maildir(self._folder)
        except WrongSetting as error:
            return Refused(error.sentence, host=True)
        self._made = True
        return None

    async def deliver(self, message: Message, go_ahead: asyncio.Event | None = None) -> Outcome:
        if go_ahead is not None:
            await go_ahead.wait()
        # shielded: a thread cannot be stopped, and its file is in place or not, whoever still waits
        return await asyncio.shield(asyncio.to_thread(self._write, message))

    async def close(self) -> None:
        """Nothing is kept open."""

    def _write(self, message: Message) -> Outcome:
        name = file_name(message)
        try:
            if message.repeat and self._was_seen(name):
                return Accepted(name)
            temporary = self._folder / "tmp" / name
            with temporary.open("wb") as file:
                file.write(message.body)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(self._folder / "new" / name)
            _sync(self._folder / "new")
        except OSError as error:
            self._made = False
            return Refused(f"the Maildir {self._folder} cannot be written to ({error.strerror})", host=True)
        return Accepted(name)

    def _was_seen(self, name: str) -> bool:
        """Whether a mail program has moved the file to `cur/` already."""
        with os.scandir(self._folder / "cur") as entries:
            return any(entry.name.startswith(name) for entry in entries)


def open_maildir(folder: Path) -> None:
    """Makes the folders that are not there. Raises WrongSetting when they cannot be written to."""
    try:
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        probe = folder / "tmp" / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise WrongSetting(
            f"TABLEMATES_MAIL_URL=maildir:{folder}: the folder cannot be written to ({error.strerror}); "
            "make it writable or name another one."
        ) from None


def file_name(message: Message) -> str:
    """Sorts by time and is the same for the same mail."""
    return f"{message.created_at.timestamp():.6f}.{message.key}.tablemates"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
