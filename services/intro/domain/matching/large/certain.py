"""The place for candidates that nobody may be without: somebody for everybody, a welcomer for every newcomer.

Keys find those who share something. Who shares nothing with anybody is given people from nearby, and where the
rules forbid all of these, anybody whom they allow: people are sorted by what the rules ask (how and in which
languages they can meet, on which side they are, and last their employer), so that whole stretches are taken or
left at once, and a hundred thousand people of one employer are no hundred thousand searches.
"""

from typing import NamedTuple

import numpy as np

from services.intro.domain.matching.large.buckets import Scratch, place_in, scratch_for
from services.intro.domain.matching.large.candidates import (
    Nearest,
    beside,
    keep_the_best,
    mark_seen,
    nobody,
    start_of,
)  # fmt: skip
from services.intro.domain.matching.large.compiled import compiled, in_shares
from services.intro.domain.matching.large.packed import SAME_EMPLOYER, Ints, Longs, Packed
from services.intro.domain.matching.large.scorer import can_talk

_FEW = 4
_NEARBY = 64
_RULED_BY = ("way", "side", "languages")


class Stretches(NamedTuple):
    """`people` sorted so that those alike before the rules are together: `people[start[i] : start[i + 1]]`.

    In a stretch they are in the order of their `employer`.
    """

    people: Ints
    employer: Ints
    start: Longs


def with_somebody_for_all(packed: Packed, nearest: Nearest) -> Nearest:
    """The same with columns for who had fewer than four, and for newcomers' welcomers."""
    people = packed.people
    here = people["way"] > 0
    lonely = here & ((nearest.who >= 0).sum(axis=1) < _FEW)
    found = [nearest]
    for wanting, pool in ((lonely, here), (here & (people["newcomer"] > 0), here & (people["welcomer"] > 0))):
        if wanting.any() and pool.any():
            found.append(_found(packed, *(np.nonzero(flags)[0].astype(np.int32) for flags in (wanting, pool))))
    return beside(*found)


def _found(packed: Packed, wanting: Ints, pool: Ints) -> Nearest:
    """For each who is `wanting` a few of `pool`: the best of those who stand near, else anybody."""
    found, stretches = nobody(len(packed.people), _FEW), _stretches(packed, pool)
    in_shares(
        len(wanting),
        lambda first, last: _look(packed, wanting[first:last], pool, stretches, scratch_for(packed), found),
    )
    return found


def _stretches(packed: Packed, pool: Ints) -> Stretches:
    ruled = packed.people[list(_RULED_BY)][pool]
    employer = packed.people["employer"][pool]
    order = np.lexsort((employer, *(ruled[name] for name in _RULED_BY)))
    ruled = ruled[order]
    first = np.nonzero(np.concatenate([[True], ruled[1:] != ruled[:-1]]))[0]
    return Stretches(pool[order], employer[order], np.append(first, len(pool)).astype(np.int64))


@compiled
def _look(packed: Packed, wanting: Ints, pool: Ints, stretches: Stretches, scratch: Scratch, found: Nearest) -> None:
    for u in wanting:
        here = place_in(pool, 0, len(pool), u)
        low = max(0, here - _NEARBY)
        many = min(len(pool), here + _NEARBY) - low
        begin = start_of(u, many)
        for step in range(many):
            scratch.others[step] = pool[low + (begin + step) % many]
        count = keep_the_best(packed, scratch, u, many, found.who[u], found.score[u], 0)
        if count == 0:
            many = _anybody(packed, stretches, scratch, u)
            keep_the_best(packed, scratch, u, many, found.who[u], found.score[u], 0)


@compiled
def _anybody(packed: Packed, stretches: Stretches, scratch: Scratch, u: int) -> int:
    """A few whom the rules allow, from another place for each `u`, into the others; returns how many."""
    mark_seen(packed.apart[packed.apart_from[u] : packed.apart_from[u + 1]], scratch, u)
    me, many = packed.people[u], 0
    colleagues_meet = packed.table[SAME_EMPLOYER] != 0 or me.employer < 0
    for i in range(len(stretches.start) - 1):
        low, high = stretches.start[i], stretches.start[i + 1]
        if not can_talk(packed.table, me, packed.people[stretches.people[low]]):
            continue
        skip = place_in(stretches.employer, low, high, me.employer)
        after = skip if colleagues_meet else place_in(stretches.employer, low, high, me.employer + 1)
        allowed = high - low - (after - skip)
        for step in range(allowed):
            at = low + (u + step) % allowed
            v = stretches.people[at if at < skip else at + after - skip]
            if scratch.seen[v] == u:
                continue
            scratch.others[many] = v
            many += 1
            if many == _FEW:
                return many
    return many
