"""The place for whether suggestions do better than chance: person by person, never pooled.

Whom we did not introduce nobody can tell us about, so the question is asked within each person: of the introductions
that somebody told us about, were the ones they would repeat those that we had scored higher? For each person that is
the Mann-Whitney statistic; their deviations from a coin's toss are summed (van Elteren, 1960), so that somebody who
likes everybody, or nobody, says nothing either way.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ENOUGH = 10
"""People with something to compare, below which nothing is claimed."""
UNLIKELY = 0.05


@dataclass(frozen=True, slots=True)
class Told:
    """Of one introduction, as one of its people told it: how we scored it, and whether they would meet again."""

    score: int
    again: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """`comparable` people told of some they would repeat and some not; `agreeing`: we scored the former higher."""

    people: int
    comparable: int
    agreeing: int
    disagreeing: int
    chance: float | None
    sentence: str


def evidence(told: Mapping[str, Sequence[Told]]) -> Evidence:
    """From what each person told; `chance` is how often a coin would do as well, None where it cannot be said."""
    deviations = [found for said in told.values() if (found := _deviation(said)) is not None]
    spread = math.sqrt(sum(variance for _, variance in deviations))
    total = sum(deviation for deviation, _ in deviations)
    chance = 0.5 * math.erfc(total / spread / math.sqrt(2)) if spread else None
    agreeing = sum(deviation > 0 for deviation, _ in deviations)
    disagreeing = sum(deviation < 0 for deviation, _ in deviations)
    counted = (len(told), len(deviations), agreeing, disagreeing)
    return Evidence(*counted, chance, _sentence(len(deviations), agreeing, chance))


def _deviation(said: Sequence[Told]) -> tuple[float, float] | None:
    """How far somebody's comparisons lie from a coin's toss, and the variance that chance alone would give."""
    liked = [told.score for told in said if told.again]
    not_liked = [told.score for told in said if not told.again]
    if not liked or not not_liked:
        return None
    n, m = len(liked), len(not_liked)
    won = sum((a > b) + 0.5 * (a == b) for a in liked for b in not_liked)
    weight = 1 / (n + m + 1)
    variance = n * m * (n + m + 1 - _ties([*liked, *not_liked])) / 12
    return (won - n * m / 2) * weight, variance * weight * weight


def _ties(scores: Iterable[int]) -> float:
    listed = list(scores)
    n = len(listed)
    counts = [listed.count(score) for score in set(listed)]
    return sum(count**3 - count for count in counts) / (n * (n - 1)) if n > 1 else 0.0


def _sentence(comparable: int, agreeing: int, chance: float | None) -> str:
    if chance is None or comparable < ENOUGH:
        who = {0: "Nobody has", 1: "One person has"}.get(comparable, f"{comparable} people have")
        return f"{who} told us of both kinds of introductions; with fewer than {ENOUGH} nothing can be said."
    said = f"For {agreeing} of {comparable} people we had scored those higher that they would repeat"
    if chance <= UNLIKELY:
        return f"{said}: better than chance, which would do as well about {_in_words(chance)}."
    return f"{said}. Chance alone would do as well about {_in_words(chance)}, so nothing is shown."


def _in_words(chance: float) -> str:
    return f"once in {round(1 / chance):,} times" if chance < 0.5 else "half the time or more"
