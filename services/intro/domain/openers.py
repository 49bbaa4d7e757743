"""The place for how to start: one question that fits both, from what they share, or one that always fits."""

from collections.abc import Sequence
from hashlib import blake2b

from services.intro.domain.people import Person, Rules
from services.intro.domain.reasons import offers_for, shared_words
from services.intro.domain.scoring.terms import Terms
from services.intro.domain.words import said

KICK_STARTERS = (
    "What does networking look like for you?",
    "How do you go about meeting people?",
    "Is networking difficult for you, or easy?",
    "What would you like to get out of meeting people here?",
    "Do you have a tip for getting to know people?",
)
"""The questions of the round table that this product comes from."""
_GROUND = (
    "How did you come to {thing}?",
    "What do you enjoy most about {thing}?",
    "What have you found lately in {thing} that is worth passing on?",
)
_HELP = (
    "What would you try first with “{thing}”?",
    "What do you wish you had known when you started with “{thing}”?",
)


def opener(a: Person, b: Person, *, terms: Terms, rules: Rules) -> str:
    """The same question for both, chosen by who they are, not by chance."""
    number = _number(rules, a.id, b.id)
    shared = shared_words(a, b, terms)
    if shared:
        return _pick(_GROUND, number).format(thing=shared[0])
    wanted = offers_for(a, b, terms) or offers_for(b, a, terms)
    if wanted:
        return _pick(_HELP, number).format(thing=wanted[0][1])
    return general(number, rules)


def general(number: int, rules: Rules) -> str:
    """For people of whom little is known: a kick-start question, or an approved tip to talk about."""
    tips = [said(tip, 160) for tip in rules.tips if tip.strip()]
    if tips and number % 3 == 0:
        return f"Somebody’s tip: “{_pick(tips, number // 3)}” Does that work for you?"
    return _pick(KICK_STARTERS, number)


def table_opener(people: Sequence[Person], *, terms: Terms, rules: Rules) -> str:
    """A question that two or more at a table share, else a kick-start question."""
    number = _number(rules, *(person.id for person in people))
    shared = [word for a in people for b in people if a.id < b.id for word in shared_words(a, b, terms)[:1]]
    return _pick(_GROUND, number).format(thing=shared[0]) if shared else general(number, rules)


def _pick(items: Sequence[str], number: int) -> str:
    return items[number % len(items)]


def _number(rules: Rules, *ids: str) -> int:
    text = "\x1f".join((rules.gathering, str(rules.seed), *sorted(ids)))
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")
