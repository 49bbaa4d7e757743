"""The place for the circles that people form: those who meet are joined, two and two, into ever larger ones.

It is how a graph is coarsened for partitioning (Karypis and Kumar, 1998); here the tree of circles says who stands
next to whom, and which way lines run together.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.drawing.meetings import Ints, Points

NDArrayComplex = NDArray[np.complex128]

FEWEST = 6
TURNS = 100


@dataclass(frozen=True, slots=True)
class Circles:
    """`of[level][person]`: the circle a person is in, each alone at level 0; `order`: how they stand in a ring."""

    of: list[Ints]
    order: Ints

    def level(self, *, largest: float) -> int:
        """The coarsest level whose circles have no more people than that."""
        sizes = [int(np.bincount(of).max()) for of in self.of]
        return max((level for level, size in enumerate(sizes) if size <= largest), default=0)


def circles(people: int, links: Ints) -> Circles:
    """The same links give the same circles."""
    chance = np.random.default_rng(people)
    of: list[Ints] = [np.arange(people)]
    here, strength, mass = links, _ones(len(links)), _ones(people)
    while len(mass) > FEWEST:
        parent, count = _paired(here, strength, mass, chance)
        if count == len(mass):
            break
        of.append(parent[of[-1]])
        here, strength = _merged(here, strength, parent, count)
        mass = np.bincount(parent, weights=mass, minlength=count).astype(np.float64)
    return Circles(of, _ring(people, links, of))


def _ones(count: int) -> Points:
    return np.ones(count)


# "np.random.Generator" in quotes: with the name alone, who never draws would load three MiB of numpy.random
def _paired(links: Ints, strength: Points, mass: Points, chance: "np.random.Generator") -> tuple[Ints, int]:
    """Each circle with one that is still free: strongly linked ones first, and small ones, so that all grow alike."""
    parent = np.full(len(mass), -1, dtype=np.int64)
    weight = strength / (mass[links[:, 0]] * mass[links[:, 1]])
    count = 0
    for a, b in links[np.lexsort((chance.random(len(links)), -weight))].tolist():
        if a != b and parent[a] < 0 and parent[b] < 0:
            parent[a] = parent[b] = count
            count += 1
    alone = np.nonzero(parent < 0)[0]
    parent[alone] = count + np.arange(len(alone))
    return parent, count + len(alone)


def _merged(links: Ints, strength: Points, parent: Ints, count: int) -> tuple[Ints, Points]:
    ends = np.sort(parent[links], axis=1)
    kept = ends[:, 0] != ends[:, 1]
    ids, where = np.unique(ends[kept, 0] * count + ends[kept, 1], return_inverse=True)
    joined = np.bincount(where, weights=strength[kept], minlength=len(ids)).astype(np.float64)
    return np.stack([ids // count, ids % count], axis=1), joined


def _ring(people: int, links: Ints, of: list[Ints]) -> Ints:
    """Circle by circle, each where its people are drawn to."""
    drawn = _drawn_to(people, links)
    keys: list[Points | Ints] = []
    for circle in of:
        towards = np.zeros(int(circle.max()) + 1, dtype=complex)
        np.add.at(towards, circle, drawn)
        keys += [circle, np.round(np.angle(towards)[circle], 6).astype(np.float64)]
    return np.asarray(np.lexsort(keys))


def _drawn_to(people: int, links: Ints) -> NDArrayComplex:
    """A direction for each, neighbours drawn together by averaging (a power iteration)."""
    chance = np.random.default_rng(people)
    at = np.exp(1j * chance.uniform(0, 2 * np.pi, people))
    a, b = links.T
    weight = 1.0 + np.bincount(links.ravel(), minlength=people)
    for _ in range(TURNS if len(links) else 0):
        pulled = at.copy()
        np.add.at(pulled, a, at[b])
        np.add.at(pulled, b, at[a])
        at = pulled / weight
        at = at - at.mean()
        at = at / (np.abs(at).max() or 1.0)
    return np.asarray(at / np.maximum(np.abs(at), 1e-12))
