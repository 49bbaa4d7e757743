"""The place for what a round comes to: pairs, tables, who is left out and why, and the certificate's numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LeftOutCode = Literal["alone", "no_candidate", "places_taken", "no_places"]
Components = Mapping[str, tuple[int | None, int | None]]
"""By component name, how far it is met for `a` and for `b`, 0..1000; None where that person left it blank."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people to introduce. `score` is 0..65535; the reasons for `a` speak to `a` about `b`."""

    a: str
    b: str
    score: int
    components: Components = field(default_factory=dict)
    reasons_for_a: tuple[str, ...] = ()
    reasons_for_b: tuple[str, ...] = ()
    opener: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Three to five people who sit together; `score` is the sum over its pairs."""

    people: tuple[str, ...]
    score: int
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opener: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    id: str
    code: LeftOutCode
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One round. `bound` is what no plan can exceed that introduces and welcomes at least as many.

    `prices` (below zero: a subsidy) and `bonus` (what a newcomer's welcome is worth) prove the bound, see
    `certificate`. `capacities` are the places that this round could fill: sent introductions and held places
    are already taken off. `welcomed` of `welcomable` newcomers have a welcomer. `exact`: proven the best.
    """

    pairs: tuple[Pair, ...] = ()
    tables: tuple[Table, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    weight: int = 0
    bound: float = 0.0
    prices: Mapping[str, float] = field(default_factory=dict)
    bonus: Mapping[str, float] = field(default_factory=dict)
    capacities: Mapping[str, int] = field(default_factory=dict)
    newcomers: frozenset[str] = frozenset()
    welcomers: frozenset[str] = frozenset()
    edges: int = 0
    welcomed: int = 0
    welcomable: int = 0
    solved_by: str = ""
    exact: bool = False
