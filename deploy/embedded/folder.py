"""The place for who holds a data folder: one process at a time, said in a sentence to the next."""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO

from shared.errors import TablematesError
from shared.settings import make_private

GRACE_SECONDS = 15.0
ABOVE_A_SHELLS_OWN = 10  # a shell between us and whom the lock is passed to uses the descriptors below
OTHERWISE = "choose another one (TABLEMATES_DATA_DIR, --data-dir)"


class DataFolderInUse(TablematesError):
    """The data folder is in use by another process."""

    code = "data_folder_in_use"
    status = 503


class DataFolderNotWritable(TablematesError):
    """The data folder cannot be written."""

    code = "data_folder_not_writable"

    @classmethod
    def because(cls, folder: Path, error: OSError) -> "DataFolderNotWritable":
        reason = error.strerror or str(error)
        return cls(f"The data folder {folder} cannot be written ({reason}): make it writable, or {OTHERWISE}.")


def hold(folder: Path) -> IO[bytes]:
    """Makes the folder where there is none and takes its lock, held until every copy of it is closed.

    Raises DataFolderInUse or DataFolderNotWritable.
    """
    try:
        make_private(folder)
        with (folder / "lock").open("ab") as opened:
            lock = os.fdopen(fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, ABOVE_A_SHELLS_OWN), "ab")
    except OSError as error:
        raise DataFolderNotWritable.because(folder, error) from error
    deadline = time.monotonic() + GRACE_SECONDS
    while not _locked(lock, fcntl.LOCK_EX):
        holder = _note(folder).get("pid")
        # What a killed process left behind is on its way out: it is worth waiting for.
        if is_running(holder) or time.monotonic() > deadline:
            lock.close()
            raise DataFolderInUse(
                f"The data folder {folder} is in use by process {holder}: stop that first, or {OTHERWISE}."
            )
        time.sleep(0.05)
    return lock


def sign(lock: IO[bytes], url: str) -> None:
    """Writes into the lock who holds the folder, and at what URL it serves."""
    lock.truncate(0)
    lock.write(json.dumps({"pid": os.getpid(), "url": url}).encode())
    lock.flush()


def served_at(folder: Path) -> str | None:
    """The URL that the folder's holder serves now, if somebody holds it."""
    try:
        lock = (folder / "lock").open("rb")
    except OSError:
        return None
    with lock:
        return None if _locked(lock, fcntl.LOCK_SH) else str(_note(folder).get("url", "")) or None


def _locked(lock: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _note(folder: Path) -> dict[str, object]:
    try:
        note = json.loads((folder / "lock").read_text())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def is_running(pid: object) -> bool:
    """Whether there is a process of that number."""
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
