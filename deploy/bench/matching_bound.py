"""The place for a bound over all pairs, from a sample of people: what pairs that are no candidates could add.

For any prices a plan weighs at most the bound on its candidates, plus what it takes beyond the prices from other
pairs. A person has at most `room` of these, so half of the sum of everybody's `room` best ones is never too small.
"""

import numpy as np

from services.intro.domain.matching.graph import Floats, Graph, Solution
from services.intro.domain.matching.large.adjacency import Edges, adjacency
from services.intro.domain.matching.large.compiled import compiled, in_shares
from services.intro.domain.matching.large.market import Asked
from services.intro.domain.matching.large.packed import Ints, Longs, Packed, pack
from services.intro.domain.matching.large.scorer import kept_apart, mark, score_all, unmark
from services.intro.domain.matching.taking_part import Participants

_MOST_ROOM = 16


def missed_pairs(who: Participants, graph: Graph, solution: Solution, sample: int) -> tuple[float, float]:
    """At most how much all pairs that are no candidates could add to the bound; and the sample's standard error."""
    n = len(who.ids)
    packed = pack(who)
    near = adjacency(Edges(graph.u, graph.v, graph.w), np.ones(len(graph.u), dtype=bool), n)
    asked = Asked(solution.prices.astype(np.float32), solution.bonus.astype(np.float32))
    people = np.random.default_rng(1).choice(n, min(n, sample), replace=False)
    missed = np.zeros(len(people))
    in_shares(
        len(people),
        lambda first, last: _missed(
            packed, near.start, near.other, asked, who.room, people[first:last], missed[first:last]
        ),
        share=64,
    )
    scale = n / len(people) / 2
    return scale * float(missed.sum()), n * float(missed.std()) / 2 / float(np.sqrt(len(people)))


@compiled
def _missed(packed: Packed, start: Longs, other: Ints, asked: Asked, room: Ints, people: Longs, out: Floats) -> None:
    n = len(packed.people)
    everybody, scores, best = np.arange(n).astype(np.int32), np.empty(n, np.int32), np.empty(_MOST_ROOM)
    marks = np.zeros((len(packed.table), 3), np.int32)
    for i in range(len(people)):
        u = people[i]
        mark(packed, marks, u)
        score_all(packed, marks, u, everybody, n, scores)
        unmark(packed, marks, u)
        for q in range(start[u], start[u + 1]):
            scores[other[q]] = -1
        best[:] = 0
        for v in range(n):
            if scores[v] >= 0:
                _keep(best[: room[u]], _worth(packed, asked, u, v, scores[v]), packed, u, v)
        out[i] = best.sum()


@compiled
def _worth(packed: Packed, asked: Asked, u: int, v: int, score: int) -> float:
    me, you = packed.people[u], packed.people[v]
    worth = score - asked.prices[u] - asked.prices[v]
    if (me.newcomer and you.welcomer) or (you.newcomer and me.welcomer):
        worth += asked.bonus[u] + asked.bonus[v]
    return float(worth)


@compiled
def _keep(best: Floats, worth: float, packed: Packed, u: int, v: int) -> None:
    """Among the largest, in falling order, unless the two are kept apart."""
    last = len(best) - 1
    if last < 0 or worth <= best[last] or kept_apart(packed, u, v):
        return
    while last > 0 and best[last - 1] < worth:
        best[last] = best[last - 1]
        last -= 1
    best[last] = worth
