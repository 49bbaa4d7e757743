"""The place for what is compiled: how, and on how many cores."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar, cast

import numba

from services.intro.domain.matching.large.kept import kept_in

P = ParamSpec("P")
R = TypeVar("R")

_SHARE = 4096
"""People whose turn comes in one go on one core."""


vars(numba.config)["CACHE_DIR"] = str(kept_in())


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
