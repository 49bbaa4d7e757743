"""The place for compiling a part of matching: made-up people are matched, and what that took is kept on disk."""

import random
import sys

from services.intro.domain.matching.index import Index
from services.intro.domain.matching.large.engine import ALL_PAIRS_UP_TO
from services.intro.domain.matching.round import run_round
from services.intro.domain.people import Person, Place, Rules

WORDS = [f"{first}{second}" for first in "bdfgklmnprst" for second in ("ana", "eki", "olu", "imo", "upe")]
LATE = 30


def somebody(number: int, chance: random.Random) -> Person:
    """Says a little of everything, and is now and then new, or looks after those who are."""
    newcomer = chance.random() < 0.3
    return Person(
        id=f"p{number}",
        name=f"Person {number}",
        interests=tuple(chance.sample(WORDS, 3)),
        asks=tuple(chance.sample(WORDS, 1)),
        offers=tuple(chance.sample(WORDS, 1)),
        employer=f"Library {chance.randrange(50)}",
        place=Place("", f"Region {chance.randrange(8)}", "US"),
        newcomer=newcomer,
        welcomer=not newcomer and chance.random() < 0.1,
    )


def late(chance: random.Random) -> None:
    """Some who come one after another to a gathering of very many."""
    people = [somebody(number, chance) for number in range(1600 + LATE)]
    index = Index(people[LATE:], rules=Rules())
    for person in people[:LATE]:
        for pair in index.suggest(person):
            index.occupy(pair.a, pair.b)


def rounds(chance: random.Random) -> None:
    """A round in which everybody is compared with everybody, and one in which candidates are looked up."""
    for many in (400, ALL_PAIRS_UP_TO + 100):
        run_round([somebody(number, chance) for number in range(many)], rules=Rules(exact_up_to=0))


if __name__ == "__main__":
    {"late": late, "rounds": rounds}[sys.argv[1]](random.Random(1))  # noqa: S311 - made-up people, no secret
