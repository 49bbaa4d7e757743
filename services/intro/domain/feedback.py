"""The place for what people say after meeting: it moves their weights a little, and is reported honestly.

A plain Bayesian update: for each component, of the meetings in which it was there, how many were good because of
it. Everybody starts from what the community says, which starts from even odds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import comb

from services.intro.domain.scoring import COMPONENTS
from services.intro.domain.scoring.weights import CEILING, FLOOR

_THERE = 500
"""A component counts as having been there from here on, of 1000."""
_COMMUNITY_STRENGTH, _PERSON_STRENGTH = 20.0, 6.0
"""As many meetings as the prior is worth: a person's own answers soon outweigh it, a community's later."""
_CHANGED = 0.05
_SURE = 0.05
_WORDS = {
    "ground": "shared interests",
    "help": "being able to help each other",
    "path": "having walked the same path",
    "closeness": "living near each other",
    "company": "a similar pace",
    "way": "meeting in the same way",
    "newness": "another circle",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person says of one introduction. `there`: its components as they were to them, 0..1000."""

    met: bool
    again: bool | None = None
    good_for: frozenset[str] = frozenset()
    there: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Belief:
    """By component: in how many meetings it was there, and in how many of those it was good."""

    trials: Mapping[str, float] = field(default_factory=dict)
    good: Mapping[str, float] = field(default_factory=dict)


NOTHING_LEARNT = Belief()
"""What forgetting goes back to."""


def learn(belief: Belief, answer: Answer) -> Belief:
    """The belief after one more answer. Who did not meet, or does not say, teaches nothing."""
    if not answer.met or answer.again is None:
        return belief
    trials, good = dict(belief.trials), dict(belief.good)
    for name in COMPONENTS:
        if (answer.there.get(name) or 0) >= _THERE or name in answer.good_for:
            trials[name] = trials.get(name, 0.0) + 1
            good[name] = good.get(name, 0.0) + _how_good(name, answer)
    return Belief(trials, good)


def _how_good(name: str, answer: Answer) -> float:
    """All of it to what was named; where nothing was named, to everything that was there."""
    if not answer.again:
        return 0.0
    return 1.0 if not answer.good_for or name in answer.good_for else 0.5


def multipliers(person: Belief, community: Belief = NOTHING_LEARNT) -> dict[str, float]:
    """By component, for `Person.weights`: 1 is as before. Never below a quarter or above four."""
    rates = {name: _rate(person, name, _rate(community, name, 0.5, _COMMUNITY_STRENGTH)) for name in COMPONENTS}
    even = sum(rates.values()) / len(rates)
    return {name: round(min(CEILING, max(FLOOR, rate / even)), 4) for name, rate in rates.items()}


def _rate(belief: Belief, name: str, prior: float, strength: float = _PERSON_STRENGTH) -> float:
    """The mean of a Beta distribution that starts at `prior` and is worth `strength` meetings."""
    return (prior * strength + belief.good.get(name, 0.0)) / (strength + belief.trials.get(name, 0.0))


def in_words(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[str, ...]:
    """What changed, for the person whose weights they are; the largest change first."""
    changes = {name: after.get(name, 1.0) - before.get(name, 1.0) for name in COMPONENTS}
    named = sorted(changes, key=lambda name: (-abs(changes[name]), name))
    return tuple(
        f"We now weigh {_WORDS[name]} {'more' if changes[name] > 0 else 'less'} for you."
        for name in named
        if abs(changes[name]) >= _CHANGED
    )


@dataclass(frozen=True, slots=True)
class Rated:
    """One introduction as one of its two people judged it."""

    person: str
    score: int
    again: bool


@dataclass(frozen=True, slots=True)
class Report:
    """`judged` people liked some introductions and not others.

    For `better` of them the liked ones had scored higher, for `worse` lower. `chance` is how often pure luck
    looks at least so far from even.
    """

    judged: int
    better: int
    worse: int
    chance: float
    sentence: str


def better_than_chance(ratings: Iterable[Rated]) -> Report:
    """Each person against themselves, never pooled: who likes everybody would hide what the scores do."""
    mine: dict[str, list[Rated]] = {}
    for rated in ratings:
        mine.setdefault(rated.person, []).append(rated)
    leanings = [lean for rated in mine.values() if (lean := _leaning(rated)) is not None]
    better, worse = sum(lean > 0 for lean in leanings), sum(lean < 0 for lean in leanings)
    chance = _sign_test(better, worse)
    return Report(len(leanings), better, worse, chance, _honestly(len(leanings), better, worse, chance))


def _leaning(rated: list[Rated]) -> float | None:
    """Above zero where the liked ones had higher scores; None for one who liked all or none."""
    liked, other = [r.score for r in rated if r.again], [r.score for r in rated if not r.again]
    if not liked or not other:
        return None
    return float(sum((x > y) - (x < y) for x in liked for y in other))


def _sign_test(better: int, worse: int) -> float:
    """Two-sided: the probability of a split at least so uneven if each side were a coin's."""
    n = better + worse
    if n == 0:
        return 1.0
    tail = sum(comb(n, k) for k in range(max(better, worse), n + 1)) / 2**n
    return min(1.0, float(2 * tail))


def _honestly(judged: int, better: int, worse: int, chance: float) -> str:
    if not judged:
        return "Nobody has liked some introductions and not others yet, so there is nothing to compare."
    people = "person" if judged == 1 else "people"
    count = (
        f"Of {judged} {people} who liked some introductions and not others, the liked ones had scored higher "
        f"for {better} and lower for {worse}"
    )
    if chance > _SURE:
        return f"{count}: that is no better than chance."
    return f"{count}: that is {'better' if better > worse else 'worse'} than chance."
