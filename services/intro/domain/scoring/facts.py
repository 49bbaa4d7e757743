"""The place for people in numbers: one row a person, only from what they agreed to share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.people import Person, Rules
from services.intro.domain.scoring import COMPONENTS, scales
from services.intro.domain.scoring.codes import Codes
from services.intro.domain.scoring.terms import MOST_INTERESTS, MOST_TOPICS, Terms, learn_terms
from services.intro.domain.scoring.weights import weights

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

NO_TERM = -1
NORM = 64
"""Square roots of summed rarities are kept in 64ths."""
EVEN_SHARE = 64
"""The factor of somebody who got as little so far as anybody; those who got more have up to six less."""
_WIDEST = 32
_NARROWEST = 8
_PART = 20_000
"""People whose rows are made before they are laid into arrays: a row takes many times the memory."""
SCALARS: tuple[tuple[str, type], ...] = (
    ("reach", np.int32), ("pace", np.int32), ("standing", np.int32), ("ways", np.int32), ("languages", np.int64),
    ("employer", np.int32), ("role", np.int32), ("side", np.int32), ("share", np.int64), ("newcomer", np.bool_),
    ("welcomer", np.bool_),
)  # fmt: skip


@dataclass(slots=True)
class Facts:
    """Arrays over people; row `i` is `ids[i]`. Lists of terms are sorted and padded with -1.

    `asks_of` tells, beside each number in `asks`, which ask it belongs to (a bit).
    """

    ids: list[str]
    terms: Terms
    codes: Codes
    rarity: Longs
    interests: Ints
    norm: Longs
    asks: Ints
    asks_of: Ints
    asked: Ints
    offers: Ints
    place: Ints
    has_place: NDArray[np.bool_]
    reach: Ints
    pace: Ints
    standing: Ints
    ways: Ints
    languages: Longs
    employer: Ints
    role: Ints
    side: Ints
    weights: Ints
    share: Longs
    newcomer: NDArray[np.bool_]
    welcomer: NDArray[np.bool_]
    same_employer: bool
    sides_only: bool
    row_of: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Row:
    """One person's numbers, before they are laid into arrays."""

    interests: list[int]
    asks: list[int]
    asks_of: list[int]
    offers: list[int]
    asked: int
    place: tuple[int, int, int]
    scalars: tuple[int, ...]
    weights: tuple[int, ...]


def encode(people: Sequence[Person], rules: Rules) -> Facts:
    """All people of a round at once; they keep the order in which they come."""
    terms, codes = learn_terms(people, rules), Codes()
    fewest = min((person.had for person in people), default=0)
    parts = [
        _columns([row(person, rules, terms, codes, fewest) for person in people[at : at + _PART]], terms)
        for at in range(0, max(1, len(people)), _PART)
    ]
    return Facts(
        **_joined(parts),
        ids=[person.id for person in people],
        terms=terms,
        codes=codes,
        rarity=np.array([*terms.rarity, 0], dtype=np.int64),
        same_employer=rules.allow_same_employer,
        sides_only=rules.kind == "mentorship",
        row_of={person.id: i for i, person in enumerate(people)},
    )


def row(person: Person, rules: Rules, terms: Terms, codes: Codes, fewest: int) -> Row:
    interests = terms.rarest(person.interests) if "interests" in person.share else []
    asked = person.asks[:MOST_TOPICS] if "asks" in person.share else ()
    asks: dict[int, int] = {}
    for number, ask in enumerate(asked):
        for term in terms.topic(ask):
            asks[term] = asks.get(term, 0) | 1 << number
    offers = (
        {t for offer in person.offers[:MOST_TOPICS] for t in terms.topic(offer)} if "offers" in person.share else set()
    )
    if rules.kind == "discussion":
        offers |= set(interests)
    return Row(
        interests=interests,
        asks=sorted(asks),
        asks_of=[asks[term] for term in sorted(asks)],
        offers=sorted(offers),
        asked=sum(1 for ask in asked if terms.topic(ask)),
        place=codes.place(person),
        scalars=(
            scales.REACHES.index(person.reach),
            scales.PACES.index(person.pace) if "pace" in person.share else 0,
            scales.standing(person),
            scales.ways(person.mode, rules.format),
            codes.languages(person),
            codes.employer(person.employer),
            codes.role(person),
            scales.SIDES.index(person.mentor),
            EVEN_SHARE // 2 - min(3, max(0, person.had - fewest)),
            int(person.newcomer),
            int(person.welcomer and not person.newcomer),
        ),
        weights=weights(person, rules.kind),
    )


def permuted(facts: Facts, order: Longs) -> Facts:
    """The same people in another order."""
    columns: dict[str, Any] = {
        each.name: column[order]
        for each in fields(facts)
        if isinstance(column := getattr(facts, each.name), np.ndarray) and each.name != "rarity"
    }
    ids = [facts.ids[i] for i in order]
    return replace(facts, **columns, ids=ids, row_of={person: row for row, person in enumerate(ids)})


def by_place(facts: Facts) -> Longs:
    """Rows in the order of places: neighbours next to each other."""
    country, region, city = facts.place[: len(facts)].T
    return np.lexsort((city, region, country)).astype(np.int64)


def norms(interests: Iterable[Sequence[int]], rarity: Sequence[int]) -> list[int]:
    return [round(NORM * sqrt(sum(rarity[term] for term in terms))) for terms in interests]


def _columns(rows: list[Row], terms: Terms) -> dict[str, NDArray[Any]]:
    n = len(rows)
    scalars = np.array([r.scalars for r in rows], dtype=np.int64).reshape(n, len(SCALARS))
    place = np.array([r.place for r in rows], dtype=np.int32).reshape(n, 3)
    return {
        **{name: scalars[:, i].astype(kind) for i, (name, kind) in enumerate(SCALARS)},
        "interests": padded([r.interests for r in rows], MOST_INTERESTS),
        "norm": np.array(norms((r.interests for r in rows), terms.rarity), dtype=np.int64),
        "asks": padded([r.asks for r in rows], _WIDEST),
        "asks_of": padded([r.asks_of for r in rows], _WIDEST),
        "asked": np.array([r.asked for r in rows], dtype=np.int32),
        "offers": padded([r.offers for r in rows], _WIDEST),
        "place": place,
        "has_place": np.asarray((place >= 0).any(axis=1)),
        "weights": np.array([r.weights for r in rows], dtype=np.int32).reshape(n, len(COMPONENTS)),
    }


def _joined(parts: list[dict[str, NDArray[Any]]]) -> dict[str, Any]:
    """One below the other, lists as wide as the widest."""
    whole: dict[str, Any] = {}
    for name, first in list(parts[0].items()):
        columns = [part.pop(name) for part in parts]
        if first.ndim == 2:
            width = max(column.shape[1] for column in columns)
            columns = [
                np.pad(column, ((0, 0), (0, width - column.shape[1])), constant_values=NO_TERM) for column in columns
            ]
        whole[name] = np.concatenate(columns)
    return whole


def padded(lists: Sequence[Sequence[int]], most: int) -> Ints:
    """Lists as a rectangle, filled with -1, cut at `most`; a few columns wider than needed for late people."""
    width = min(most, max(_NARROWEST, max(map(len, lists), default=0)))
    lengths = np.fromiter((min(len(items), width) for items in lists), dtype=np.int64, count=len(lists))
    out = np.full((len(lists), width), NO_TERM, dtype=np.int32)
    flat = np.fromiter((item for items in lists for item in items[:width]), dtype=np.int32, count=int(lengths.sum()))
    out[np.arange(width) < lengths[:, None]] = flat
    return out
