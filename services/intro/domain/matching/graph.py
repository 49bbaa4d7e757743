"""The place for a round as numbers: who may meet whom, for how much, and who must not go without."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(slots=True)
class Graph:
    """Edges `u[i] < v[i]` of weight `w[i]`, each allowed and between people with a place.

    `waiting`: nobody was introduced to them yet, and they have a place and a candidate.
    `newcomer`, `welcomer`: a newcomer who was not welcomed yet is asked for at least one welcomer.
    """

    u: Ints
    v: Ints
    w: Ints
    room: Ints
    waiting: Flags
    newcomer: Flags
    welcomer: Flags

    @property
    def people(self) -> int:
        return len(self.room)

    @property
    def welcome_edges(self) -> Flags:
        """Edges between a newcomer and a welcomer."""
        return (self.newcomer[self.u] & self.welcomer[self.v]) | (self.newcomer[self.v] & self.welcomer[self.u])

    @property
    def hoping(self) -> Flags:
        """Newcomers who have a welcomer among their candidates."""
        found = np.zeros(self.people, dtype=bool)
        edges = self.welcome_edges
        found[self.u[edges]] = True
        found[self.v[edges]] = True
        return found & self.newcomer

    def degrees(self, chosen: Flags) -> Ints:
        both = np.concatenate([self.u[chosen], self.v[chosen]])
        return np.bincount(both, minlength=self.people).astype(np.int32)

    def introduced(self, chosen: Flags) -> int:
        """How many of those who waited have somebody now."""
        return int(((self.degrees(chosen) > 0) & self.waiting).sum())

    def welcomed(self, chosen: Flags) -> Flags:
        edges = chosen & self.welcome_edges
        met = np.zeros(self.people, dtype=bool)
        met[self.u[edges]] = True
        met[self.v[edges]] = True
        return met & self.newcomer

    def weight(self, chosen: Flags) -> int:
        return int(self.w[chosen].sum(dtype=np.int64))

    def part(self, edges: NDArray[np.intp] | Flags) -> "Graph":
        """The same people with only some of the edges."""
        return Graph(
            u=self.u[edges],
            v=self.v[edges],
            w=self.w[edges],
            room=self.room,
            waiting=self.waiting,
            newcomer=self.newcomer,
            welcomer=self.welcomer,
        )


@dataclass(slots=True)
class Solution:
    """Which edges are taken, and the prices that say how good that is."""

    chosen: Flags
    prices: Floats
    bonus: Floats
    solved_by: str
    proven: bool = False


def graph_of(scores: Ints, room: Ints, *, met: Flags, newcomer: Flags, welcomer: Flags) -> Graph:
    """From a matrix of scores (below zero: never). `met`: introduced already; `newcomer`: still to be welcomed."""
    free = room > 0
    u, v = np.nonzero(np.triu((scores >= 0) & free[:, None] & free[None, :], 1))
    candidates = np.zeros(len(room), dtype=bool)
    candidates[u] = candidates[v] = True
    return Graph(
        u=u.astype(np.int32),
        v=v.astype(np.int32),
        w=scores[u, v].astype(np.int32),
        room=room,
        waiting=candidates & ~met,
        newcomer=newcomer,
        welcomer=welcomer,
    )
