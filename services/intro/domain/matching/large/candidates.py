"""The place for the candidates of very many people: everybody's best few, without scoring all pairs."""

from typing import NamedTuple

import numpy as np

from services.intro.domain.matching.large.buckets import Buckets, Scratch, add_from_buckets, add_unseen, scratch_for
from services.intro.domain.matching.large.compiled import compiled, in_shares
from services.intro.domain.matching.large.keys import Windows
from services.intro.domain.matching.large.packed import Ints, Packed
from services.intro.domain.matching.large.scorer import kept_apart, mark, score_all, unmark


class Nearest(NamedTuple):
    """For each person the best others found so far with their scores, in no order; -1 where there are fewer."""

    who: Ints
    score: Ints


def nobody(people: int, most: int) -> Nearest:
    return Nearest(np.full((people, most), -1, dtype=np.int32), np.zeros((people, most), dtype=np.int32))


def beside(*parts: Nearest) -> Nearest:
    return Nearest(np.hstack([part.who for part in parts]), np.hstack([part.score for part in parts]))


def by_keys(packed: Packed, buckets: Buckets, windows: Windows, most: int) -> Nearest:
    """Everybody's best `most` among those who stand near them in their buckets."""
    found = nobody(len(packed.people), most)
    in_shares(
        len(packed.people),
        lambda first, last: _by_keys(packed, buckets, windows, scratch_for(packed), found, first, last),
    )
    return found


def among_all(packed: Packed, most: int) -> Nearest:
    """Everybody's best `most` among all: exact, for as long as all pairs are not too many."""
    found, everybody = nobody(len(packed.people), most), np.arange(len(packed.people), dtype=np.int32)
    in_shares(
        len(packed.people), lambda first, last: _among_all(packed, everybody, scratch_for(packed), found, first, last)
    )
    return found


def by_neighbours(packed: Packed, nearest: Nearest, *, back: int = 16, hop: int = 3) -> Nearest:
    """One pass over neighbours of neighbours: whoever fits those who fit me is worth a look."""
    backward = backwards(nearest.who, back)
    found = Nearest(nearest.who.copy(), nearest.score.copy())
    in_shares(
        len(packed.people),
        lambda first, last: _by_neighbours(packed, nearest, backward, hop, scratch_for(packed), found, first, last),
    )
    return found


@compiled
def keep_best(scores: Ints, who: Ints, count: int, value: int, person: int) -> int:
    """A heap of the best, as many as there is room for, the worst of them first. Returns how many there are."""
    most = len(scores)
    if count < most:
        i = count
        scores[i], who[i] = value, person
        while i > 0 and scores[(i - 1) >> 1] > scores[i]:
            p = (i - 1) >> 1
            scores[p], scores[i] = scores[i], scores[p]
            who[p], who[i] = who[i], who[p]
            i = p
        return count + 1
    if value <= scores[0]:
        return count
    scores[0], who[0] = value, person
    i = 0
    while True:
        child = 2 * i + 1
        if child >= most:
            return count
        if child + 1 < most and scores[child + 1] < scores[child]:
            child += 1
        if scores[child] >= scores[i]:
            return count
        scores[child], scores[i] = scores[i], scores[child]
        who[child], who[i] = who[i], who[child]
        i = child


@compiled
def keep_the_best(packed: Packed, scratch: Scratch, u: int, many: int, who: Ints, scores: Ints, count: int) -> int:
    """Scores the first `many` of the others and keeps the best of those whom `u` may meet."""
    mark(packed, scratch.marks, u)
    score_all(packed, scratch.marks, u, scratch.others, many, scratch.scores)
    unmark(packed, scratch.marks, u)
    for i in range(many):
        value, v = scratch.scores[i], scratch.others[i]
        if value >= 0 and (count < len(who) or value > scores[0]) and not kept_apart(packed, u, v):
            count = keep_best(scores, who, count, value, v)
    return count


@compiled
def _by_keys(
    packed: Packed, buckets: Buckets, windows: Windows, scratch: Scratch, found: Nearest, first: int, last: int
) -> None:
    for u in range(first, last):
        scratch.seen[u] = u
        many = add_from_buckets(packed, buckets, windows, scratch, u, 0)
        keep_the_best(packed, scratch, u, many, found.who[u], found.score[u], 0)


@compiled
def start_of(u: int, count: int) -> int:
    """Where `u` begins to look: of those who score alike the first are kept, and they must not be the same for all."""
    return int(((u * 2654435761) & 0x7FFFFFFF) % count)


@compiled
def _among_all(packed: Packed, everybody: Ints, scratch: Scratch, found: Nearest, first: int, last: int) -> None:
    for u in range(first, last):
        begin = start_of(u, len(everybody))
        scratch.others[: len(everybody) - begin] = everybody[begin:]
        scratch.others[len(everybody) - begin : len(everybody)] = everybody[:begin]
        keep_the_best(packed, scratch, u, len(everybody), found.who[u], found.score[u], 0)


@compiled
def backwards(who: Ints, most: int) -> Ints:
    """For each person up to `most` of those who count them among their nearest, an even sample of many."""
    n = len(who)
    back, count = np.full((n, most), -1, np.int32), np.zeros(n, np.int32)
    for u in range(n):
        for v in who[u]:
            if v < 0:
                continue
            at = count[v]
            if at >= most:
                at = ((u * 2654435761 + v * 40503) & 0x7FFFFFFF) % (count[v] + 1)
            if at < most:
                back[v, at] = u
            count[v] += 1
    return back


@compiled
def add_neighbours(near: Ints, back: Ints, scratch: Scratch, u: int, hop: int) -> int:
    """Neighbours of `u`, either way, and of each of them `hop` neighbours either way, others for each `u`."""
    most, backs, count = near.shape[1], back.shape[1], 0
    for i in range(most + backs):
        v = near[u, i] if i < most else back[u, i - most]
        if v < 0:
            continue
        count = add_unseen(scratch, u, v, count)
        for h in range(hop):
            x = near[v, (u * 7 + i * 13 + h) % most]
            if x >= 0:
                count = add_unseen(scratch, u, x, count)
            x = back[v, h % backs]
            if x >= 0:
                count = add_unseen(scratch, u, x, count)
    return count


@compiled
def mark_seen(people: Ints, scratch: Scratch, u: int) -> None:
    scratch.seen[u] = u
    for v in people:
        if v >= 0:
            scratch.seen[v] = u


@compiled
def _by_neighbours(
    packed: Packed, nearest: Nearest, back: Ints, hop: int, scratch: Scratch, found: Nearest, first: int, last: int
) -> None:
    for u in range(first, last):
        mark_seen(nearest.who[u], scratch, u)
        count = 0
        for i in range(nearest.who.shape[1]):
            if nearest.who[u, i] >= 0:
                count = keep_best(found.score[u], found.who[u], count, nearest.score[u, i], nearest.who[u, i])
        many = add_neighbours(nearest.who, back, scratch, u, hop)
        keep_the_best(packed, scratch, u, many, found.who[u], found.score[u], count)
