"""The place for people as compiled code reads them: one short record each, so that a score touches little memory."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.taking_part import Participants
from services.intro.domain.scoring import COMPONENTS
from services.intro.domain.scoring.facts import Facts
from services.intro.domain.scoring.scales import COMPANY, NEAR, PACES, PATH, REACHES, WAYS
from services.intro.domain.scoring.score import MET, UNTOLD, told

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
People = NDArray[np.void]

_WIDE = ("languages",)
_NAMES = ("employer", "role", "country", "region", "city", "said")
_WEIGHTS = tuple(f"weight_{component}" for component in COMPONENTS)
_SHORT = (*_WEIGHTS, "norm", "whole")
_SMALL = (
    "way", "side", "standing", "pace", "reach", "company", "newcomer", "welcomer", "told", "asked", "share",
    "interests", "asks", "offers",
)  # fmt: skip
PERSON = np.dtype(
    [(name, kind) for names, kind in ((_WIDE, "i8"), (_NAMES, "i4"), (_SHORT, "i2"), (_SMALL, "i1")) for name in names]
)
"""64 bytes. `whole` sums the weights of what was filled in; `company` is the pace, beyond 4 for a welcomer.

`interests`, `asks`, `offers` count the person's terms; they stand in `said` from entry `said` on, in this order,
with the bits of `Facts.asks_of` after the asks.
"""

NO_PLACE = len(REACHES)
QUIET = PACES.index("quiet")
SAME_EMPLOYER, SIDES_ONLY = range(2)
AT_WAYS = 2
AT_COMPANY = AT_WAYS + WAYS.size
AT_NEAR = AT_COMPANY + 2 * COMPANY.size
AT_MET = AT_NEAR + NEAR.size + NEAR.shape[1]
AT_PATH = AT_MET + MET.size
STANDINGS = len(PATH)
AT_RARITY = AT_PATH + PATH.size


class Packed(NamedTuple):
    """`table` holds the rules, the scales and the rarities, one after another. Who is kept apart is in CSR form."""

    people: People
    said: Ints
    table: Longs
    apart_from: Longs
    apart: Ints


def pack(who: Participants, order: Longs | None = None) -> Packed:
    """Everybody, in the order of `order` if there is one."""
    facts = who.facts
    order = np.arange(len(facts)) if order is None else order
    people, said = records(facts, order)
    people["way"][who.room[order] <= 0] = 0
    people["newcomer"] = who.newcomer[order]
    row = np.empty(len(order), dtype=np.int64)
    row[order] = np.arange(len(order))
    return Packed(people, said, table_of(facts), *_neighbours(row[who.apart], len(facts)))


def records(facts: Facts, rows: Longs) -> tuple[People, Ints]:
    """The people in these rows of `facts`, and what they said."""
    people = np.zeros(len(rows), dtype=PERSON)
    for name, column in _columns(facts).items():
        people[name] = column[rows]
    people["reach"] = np.where(facts.has_place[rows], facts.reach[rows], NO_PLACE)
    people["company"] = facts.pace[rows] + len(PACES) * facts.welcomer[rows]
    people["told"] = told(facts, rows)
    people["whole"] = _whole(facts, rows)
    for name in ("interests", "asks", "offers"):
        people[name] = (getattr(facts, name)[rows] >= 0).sum(axis=1)
    here = np.hstack([column[rows] >= 0 for column in (facts.interests, facts.asks, facts.asks, facts.offers)])
    terms = np.hstack([column[rows] for column in (facts.interests, facts.asks, facts.asks_of, facts.offers)])
    people["said"] = np.concatenate([[0], np.cumsum(here.sum(axis=1))])[:-1]
    return people, terms[here].astype(np.int32)


def table_of(facts: Facts) -> Longs:
    """The scales with what the compiled score adds: no place, and a welcomer as company for the quiet."""
    company = np.maximum(0, np.hstack([COMPANY, COMPANY]))
    company[QUIET, len(PACES) :] = company.max()
    near = np.vstack([NEAR, np.zeros(NEAR.shape[1], dtype=np.int64)])
    rules = np.array([facts.same_employer, facts.sides_only])
    return np.concatenate([rules, *(scale.ravel() for scale in (WAYS, company, near, MET, PATH)), facts.rarity])


def _columns(facts: Facts) -> dict[str, NDArray[np.generic]]:
    same = (
        "languages",
        "employer",
        "role",
        "norm",
        "side",
        "standing",
        "pace",
        "asked",
        "share",
        "newcomer",
        "welcomer",
    )
    return {
        **{name: getattr(facts, name) for name in same},
        **dict(zip(_WEIGHTS, facts.weights.T, strict=True)),
        **dict(zip(("country", "region", "city"), facts.place.T, strict=True)),
        "way": facts.ways,
    }


def _whole(facts: Facts, rows: Longs) -> Longs:
    """The sum of weights over what each person filled in: the same against everybody."""
    always = np.ones(len(rows), dtype=bool)
    standing, place, pace = facts.standing[rows], facts.has_place[rows], facts.pace[rows]
    filled_in = (facts.norm[rows] > 0, facts.asked[rows] > 0, PATH[standing, 0] >= 0, place, pace > 0, always, always)
    return np.asarray(UNTOLD + (facts.weights[rows] * np.stack(filled_in, axis=1)).sum(axis=1, dtype=np.int64))


def _neighbours(pairs: Longs, people: int) -> tuple[Longs, Ints]:
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    start = np.searchsorted(both[:, 0], np.arange(people + 1))
    return start.astype(np.int64), both[:, 1].astype(np.int32)
