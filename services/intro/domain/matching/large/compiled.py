"""The place for what is compiled: how, and that it is kept on disk so that only the very first run waits."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Whole-number and float32 arithmetic as written: the same answer on every machine."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def compiled_in_parallel(function: Callable[P, R]) -> Callable[P, R]:
    """Each person's share is computed alone, so that the number of threads does not change the answer."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy", parallel=True)(function))


prange: Any = numba.prange
