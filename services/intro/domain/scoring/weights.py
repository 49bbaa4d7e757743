"""The place for how much each component counts for a person: from their goals, the gathering and feedback."""

from collections.abc import Mapping
from functools import lru_cache

from services.intro.domain.people import Kind, Person
from services.intro.domain.scoring import COMPONENTS
from services.intro.domain.words import plain

BASE: Mapping[str, int] = {
    "ground": 140,
    "help": 120,
    "path": 60,
    "closeness": 50,
    "company": 40,
    "way": 20,
    "newness": 40,
}
HEAVIEST = 400
"""With seven components of at most this, every product in `score` fits 64 bits."""
FLOOR, CEILING = 0.25, 4.0
"""What feedback may make of a weight, at least and at most."""

_GOALS: tuple[tuple[tuple[str, ...], Mapping[str, float]], ...] = (
    (("friend", "fun", "social", "belong", "communit", "people like me"), {"ground": 1.6, "company": 1.5}),
    (("learn", "skill", "idea", "question", "answer", "advice"), {"help": 1.6, "path": 1.2}),
    (("job", "career", "hire", "hiring", "promotion", "grow"), {"path": 1.8, "help": 1.3}),
    (("mentor", "guidance", "guide", "give back", "contribut", "teach"), {"path": 2.0, "help": 1.3}),
    (("network", "connect", "contact", "new people", "perspective"), {"newness": 2.0, "ground": 1.2}),
    (("collaborat", "partner", "project", "research"), {"ground": 1.3, "help": 1.5}),
    (("local", "near", "neighbo", "region"), {"closeness": 2.0}),
)
_KINDS: Mapping[Kind, Mapping[str, float]] = {
    "discussion": {"help": 2.5},
    "mentorship": {"help": 1.6, "path": 1.6},
    "happy_hour": {"ground": 1.2, "company": 1.3},
    "roundtable": {"help": 1.2, "path": 1.2},
}


def weights(person: Person, kind: Kind) -> tuple[int, ...]:
    """One whole number 1..400 a component, in the order of `COMPONENTS`."""
    goals = person.goals[:8] if "goals" in person.share else ()
    asked = _from_goals(goals, kind)
    if not person.weights:
        return asked
    return tuple(
        max(1, min(HEAVIEST, round(weight * min(CEILING, max(FLOOR, person.weights.get(name, 1.0))))))
        for name, weight in zip(COMPONENTS, asked, strict=True)
    )


@lru_cache(maxsize=4096)
def _from_goals(goals: tuple[str, ...], kind: Kind) -> tuple[int, ...]:
    factors = dict.fromkeys(COMPONENTS, 1.0)
    for goal in map(plain, goals):
        for stems, raised in _GOALS:
            if any(stem in goal for stem in stems):
                for name, factor in raised.items():
                    factors[name] = max(factors[name], factor)
    for name, factor in _KINDS.get(kind, {}).items():
        factors[name] *= factor
    return tuple(min(HEAVIEST, round(BASE[name] * factors[name])) for name in COMPONENTS)
