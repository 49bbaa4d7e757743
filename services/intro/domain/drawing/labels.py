"""The place for where names stand: beside their dots, on the side where they cover least."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.intro.domain.drawing.ink import LETTER, NAME_MOST
from services.intro.domain.drawing.meetings import Ints, Points

SAMPLES = 9
"""Points looked at along a line."""


@dataclass(frozen=True, slots=True)
class Label:
    """A name, where its text begins, and the box it fills: left, top, right, bottom."""

    name: str
    x: float
    y: float
    anchor: str
    box: tuple[float, float, float, float]


def labelled(at: Points, names: Mapping[int, str], links: Ints, *, dot: float, size: float) -> list[Label]:
    """Every name once, those with the least room around them first."""
    covered = np.concatenate([at, *(at[links[:, 0]] * (1 - t) + at[links[:, 1]] * t for t in _steps())])
    worth = np.concatenate([np.full(len(at), 6.0), np.full(len(covered) - len(at), 1.0)])
    crowded = {person: float((np.linalg.norm(at - at[person], axis=1) < 12 * size).sum()) for person in names}
    placed: list[Label] = []
    for person in sorted(names, key=lambda i: (-crowded[i], i)):
        choices = list(_around(at[person], names[person], dot, size))
        placed.append(min(choices, key=lambda label: _cost(label, placed, covered, worth)))
    return placed


def _steps() -> Sequence[float]:
    return [step / (SAMPLES + 1) for step in range(1, SAMPLES + 1)]


def _around(at: Points, name: str, dot: float, size: float) -> Sequence[Label]:
    long, high, gap = LETTER * size * min(len(name), NAME_MOST), size * 1.1, dot + size * 0.55
    x, y = float(at[0]), float(at[1])
    below, above = y + gap + high / 2, y - gap - high / 2
    return [
        Label(name, x + gap, y, "start", (x + gap, y - high / 2, x + gap + long, y + high / 2)),
        Label(name, x - gap, y, "end", (x - gap - long, y - high / 2, x - gap, y + high / 2)),
        Label(name, x, below, "middle", (x - long / 2, below - high / 2, x + long / 2, below + high / 2)),
        Label(name, x, above, "middle", (x - long / 2, above - high / 2, x + long / 2, above + high / 2)),
    ]


def _cost(label: Label, placed: Sequence[Label], covered: Points, worth: Points) -> float:
    left, top, right, bottom = label.box
    inside = (covered > (left, top)).all(axis=1) & (covered < (right, bottom)).all(axis=1)
    over = sum(_overlap(label.box, other.box) for other in placed)
    return float(worth[inside].sum()) + over / 20


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0
