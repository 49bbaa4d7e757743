"""The place for facts that grow: one more person among those already counted, in constant time."""

from dataclasses import fields

import numpy as np

from services.intro.domain.people import Person, Rules
from services.intro.domain.scoring.facts import NO_TERM, SCALARS, Facts, norms, row

_PER_TERM = "rarity"


def put(facts: Facts, person: Person, rules: Rules, fewest: int = 0) -> int:
    """Writes a person's row, a new one or in place of what they said before; returns its number.

    Rarities stay those of the beginning: a late person does not change how others were scored.
    """
    at = facts.row_of.get(person.id)
    if at is None:
        at = facts.row_of[person.id] = len(facts.ids)
        facts.ids.append(person.id)
        if at >= len(facts.pace):
            widen(facts, max(16, at))
    _write(facts, at, person, rules, fewest)
    return at


def _write(facts: Facts, at: int, person: Person, rules: Rules, fewest: int) -> None:
    known = len(facts.terms.rarity)
    said = row(person, rules, facts.terms, facts.codes, fewest)
    _learn_rarities(facts, known)
    for name in ("interests", "asks", "asks_of", "offers"):
        column = getattr(facts, name)
        items = _cut(facts, name, getattr(said, name), column.shape[1])
        column[at] = NO_TERM
        column[at, : len(items)] = items
    facts.norm[at] = norms([said.interests], facts.terms.rarity)[0]
    facts.asked[at], facts.place[at], facts.weights[at] = said.asked, said.place, said.weights
    facts.has_place[at] = max(said.place) >= 0
    for (name, _), value in zip(SCALARS, said.scalars, strict=True):
        getattr(facts, name)[at] = value


def _cut(facts: Facts, name: str, items: list[int], most: int) -> list[int]:
    if name == "interests" and len(items) > most:
        return sorted(sorted(items, key=lambda term: (-facts.terms.rarity[term], term))[:most])
    return items[:most]


def _learn_rarities(facts: Facts, known: int) -> None:
    """The last entry is that of no term at all and stays zero."""
    rarities = facts.terms.rarity
    if len(rarities) >= len(facts.rarity):
        facts.rarity, known = np.zeros(2 * len(rarities) + 64, dtype=np.int64), 0
    facts.rarity[known : len(rarities)] = rarities[known:]


def widen(facts: Facts, more: int) -> None:
    """Room for so many more people."""
    for each in fields(facts):
        column = getattr(facts, each.name)
        if isinstance(column, np.ndarray) and each.name != _PER_TERM:
            setattr(facts, each.name, np.concatenate([column, np.zeros((more, *column.shape[1:]), column.dtype)]))
