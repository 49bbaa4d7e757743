"""The place for where compiled functions are kept on disk, and for having them compiled by a process that ends.

The compiler takes some 280 MiB that no process gives back, and half a minute. Numba knows a kept function by its own
file alone, not by what it calls in others: so each version of these sources keeps its functions in a folder of its
own, and only the very first run waits.
"""

import fcntl
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Literal

Part = Literal["late", "rounds"]
"""What one late person among many needs, or what a whole round of many needs."""

_AT_WORK = "TABLEMATES_COMPILES"
_PATIENCE_SECONDS = 600


@cache
def kept_in() -> Path:
    """The folder for this version: in the user's cache, or where that cannot be written, a temporary one."""
    wanted = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(wanted) / "tablemates" / f"compiled-{_version()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    return folder if usable else Path(tempfile.gettempdir()) / f"tablemates-{os.getuid()}-{_version()}"


def _version() -> str:
    domain = Path(__file__).parents[2]
    sources = sorted((*Path(__file__).parent.glob("*.py"), *domain.glob("scoring/*.py"), domain / "people.py"))
    return blake2b(b"".join(source.read_bytes() for source in sources), digest_size=8).hexdigest()


def compile_apart(part: Part) -> None:
    """Returns when a part is compiled and kept, at once where it is already.

    A process that fails at it changes nothing: whoever calls the functions then compiles them.
    """
    mark = kept_in() / part
    if _AT_WORK in os.environ or mark.exists():
        return
    with suppress(OSError, subprocess.SubprocessError):
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with mark.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one process compiles, and the others wait for what it keeps
            if not mark.exists():
                _compile(part)
                mark.touch()


def _compile(part: Part) -> None:
    root = str(Path(__file__).parents[5])
    command = (sys.executable, "-m", "services.intro.domain.matching.large", part)
    here = {**os.environ, _AT_WORK: part, "PYTHONPATH": root}
    subprocess.run(command, check=True, env=here, capture_output=True, timeout=_PATIENCE_SECONDS)  # noqa: S603
