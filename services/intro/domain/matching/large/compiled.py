"""The place for what is compiled: how, and that it is kept on disk so that only the very first run waits.

Numba knows a kept function by its own file alone, not by what it calls in others. So each version of these
sources keeps its functions in a folder of its own.
"""

import os
import tempfile
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


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


def compiled_in_parallel(function: Callable[P, R]) -> Callable[P, R]:
    """Each person's share is computed alone, so that the number of threads does not change the answer."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)(function))


prange: Any = numba.prange
