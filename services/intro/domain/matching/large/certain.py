"""The place for candidates that nobody may be without: somebody for everybody, a welcomer for every newcomer.

Keys find those who share something. Who shares nothing with anybody is given people from nearby, farther and
farther until there are a few.
"""

import numpy as np

from services.intro.domain.matching.large.buckets import Scratch, place_in, scratch_for
from services.intro.domain.matching.large.candidates import Nearest, beside, keep_the_best, nobody
from services.intro.domain.matching.large.compiled import compiled, in_shares
from services.intro.domain.matching.large.packed import Ints, Packed

_FEW = 4
_WINDOW = 24


def with_somebody_for_all(packed: Packed, nearest: Nearest) -> Nearest:
    """The same with columns for who had fewer than four, and for newcomers' welcomers."""
    here = packed.people["way"] > 0
    lonely = here & ((nearest.who >= 0).sum(axis=1) < _FEW)
    found = [nearest]
    for wanting, pool in (
        (lonely, np.nonzero(here)[0]),
        (here & (packed.people["newcomer"] > 0), np.nonzero(here & (packed.people["welcomer"] > 0))[0]),
    ):
        if wanting.any() and len(pool):
            found.append(_from_nearby(packed, np.nonzero(wanting)[0].astype(np.int32), pool.astype(np.int32)))
    return beside(*found)


def _from_nearby(packed: Packed, wanting: Ints, pool: Ints) -> Nearest:
    """For each who is `wanting` the best of those in `pool` who stand nearest in the order of rows."""
    found = nobody(len(packed.people), _FEW)
    in_shares(
        len(wanting),
        lambda first, last: _nearby(packed, wanting[first:last], pool, scratch_for(packed), found),
    )
    return found


@compiled
def _nearby(packed: Packed, wanting: Ints, pool: Ints, scratch: Scratch, found: Nearest) -> None:
    most = len(scratch.others)
    for u in wanting:
        here, count, window = place_in(pool, 0, len(pool), u), 0, _WINDOW
        low, high = here, here
        while count < _FEW and (low > 0 or high < len(pool)):
            further_low, further_high = max(0, low - window), min(len(pool), high + window)
            many = 0
            for at in range(further_low, low):
                scratch.others[many] = pool[at]
                many += 1
            for at in range(high, further_high):
                scratch.others[many] = pool[at]
                many += 1
            count = keep_the_best(packed, scratch, u, many, found.who[u], found.score[u], count)
            low, high, window = further_low, further_high, min(2 * window, most // 2)
