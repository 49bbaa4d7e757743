"""The place for memorable people to match."""

from dataclasses import replace
from typing import Any

from services.intro.domain.people import Person, Place

DANA = Person(
    id="dana",
    name="Dana Reyes",
    role="Cataloguer",
    employer="Ridge County Library",
    stage="changing_career",
    interests=("metadata", "Zines", "trail running"),
    goals=("learn", "friendship"),
    asks=("data work",),
    offers=("MARC clean-up",),
    pace="quiet",
    reach="region",
    place=Place("Asheville", "NC", "US"),
    languages=("en",),
)
LEE = Person(
    id="lee",
    name="Lee Okafor",
    role="Data librarian",
    employer="State University",
    stage="experienced",
    interests=("zine", "trail runing", "dogs"),
    asks=("MARC clean-up",),
    offers=("data work",),
    pace="balanced",
    place=Place("Boone", "NC", "US"),
)
SAM = Person(id="sam", name="Sam")


def somebody(number: int, **said: Any) -> Person:
    return replace(Person(id=f"p{number}", name=f"Person {number}"), **said)


def crowd(count: int, **said: Any) -> list[Person]:
    return [somebody(number, **said) for number in range(count)]
