"""The place for "why not X?": an answer to somebody who knows that X is coming, from the round's prices.

It tells nothing that X did not share. Blocked, passed, not asking for introductions and not meeting in the same
way all get the same answer, so that no answer gives one of them away.
"""

from collections.abc import Iterable

from services.intro.domain.matching.plan import Plan
from services.intro.domain.matching.taking_part import Couple
from services.intro.domain.names import first_name
from services.intro.domain.people import Person, Rules
from services.intro.domain.words import plain

MANY_REASONS = "We did not suggest this introduction. There can be many reasons, and most have nothing to do with you."
_HIGH = 2000
"""A price from which somebody counts as sought-after: a small part of a good score."""


def why_not(  # noqa: PLR0911 - one answer a line is how it is read
    asker: Person,
    other: Person,
    *,
    plan: Plan,
    rules: Rules,
    forbidden: Iterable[Couple] = (),
    score: int | None = None,
) -> str:
    """One or two sentences to `asker`. `score` is the pair's, where the round looked at it."""
    if any({pair.a, pair.b} == {asker.id, other.id} for pair in plan.pairs):
        return f"You and {first_name(other.name)} were suggested to each other."
    if any({asker.id, other.id} <= set(table.people) for table in plan.tables):
        return f"You and {first_name(other.name)} sit at the same table."
    if not asker.takes_part:
        return "You have not asked for introductions at this gathering; you can, on your own page."
    if not other.takes_part or frozenset((asker.id, other.id)) in {frozenset(couple) for couple in forbidden}:
        return MANY_REASONS
    if _colleagues(asker, other, rules):
        return "This gathering introduces people from different employers, and you have the same one."
    if score is None or score < 0:
        return MANY_REASONS
    return _by_prices(asker, other, plan)


def _colleagues(asker: Person, other: Person, rules: Rules) -> bool:
    if rules.allow_same_employer or "employer" not in other.share or not plain(asker.employer):
        return False
    return plain(asker.employer) == plain(other.employer)


def _by_prices(asker: Person, other: Person, plan: Plan) -> str:
    mine, theirs = plan.prices.get(asker.id, 0.0), plan.prices.get(other.id, 0.0)
    name = first_name(other.name)
    first = f"{name} was in higher demand: the places went to people for whom the fit was even better."
    if mine > _HIGH and theirs > _HIGH:
        first = "Both of you were in higher demand: your places went to people for whom the fit was even better."
    elif mine > _HIGH:
        first = "You were in higher demand: your places went to people for whom the fit was even better."
    elif theirs <= _HIGH:
        first = "It was close, and the places went elsewhere by a little."
    if any(plan.prices.get(person, 0.0) < 0 for person in _partners(plan, asker.id, other.id)):
        first += " Some went to people who would otherwise have met nobody."
    return first


def _partners(plan: Plan, *people: str) -> set[str]:
    met = {i for pair in plan.pairs if pair.a in people or pair.b in people for i in (pair.a, pair.b)}
    return met - set(people)
