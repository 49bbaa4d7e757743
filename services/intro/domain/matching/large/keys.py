"""The place for the keys under which very many people find each other: what one says, the other looks for.

A key is a kind and up to three numbers, hashed to a bucket. Two people meet in a bucket when they share an
interest (or two), when one's ask is the other's offer (and perhaps an interest besides), when a mentor and one
who looks for a mentor share an interest, and so on. Buckets are read around the reader's own place in the order
of places, so that a long bucket still yields neighbours. What both would find is looked for by one of them only:
shared interests by who stands first, help by who asks.
"""

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.compiled import compiled, compiled_in_place
from services.intro.domain.matching.large.packed import Ints, Longs, Packed

Windows = NDArray[np.int32]
"""By kind of key, how many before and after one's own place are read; a kind with none is left out."""

INTEREST, TWO, BOTH_HELP, HELP, HELP_AND, HELPED, HELPED_AND, SIDES, WELCOMES, PATH_AND = range(10)
MOST_KEYS = 400
_MOST_INTERESTS = 10
_MOST_TOPICS = 3


def windows(**read: tuple[int, int]) -> Windows:
    """`windows(two=(0, 4))`: of two interests in common, nobody before and four after one's own place."""
    kinds = (
        "interest",
        "two",
        "both_help",
        "help",
        "help_and",
        "helped",
        "helped_and",
        "sides",
        "welcomes",
        "path_and",
    )
    return np.array([read.get(kind, (0, 0)) for kind in kinds], dtype=np.int32)


@compiled
def bucket(kind: int, a: int, b: int, c: int, mask: int) -> int:
    mixed = np.uint64(kind) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(a) * np.uint64(0xBF58476D1CE4E5B9)
    mixed += np.uint64(b) * np.uint64(0x94D049BB133111EB) + np.uint64(c) * np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return int(mixed & np.uint64(mask))


@compiled_in_place
def reads(windows: Windows, kind: int) -> bool:
    return bool(windows[kind, 0] + windows[kind, 1] > 0)


@compiled
def keys_of(
    packed: Packed, u: int, looking: bool, windows: Windows, mask: int, out: Longs, kinds: Ints
) -> int:  # fmt: skip
    """Fills `out` with the buckets in which `u` is listed, or, `looking`, finds others; returns how many."""
    count = _of_topics(packed, u, looking, windows, mask, out, kinds)
    me, said = packed.people[u], packed.said
    first, known = np.int64(me.said), min(me.interests, _MOST_INTERESTS)
    for i in range(first, first + known):
        a = said[i]
        if reads(windows, INTEREST):
            count = _put(out, kinds, count, bucket(INTEREST, a, 0, 0, mask), INTEREST)
        if reads(windows, TWO):
            for j in range(i + 1, first + known):
                count = _put(out, kinds, count, bucket(TWO, a, said[j], 0, mask), TWO)
        if me.side != 0 and reads(windows, SIDES):
            sought = 3 - me.side if looking else me.side
            count = _put(out, kinds, count, bucket(SIDES, sought, a, 0, mask), SIDES)
        if reads(windows, WELCOMES) and (me.newcomer if looking else me.welcomer):
            count = _put(out, kinds, count, bucket(WELCOMES, a, 0, 0, mask), WELCOMES)
        if reads(windows, PATH_AND):
            sought = _ahead(me.standing) if looking else me.standing
            if sought >= 0:
                count = _put(out, kinds, count, bucket(PATH_AND, sought // 3, a, 0, mask), PATH_AND)
    return count


@compiled
def _ahead(standing: int) -> int:
    """The standing that knows one's path best: experienced for the new and for students, else one's own."""
    stage = standing // 3
    if stage == 3:
        return standing
    return 12 if stage in {1, 2} else -1


@compiled
def _of_topics(packed: Packed, u: int, looking: bool, windows: Windows, mask: int, out: Longs, kinds: Ints) -> int:
    """By `HELP` one is listed with what one offers and looks for what one asks, by `HELPED` the other way round."""
    me, said = packed.people[u], packed.said
    first, known = np.int64(me.said), min(me.interests, _MOST_INTERESTS)
    first_ask = first + me.interests
    first_offer = first_ask + 2 * me.asks
    asks, offers = min(me.asks, _MOST_TOPICS), min(me.offers, _MOST_TOPICS)
    count = 0
    if reads(windows, BOTH_HELP):
        for i in range(first_ask, first_ask + asks):
            for j in range(first_offer, first_offer + offers):
                a, b = (said[j], said[i]) if looking else (said[i], said[j])
                count = _put(out, kinds, count, bucket(BOTH_HELP, a, b, 0, mask), BOTH_HELP)
    for kind, mine in ((HELP, looking), (HELPED, not looking)):
        topics, many = (first_ask, asks) if mine else (first_offer, offers)
        for i in range(topics, topics + many):
            if reads(windows, kind):
                count = _put(out, kinds, count, bucket(kind, said[i], 0, 0, mask), kind)
            if reads(windows, kind + 1):
                for t in range(first, first + known):
                    count = _put(out, kinds, count, bucket(kind + 1, said[i], said[t] + 1, 0, mask), kind + 1)
    return count


@compiled
def _put(out: Longs, kinds: Ints, count: int, key: int, kind: int) -> int:
    if count >= len(out):
        return count
    out[count], kinds[count] = key, kind
    return count + 1
