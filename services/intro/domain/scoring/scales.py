"""The place for the small scales of the score: whose path, how near, which pace, what way of meeting."""

from itertools import product

import numpy as np

from services.intro.domain.people import Format, Mode, Pace, Person, Reach, Side, Stage

STAGES: tuple[Stage | None, ...] = (None, "student", "new", "changing_career", "experienced", "retired")
SIDES: tuple[Side | None, ...] = (None, "mentor", "mentee")
PACES: tuple[Pace | None, ...] = (None, "quiet", "balanced", "outgoing")
REACHES: tuple[Reach | None, ...] = (None, "local", "region", "country", "anywhere")
IN_PERSON, VIRTUAL = 1, 2
NOT_ASKED = -1

_WALKED: dict[Stage, dict[Stage | None, int]] = {
    "student": {"new": 800, "experienced": 700, "retired": 600, "student": 400, "changing_career": 300},
    "new": {"experienced": 1000, "retired": 700, "new": 500, "changing_career": 400, "student": 300},
    "changing_career": {"changing_career": 800, "experienced": 700, "retired": 600, "new": 400, "student": 200},
}
"""How well somebody at the inner stage knows the path of somebody at the outer one."""

NEAR = np.array(
    [[0, 300, 600, 1000], [0, 100, 300, 1000], [0, 200, 800, 1000], [0, 700, 850, 1000], [600, 700, 850, 1000]],
    dtype=np.int64,
)
"""By reach, then by what two places share: nothing, the country, the region, the city."""

COMPANY = np.array(
    [[-1, -1, -1, -1], [600, 800, 1000, 500], [700, 900, 1000, 900], [700, 500, 900, 1000]], dtype=np.int64
)
"""By a person's pace, then by the other's. Quiet people are best met by one who leaves room."""

WAYS = np.array([[0, 0, 0, 0], [0, 1000, 0, 500], [0, 0, 1000, 500], [0, 500, 500, 1000]], dtype=np.int64)
"""By the ways two people can meet: ways in common, of the ways that either has."""


def _path(me: tuple[Stage | None, Side | None], other: tuple[Stage | None, Side | None]) -> int:
    (stage, side), (their_stage, their_side) = me, other
    if (side, their_side) in {("mentee", "mentor"), ("mentor", "mentee")}:
        return 1000
    if stage in _WALKED:
        return _WALKED[stage].get(their_stage, 0)
    if side == "mentor":
        return 500 if their_stage in {"student", "new"} else 0
    return 0 if side == "mentee" else NOT_ASKED


_STANDINGS = tuple(product(STAGES, SIDES))
PATH = np.array([[_path(me, other) for other in _STANDINGS] for me in _STANDINGS], dtype=np.int64)


def standing(person: Person) -> int:
    """A row of `PATH`, from the stage and side that the person shares."""
    stage = person.stage if "stage" in person.share else None
    side = person.mentor if "mentor" in person.share else None
    return _STANDINGS.index((stage, side))


def ways(mode: Mode | None, form: Format) -> int:
    """Bits for how somebody can be met; only a hybrid gathering leaves the choice to people."""
    if form != "hybrid":
        return IN_PERSON if form == "in_person" else VIRTUAL
    return {"in_person": IN_PERSON, "virtual": VIRTUAL}.get(mode or "either", IN_PERSON | VIRTUAL)
