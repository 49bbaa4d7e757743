"""The place for people as compiled code reads them: one short row each, so that a score touches few cache lines."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.taking_part import Participants
from services.intro.domain.scoring.facts import Facts
from services.intro.domain.scoring.scales import COMPANY, NEAR, PATH, WAYS
from services.intro.domain.scoring.score import MET, UNTOLD, told

EMPLOYER, WAY, SIDE, STANDING, PACE, REACH, COUNTRY, REGION, CITY, HAS_PLACE, ROLE, SHARE = range(12)
NEWCOMER, WELCOMER, NORM_OF, INTERESTS, ASKED, ASKS, OFFERS, WHOLE_OF, LOW, HIGH, TOLD, WEIGHTS = range(12, 24)
LISTS = WEIGHTS + 7
"""Columns of a row. `INTERESTS`, `ASKS` and `OFFERS` count the entries of the lists that follow from `LISTS` on."""


SAME_EMPLOYER, SIDES_ONLY, AT_INTERESTS, AT_ASKS, AT_BITS, AT_OFFERS = range(6)
AT_WAYS, AT_COMPANY, AT_NEAR, AT_MET = 8, 8 + 16, 8 + 32, 8 + 52
AT_PATH = AT_MET + 4
STANDINGS = len(PATH)
AT_RARITY = AT_PATH + STANDINGS * STANDINGS
_LOW_BITS = (1 << 31) - 1


class Packed(NamedTuple):
    """`table` holds the rules, where the lists begin in a row, the scales and the rarities, one after another.

    Two arrays and not twenty: each costs something at every call. Who is kept apart is in CSR form.
    """

    rows: NDArray[np.int32]
    table: NDArray[np.int64]
    apart_from: NDArray[np.int64]
    apart: NDArray[np.int32]


def pack(who: Participants) -> Packed:
    facts = who.facts
    interests, asks, offers = map(_narrow, (facts.interests, facts.asks, facts.offers))
    asks_of = facts.asks_of[:, : asks.shape[1]]
    scalars = np.zeros((len(facts), LISTS), dtype=np.int32)
    for column, values in _scalars(who).items():
        scalars[:, column] = values
    scalars[:, WEIGHTS:LISTS] = facts.weights
    begin = np.cumsum([LISTS, interests.shape[1], asks.shape[1], asks.shape[1]])
    apart_from, apart = _neighbours(who.apart, len(facts))
    return Packed(
        rows=np.ascontiguousarray(np.hstack([scalars, interests, asks, asks_of, offers])),
        table=_table(facts, begin),
        apart_from=apart_from,
        apart=apart,
    )


def _table(facts: Facts, begin: NDArray[np.int64]) -> NDArray[np.int64]:
    table = np.zeros(AT_RARITY + len(facts.rarity), dtype=np.int64)
    table[SAME_EMPLOYER], table[SIDES_ONLY] = facts.same_employer, facts.sides_only
    table[AT_INTERESTS : AT_OFFERS + 1] = begin
    for at, scale in ((AT_WAYS, WAYS), (AT_COMPANY, COMPANY), (AT_NEAR, NEAR), (AT_MET, MET), (AT_PATH, PATH)):
        table[at : at + scale.size] = scale.ravel()
    table[AT_RARITY:] = facts.rarity
    return table


def _scalars(who: Participants) -> dict[int, NDArray[np.generic]]:
    facts = who.facts
    return {
        EMPLOYER: facts.employer,
        WAY: np.where(who.room > 0, facts.ways, 0),
        SIDE: facts.side,
        STANDING: facts.standing,
        PACE: facts.pace,
        REACH: facts.reach,
        COUNTRY: facts.place[:, 0],
        REGION: facts.place[:, 1],
        CITY: facts.place[:, 2],
        HAS_PLACE: facts.has_place,
        ROLE: facts.role,
        SHARE: facts.share,
        NEWCOMER: who.newcomer,
        WELCOMER: facts.welcomer,
        NORM_OF: facts.norm,
        INTERESTS: (facts.interests >= 0).sum(axis=1),
        ASKED: facts.asked,
        ASKS: (facts.asks >= 0).sum(axis=1),
        OFFERS: (facts.offers >= 0).sum(axis=1),
        WHOLE_OF: whole(facts),
        TOLD: told(facts, np.arange(len(facts))),
        LOW: facts.languages & _LOW_BITS,
        HIGH: facts.languages >> 31,
    }


def whole(facts: Facts) -> NDArray[np.int64]:
    """The sum of weights over what each person filled in: the same against everybody."""
    told = np.stack(
        [
            facts.norm > 0,
            facts.asked > 0,
            PATH[facts.standing, 0] >= 0,
            facts.has_place,
            facts.pace > 0,
            np.ones(len(facts), dtype=bool),
            np.ones(len(facts), dtype=bool),
        ],
        axis=1,
    )
    return np.asarray(UNTOLD + (facts.weights * told).sum(axis=1, dtype=np.int64))


def _narrow(lists: NDArray[np.int32]) -> NDArray[np.int32]:
    """Without the columns that nobody fills."""
    used = int((lists >= 0).sum(axis=1).max(initial=0))
    return lists[:, :used]


def _neighbours(pairs: NDArray[np.int64], people: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    start = np.searchsorted(both[:, 0], np.arange(people + 1))
    return start.astype(np.int64), both[:, 1].astype(np.int32)
