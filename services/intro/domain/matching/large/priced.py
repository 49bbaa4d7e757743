"""The place for pairs that the prices want and the candidates lack: `w > p_u + p_v` proves the prices wrong.

Adding these few is worth more than twice the candidates for everybody (column generation).
"""

from services.intro.domain.matching.large.buckets import Buckets, Scratch, add_from_buckets, scratch_for
from services.intro.domain.matching.large.candidates import (
    Nearest,
    backwards,
    keep_best,
    mark_seen,
    nobody,
    start_of,
)  # fmt: skip
from services.intro.domain.matching.large.compiled import compiled, in_shares
from services.intro.domain.matching.large.keys import Windows
from services.intro.domain.matching.large.market import Asked
from services.intro.domain.matching.large.packed import Ints, Packed
from services.intro.domain.matching.large.scorer import kept_apart, mark, score, score_all, unmark


def missing(packed: Packed, buckets: Buckets, windows: Windows, nearest: Nearest, asked: Asked, most: int) -> Nearest:
    """Everybody's `most` best missing pairs, looked for in wide windows."""
    found, back = nobody(len(packed.people), most), backwards(nearest.who, 16)
    in_shares(
        len(packed.people),
        lambda first, last: _missing(
            packed, buckets, windows, nearest, back, asked, scratch_for(packed), found, first, last
        ),
    )
    return found


def missing_among_all(packed: Packed, nearest: Nearest, asked: Asked, most: int) -> Nearest:
    """The same among all pairs."""
    found = nobody(len(packed.people), most)
    in_shares(
        len(packed.people),
        lambda first, last: _missing_among_all(packed, nearest, asked, scratch_for(packed), found, first, last),
    )
    return found


@compiled
def _keep_wanted(
    packed: Packed, asked: Asked, scratch: Scratch, u: int, many: int, who: Ints, worth: Ints
) -> None:  # fmt: skip
    """Of the others those worth more than the prices, the worthiest; their scores are left in `worth`."""
    mark(packed, scratch.marks, u)
    score_all(packed, scratch.marks, u, scratch.others, many, scratch.scores)
    me, count = packed.people[u], 0
    for i in range(many):
        if scratch.scores[i] < 0:
            continue
        v = scratch.others[i]
        you = packed.people[v]
        value = int(scratch.scores[i] - asked.prices[v] - asked.prices[u])
        if (me.newcomer and you.welcomer) or (you.newcomer and me.welcomer):
            value += int(asked.bonus[u] + asked.bonus[v])
        if value > 1 and (count < len(who) or value > worth[0]) and not kept_apart(packed, u, v):
            count = keep_best(worth, who, count, value, v)
    for i in range(count):
        worth[i] = score(packed, scratch.marks, u, who[i])
    unmark(packed, scratch.marks, u)


@compiled
def _missing(
    packed: Packed, buckets: Buckets, windows: Windows, nearest: Nearest, back: Ints, asked: Asked,
    scratch: Scratch, found: Nearest, first: int, last: int,
) -> None:  # fmt: skip
    for u in range(first, last):
        mark_seen(nearest.who[u], scratch, u)
        mark_seen(back[u], scratch, u)
        many = add_from_buckets(packed, buckets, windows, scratch, u, 0)
        _keep_wanted(packed, asked, scratch, u, many, found.who[u], found.score[u])


@compiled
def _missing_among_all(
    packed: Packed, nearest: Nearest, asked: Asked, scratch: Scratch, found: Nearest, first: int, last: int
) -> None:
    for u in range(first, last):
        mark_seen(nearest.who[u], scratch, u)
        people, many = len(packed.people), 0
        begin = start_of(u, people)
        for step in range(begin, begin + people):
            v = step if step < people else step - people
            if scratch.seen[v] != u:
                scratch.others[many] = v
                many += 1
        _keep_wanted(packed, asked, scratch, u, many, found.who[u], found.score[u])
