"""The place for how people are called in a sentence."""

from collections.abc import Sequence

from services.intro.domain.words import said

_TITLES = frozenset({"dr", "mr", "mrs", "ms", "mx", "miss", "prof", "professor", "rev", "sir", "dame"})


def first_name(name: str) -> str:
    """`Dana` for Dana Reyes; the whole name where its first word is a title, an initial or not alone a name."""
    whole = said(name)
    first = whole.split(" ")[0]
    if "," in whole or first.rstrip(".").casefold() in _TITLES or len(first.rstrip(".")) < 2:
        return whole or "This person"
    return first


def listed(things: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(things) < 2:
        return "".join(things)
    return f"{', '.join(things[:-1])} and {things[-1]}"
