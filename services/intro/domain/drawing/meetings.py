"""The place for what a drawing shows: who meets whom, by numbers, and in one sentence for those who do not see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Meetings:
    """Who meets whom, by numbers from 0 to `people` - 1. A dot of a vast crowd stands for `each` of them."""

    people: int
    pairs: Sequence[tuple[int, int]]
    tables: Sequence[Sequence[int]] = ()
    newcomers: frozenset[int] = frozenset()
    welcomers: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()
    names: Mapping[int, str] = field(default_factory=dict)
    each: int = 1

    @property
    def links(self) -> Ints:
        """Every two who meet, each table as a ring."""
        rings = [(table[i - 1], table[i]) for table in self.tables for i in range(len(table))]
        return np.array([*self.pairs, *rings], dtype=np.int64).reshape(-1, 2)

    def is_welcome(self, a: int, b: int) -> bool:
        return (a in self.newcomers and b in self.welcomers) or (b in self.newcomers and a in self.welcomers)


def summary(meetings: Meetings) -> str:
    """The drawing in one sentence."""
    tables = f" and {_count(len(meetings.tables), 'table')}" if meetings.tables else ""
    without = f"; {len(meetings.left_out)} without an introduction" if meetings.left_out else ""
    people, pairs = _count(meetings.people, "person", "people"), _count(len(meetings.pairs), "introduction")
    return f"{people}, {pairs}{tables}{without}."


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
