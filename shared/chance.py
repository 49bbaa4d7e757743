"""The place for chance that nobody can guess: the kernel's, drawn a page at a time."""

import os
import random
import threading

PAGE = 4096


class _Page(threading.local):
    """A thread's own page, so that no two draw the same."""

    content: bytes = b""
    used: int = 0


_page = _Page()


class SystemChance(random.SystemRandom):
    """`random.SystemRandom` at a tenth of the price, and without letting go of the interpreter at every draw."""

    def getrandbits(self, k: int, /) -> int:
        count = (k + 7) // 8
        return int.from_bytes(_drawn(count)) >> (count * 8 - k)

    def random(self) -> float:
        return (int.from_bytes(_drawn(7)) >> 3) * 2**-53


def _drawn(count: int) -> bytes:
    page = _page
    if page.used + count > len(page.content):
        page.content, page.used = os.urandom(max(PAGE, count)), 0
    page.used += count
    return page.content[page.used - count : page.used]


def _forget_page() -> None:
    """A forked child must not draw what its parent draws."""
    global _page  # noqa: PLW0603 - there is one per process
    _page = _Page()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_page)
