"""The place for how the embedded process asks for memory: one pool for all its threads, and large pieces given back.

glibc gives each thread a pool of its own, and keeps what was freed in each. Of our threads one runs at a time, so
pools of their own gain nothing. Where there is another C library, its own ways are kept.
"""

import ctypes
from contextlib import suppress

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Names of glibc's `mallopt`."""
_LARGE = 128 * 1024
"""Bytes from which a piece is mapped, and unmapped when it is freed: glibc's own beginning, which would else grow."""


def share_one_pool() -> None:
    """To be called before threads begin."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_ARENA_MAX, 1)
        libc.mallopt(_MMAP_THRESHOLD, _LARGE)
