"""The place for what is compiled: how, on how many cores, and that it is kept on disk.

Numba knows a kept function by its own file alone, not by what it calls in others. So each version of these
sources keeps its functions in a folder of its own, and only the very first run waits.
"""

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

_SHARE = 4096
"""People whose turn comes in one go on one core."""


def _version() -> str:
    domain = Path(__file__).parents[2]
    sources = sorted((*Path(__file__).parent.glob("*.py"), *domain.glob("scoring/*.py"), domain / "people.py"))
    return blake2b(b"".join(source.read_bytes() for source in sources), digest_size=8).hexdigest()


def _kept_in() -> Path:
    """The user's cache, or where that cannot be written, a temporary folder."""
    wanted = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(wanted) / "tablemates" / f"compiled-{_version()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        usable = os.access(folder, os.W_OK)
    except OSError:
        usable = False
    return folder if usable else Path(tempfile.gettempdir()) / f"tablemates-{os.getuid()}-{_version()}"


vars(numba.config)["CACHE_DIR"] = str(_kept_in())


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Whole-number and float32 arithmetic as written: the same answer on every machine."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def compiled_in_place(function: Callable[P, R]) -> Callable[P, R]:
    """The same for a few lines that are copied to where they are called."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")(function))


def in_shares(people: int, work: Callable[[int, int], None], *, share: int = _SHARE) -> None:
    """`work(first, last)` for everybody on all cores. Each is worked out alone: cores do not change the answer."""
    firsts = range(0, people, share)
    with ThreadPoolExecutor(os.cpu_count()) as cores:
        for _ in cores.map(lambda first: work(first, min(people, first + share)), firsts):
            pass
