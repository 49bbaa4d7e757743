"""The place for what somebody's feedback comes to: counted anew from everything they told, and added to everybody's."""

from collections.abc import Iterable, Mapping
from functools import reduce

from services.intro.domain.feedback import NOTHING_LEARNT, Answer, Belief, in_words, learn, multipliers
from services.intro.domain.meetings import GoodFor, Said
from services.intro.domain.scoring import COMPONENTS

_COMPONENT: Mapping[GoodFor, str] = {
    "common_ground": "ground",
    "help": "help",
    "path": "path",
    "closeness": "closeness",
    "company": "company",
    "new_people": "newness",
}


def answer(said: Said, components: Mapping[str, int | None]) -> Answer:
    """What was said of one introduction; `components` are those that were there for the one who says it."""
    named = frozenset(_COMPONENT[reason] for reason in said.good_for if reason in _COMPONENT)
    return Answer(said.met, said.again, named, components)


def believed(answers: Iterable[Answer]) -> Belief:
    return reduce(learn, answers, NOTHING_LEARNT)


def moved(community: Belief, *, before: Belief, after: Belief) -> Belief:
    """Everybody's belief when one person's goes from `before` to `after`."""
    return Belief(
        trials=_moved(community.trials, before.trials, after.trials),
        good=_moved(community.good, before.good, after.good),
    )


def _moved(all_of: Mapping[str, float], less: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    summed = {name: all_of.get(name, 0.0) - less.get(name, 0.0) + more.get(name, 0.0) for name in COMPONENTS}
    return {name: value for name, value in summed.items() if value > 0}


def weights_for(person: Belief, community: Belief) -> dict[str, float] | None:
    """For `Person.weights`; nothing where nobody has told us anything."""
    if not person.trials and not community.trials:
        return None
    return multipliers(person, community)


def told_back(person: Belief) -> list[str]:
    """What a person hears that we have learnt of them: of what was there when they met, not of what weighs more or
    less only because that does.
    """
    weighed = multipliers(person) if person.trials else {}
    return list(in_words({}, {name: weight for name, weight in weighed.items() if person.trials.get(name)}))
