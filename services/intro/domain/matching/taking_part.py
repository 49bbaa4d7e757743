"""The place for who is in a round: those who come and agreed, what places they have, and who is never paired."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.capacity import held_back, places
from services.intro.domain.matching.graph import Flags, Ints
from services.intro.domain.people import Person, Rules
from services.intro.domain.scoring.facts import Facts, encode

Couple = Collection[str]


@dataclass(slots=True)
class Participants:
    """Row `i` of everything is `people[i]`. `apart` are rows that are never paired, each pair once."""

    people: list[Person]
    facts: Facts
    room: Ints
    apart: NDArray[np.int64]
    met: Flags
    newcomer: Flags
    welcomer: Flags

    @property
    def ids(self) -> list[str]:
        return self.facts.ids


def in_order_of_chance(people: Iterable[Person], rules: Rules) -> list[Person]:
    """One row a person, by a hash of person and gathering: who came first never decides."""
    salt = f"{rules.gathering}\x1f{rules.seed}".encode()[:64]
    unique = {person.id: person for person in people if person.takes_part}
    return sorted(unique.values(), key=lambda p: (blake2b(p.id.encode(), digest_size=8, key=salt).digest(), p.id))


def taking_part(
    people: Iterable[Person], rules: Rules, forbidden: Iterable[Couple], sent: Iterable[Couple]
) -> Participants:
    coming = in_order_of_chance(people, rules)
    facts = encode(coming, rules)
    rows_sent = couples(sent, facts.row_of)
    taken = Counter(rows_sent.ravel().tolist())
    room = np.array(
        [max(0, places(p, rules) - held_back(p, rules) - taken[i]) for i, p in enumerate(coming)], dtype=np.int32
    )
    met = np.zeros(len(coming), dtype=bool)
    met[rows_sent.ravel()] = True
    apart = np.unique(np.concatenate([couples(forbidden, facts.row_of), rows_sent]), axis=0)
    return Participants(
        people=coming,
        facts=facts,
        room=room,
        apart=apart,
        met=met,
        newcomer=facts.newcomer & ~_welcomed_already(facts, rows_sent),
        welcomer=facts.welcomer,
    )


def couples(pairs: Iterable[Couple], row_of: dict[str, int]) -> NDArray[np.int64]:
    """Pairs of ids as pairs of rows, smaller first; pairs with somebody who is not here are left out."""
    found = []
    for pair in pairs:
        rows = [row_of.get(person) for person in pair]
        if len(rows) == 2 and rows[0] is not None and rows[1] is not None:
            found.append((min(rows[0], rows[1]), max(rows[0], rows[1])))
    return np.array(found, dtype=np.int64).reshape(len(found), 2)


def _welcomed_already(facts: Facts, sent: NDArray[np.int64]) -> Flags:
    met = np.zeros(len(facts), dtype=bool)
    for one, other in (sent.T, sent.T[::-1]):
        met[one[facts.welcomer[other]]] = True
    return met
