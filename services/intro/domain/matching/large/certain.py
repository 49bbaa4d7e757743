"""The place for candidates that nobody may be without: somebody for everybody, a welcomer for every newcomer.

Keys find those who share something. Who shares nothing with anybody is given people from nearby, farther and
farther until there are a few.
"""

import numpy as np

from services.intro.domain.matching.large.adjacency import Flags
from services.intro.domain.matching.large.candidates import Ints, Longs, Nearest, look_at, place_in
from services.intro.domain.matching.large.compiled import compiled_in_parallel, prange
from services.intro.domain.matching.large.packed import NEWCOMER, WAY, WELCOMER, Packed
from services.intro.domain.matching.large.scorer import Rows, Table

_FEW = 4
_WINDOW = 24
_SHARES = 32


def with_somebody_for_all(packed: Packed, nearest: Nearest) -> Nearest:
    """The same with columns for who had fewer than four, and for newcomers' welcomers."""
    here = packed.rows[:, WAY] > 0
    lonely = here & ((nearest.who >= 0).sum(axis=1) < _FEW)
    found = [nearest]
    for wanting, pool in (
        (lonely, np.nonzero(here)[0]),
        (here & (packed.rows[:, NEWCOMER] > 0), np.nonzero(here & (packed.rows[:, WELCOMER] > 0))[0]),
    ):
        if wanting.any() and len(pool):
            found.append(Nearest(*_from_nearby(*packed, wanting, pool.astype(np.int32), _FEW)))
    return Nearest(np.hstack([part.who for part in found]), np.hstack([part.score for part in found]))


@compiled_in_parallel
def _from_nearby(
    rows: Rows, table: Table, apart_from: Longs, apart: Ints, wanting: Flags, pool: Ints, most: int
) -> tuple[Ints, Ints]:
    """For each who is `wanting` the best of those in `pool` who stand nearest in the order of rows."""
    n = len(rows)
    best_who, best = np.full((n, most), -1, np.int32), np.zeros((n, most), np.int32)
    for part in prange(_SHARES):
        who, scores = np.empty(most, np.int32), np.empty(most, np.int32)
        for u in range(part * n // _SHARES, (part + 1) * n // _SHARES):
            if not wanting[u]:
                continue
            here, count, window = place_in(pool, 0, len(pool), u), 0, _WINDOW
            low, high = here, here
            while count < most and (low > 0 or high < len(pool)):
                further_low, further_high = max(0, here - window), min(len(pool), here + window)
                for at in range(further_low, low):
                    count = look_at(rows, table, apart_from, apart, u, pool[at], scores, who, count)
                for at in range(high, further_high):
                    count = look_at(rows, table, apart_from, apart, u, pool[at], scores, who, count)
                low, high, window = further_low, further_high, 2 * window
            best_who[u, :count], best[u, :count] = who[:count], scores[:count]
    return best_who, best
