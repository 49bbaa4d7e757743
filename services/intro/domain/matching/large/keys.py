"""The place for the keys under which very many people find each other: what one says, the other looks for.

A key is a kind and up to three numbers, hashed to a bucket. Two people meet in a bucket when they share an
interest (or two), when one's ask is the other's offer (and perhaps an interest besides), when a mentor and one
who looks for a mentor share an interest, and so on. Buckets are read around the reader's own place in the order
of places, so that a long bucket still yields neighbours.
"""

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.large.compiled import compiled
from services.intro.domain.matching.large.packed import Ints, Longs, Packed

Windows = NDArray[np.int32]
"""By kind of key, how many on each side of one's own place are read; a kind with 0 is left out."""

INTEREST, TWO, BOTH_HELP, BOTH_HELP_AND, ASK, OFFER, ASK_AND, OFFER_AND, SIDES, WELCOMES, PATH_AND = range(11)
KINDS = 11
MOST_KEYS = 400
_MOST_INTERESTS = 10
_MOST_TOPICS = 3


@compiled
def bucket(kind: int, a: int, b: int, c: int, mask: int) -> int:
    mixed = np.uint64(kind) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(a) * np.uint64(0xBF58476D1CE4E5B9)
    mixed += np.uint64(b) * np.uint64(0x94D049BB133111EB) + np.uint64(c) * np.uint64(0xD6E8FEB86659FD93)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return int(mixed & np.uint64(mask))


@compiled
def keys_of(
    packed: Packed, u: int, looking: bool, windows: Windows, mask: int, out: Longs, width: Ints
) -> int:  # fmt: skip
    """Fills `out` with the buckets in which `u` is listed, or, `looking`, finds others; returns how many."""
    count = _of_topics(packed, u, looking, windows, mask, out, width)
    me, said = packed.people[u], packed.said
    first, known = np.int64(me.said), min(me.interests, _MOST_INTERESTS)
    for i in range(first, first + known):
        a = said[i]
        if windows[INTEREST] > 0:
            count = _put(out, width, count, bucket(INTEREST, a, 0, 0, mask), windows[INTEREST])
        if windows[TWO] > 0:
            for j in range(i + 1, first + known):
                count = _put(out, width, count, bucket(TWO, a, said[j], 0, mask), windows[TWO])
        if me.side != 0 and windows[SIDES] > 0:
            sought = 3 - me.side if looking else me.side
            count = _put(out, width, count, bucket(SIDES, sought, a, 0, mask), windows[SIDES])
        if windows[WELCOMES] > 0 and (me.newcomer if looking else me.welcomer):
            count = _put(out, width, count, bucket(WELCOMES, a, 0, 0, mask), windows[WELCOMES])
        if windows[PATH_AND] > 0:
            sought = _ahead(me.standing) if looking else me.standing
            if sought >= 0:
                count = _put(out, width, count, bucket(PATH_AND, sought // 3, a, 0, mask), windows[PATH_AND])
    return count


@compiled
def _ahead(standing: int) -> int:
    """The standing that knows one's path best: experienced for the new and for students, else one's own."""
    stage = standing // 3
    if stage == 3:
        return standing
    return 12 if stage in {1, 2} else -1


@compiled
def _of_topics(packed: Packed, u: int, looking: bool, windows: Windows, mask: int, out: Longs, width: Ints) -> int:
    me, said = packed.people[u], packed.said
    first, known = np.int64(me.said), min(me.interests, _MOST_INTERESTS)
    first_ask = first + me.interests
    first_offer = first_ask + 2 * me.asks
    asks, offers = min(me.asks, _MOST_TOPICS), min(me.offers, _MOST_TOPICS)
    count = 0
    for i in range(asks):
        for j in range(offers):
            ask, offer = said[first_ask + i], said[first_offer + j]
            a, b = (offer, ask) if looking else (ask, offer)
            if windows[BOTH_HELP] > 0:
                count = _put(out, width, count, bucket(BOTH_HELP, a, b, 0, mask), windows[BOTH_HELP])
            if windows[BOTH_HELP_AND] > 0 and i < 2 and j < 2:
                for t in range(first, first + known):
                    key = bucket(BOTH_HELP_AND, a, b, said[t] + 1, mask)
                    count = _put(out, width, count, key, windows[BOTH_HELP_AND])
    for i in range(asks + offers):
        mine = i < asks
        topic = said[first_ask + i] if mine else said[first_offer + i - asks]
        if windows[ASK] > 0:
            kind = ASK if mine != looking else OFFER
            count = _put(out, width, count, bucket(kind, topic, 0, 0, mask), windows[ASK])
        if windows[ASK_AND] > 0:
            kind = ASK_AND if mine != looking else OFFER_AND
            for t in range(first, first + known):
                key = bucket(kind, topic, said[t] + 1, 0, mask)
                count = _put(out, width, count, key, windows[ASK_AND])
    return count


@compiled
def _put(out: Longs, width: Ints, count: int, key: int, window: int) -> int:
    if count >= len(out):
        return count
    out[count], width[count] = key, window
    return count + 1
