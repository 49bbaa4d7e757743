"""The place for what feedback teaches: how much each component of a good introduction counts for somebody.

A plain Bayesian update. How much a component counts, beside what somebody's goals say, is a rate with a gamma prior;
a meeting in which the component was present to a share s is an exposure of s, and what was said of the meeting is
how much good was counted in it (Gelman et al., Bayesian Data Analysis, 2.6: the conjugate Poisson model). A person's
prior is what everybody said together, and that one's prior is 1. Nobody's feedback counts for more than a little.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.intro.domain.meetings import GoodFor, Said
from services.intro.domain.scoring import COMPONENTS, WHOLE
from services.intro.domain.scoring.weights import CEILING, FLOOR

Counts = Mapping[str, tuple[float, float]]
"""By component: the good that was counted, and the exposure to it."""

PERSONS_PRIOR = 4.0
"""A person's own meetings weigh as much as what we assumed after four of them in which a component was fully met."""
EVERYBODYS_PRIOR = 40.0
NOTICED = 0.1
"""Changes below a tenth are not worth telling."""

_GOOD: Mapping[GoodFor, str] = {
    "common_ground": "ground",
    "help": "help",
    "path": "path",
    "closeness": "closeness",
    "company": "company",
    "new_people": "newness",
}
_IN_WORDS: Mapping[str, str] = {
    "ground": "shared interests",
    "help": "asking for help and giving it",
    "path": "people who have walked the same way",
    "closeness": "people who live near you",
    "company": "people of your own pace",
    "way": "how you both take part",
    "newness": "people from elsewhere",
}


@dataclass(frozen=True, slots=True)
class Meeting:
    """What somebody said of one introduction, and how far each component was met for them, 0..1000."""

    said: Said
    components: Mapping[str, int | None]


def counted(meetings: Iterable[Meeting]) -> dict[str, tuple[float, float]]:
    """What somebody's meetings say. Those that did not take place, or of which nothing was said, say nothing."""
    good, exposure = dict.fromkeys(COMPONENTS, 0.0), dict.fromkeys(COMPONENTS, 0.0)
    for meeting in meetings:
        if meeting.said.met and meeting.said.again is not None:
            for name in COMPONENTS:
                share = (meeting.components.get(name) or 0) / WHOLE
                exposure[name] += share
                good[name] += share * _credit(name, meeting.said)
    return {name: (good[name], exposure[name]) for name in COMPONENTS if exposure[name]}


def _credit(name: str, said: Said) -> float:
    """1 is what was expected: more for what it was good for, less for the rest, nothing where once was enough."""
    named = {_GOOD[reason] for reason in said.good_for if reason in _GOOD}
    if name in named:
        return 2.0 if said.again else 1.0
    if not said.again:
        return 0.0
    return 0.5 if named else 1.0


def multipliers(own: Counts, everybodys: Counts) -> dict[str, float] | None:
    """By component: what its weight is multiplied by, between a floor and a ceiling; None where nothing is known."""
    if not own and not everybodys:
        return None
    return {name: _rate(name, own, everybodys) for name in COMPONENTS}


def _rate(name: str, own: Counts, everybodys: Counts) -> float:
    prior = _posterior(everybodys.get(name), mean=1.0, worth=EVERYBODYS_PRIOR)
    return min(CEILING, max(FLOOR, _posterior(own.get(name), mean=prior, worth=PERSONS_PRIOR)))


def _posterior(seen: tuple[float, float] | None, *, mean: float, worth: float) -> float:
    good, exposure = seen or (0.0, 0.0)
    return (worth * mean + good) / (worth + exposure)


def sentences(own: Counts) -> list[str]:
    """What a person is told that we have learnt of them."""
    said = []
    for name in own:
        rate = _rate(name, own, {})
        if abs(rate - 1) >= NOTICED:
            said.append(f"We now weigh {_IN_WORDS[name]} {'more' if rate > 1 else 'less'} for you.")
    return said


def moved(everybodys: Counts, *, before: Counts, after: Counts) -> dict[str, tuple[float, float]]:
    """Everybody's counts when one person's go from `before` to `after`."""
    names = [name for name in COMPONENTS if name in everybodys or name in before or name in after]
    summed = {
        name: tuple(
            max(
                0.0,
                everybodys.get(name, (0.0, 0.0))[i] - before.get(name, (0.0, 0.0))[i] + after.get(name, (0.0, 0.0))[i],
            )
            for i in (0, 1)
        )
        for name in names
    }
    return {name: (values[0], values[1]) for name, values in summed.items()}
