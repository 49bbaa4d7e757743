"""The place for one phrase: its plain form, in which case, punctuation, accents and plural do not matter."""

import re
import unicodedata
from functools import lru_cache

LONGEST = 200
"""Characters of a phrase that are read; what is beyond says nothing new."""
_ACCENTS = range(0x300, 0x370)
"""Marks over Latin, Greek and Cyrillic letters; those of other scripts are letters of their own."""
_APOSTROPHE = re.compile(r"['\u2019\u02bc]")
_INITIALS = re.compile(r"\b(?:\w\.){2,}")
_ARTICLES = frozenset({"the", "a", "an"})
_UNCHANGED = frozenset({"news", "series", "species", "lens", "atlas", "canvas", "chaos", "always", "diabetes"})
STOP_WORDS = frozenset(
    "a about across after all also am an and any anyone anything are as at be been being but by can could do "
    "does doing for from get getting go going good great had has have help helping how i if in into is it its "
    "just know learn learning like looking make making many me meet more moving much my need new of on or other "
    "others our out over people person please share sharing some someone something start starting than that the "
    "their them there these they thing things this to up use using want was way we what when where which who "
    "will with work working would you your library librarian tip tips idea advice experience better best".split()
)


@lru_cache(maxsize=100_000)
def plain(phrase: str) -> str:
    """`"The E-Books!"` and `"e book"` are both `"e book"`; what has no letters or digits is `""`."""
    text = unicodedata.normalize("NFKD", phrase[:LONGEST]).casefold()
    text = "".join(letter for letter in text if ord(letter) not in _ACCENTS)
    text = _INITIALS.sub(lambda found: found.group().replace(".", ""), text)
    text = _APOSTROPHE.sub("", text).replace("&", " and ").replace("_", " ")
    words = [singular(word) for word in "".join(c if _of_a_word(c) else " " for c in text).split()]
    if len(words) > 1:
        words = [word for word in words if word not in _ARTICLES]
    return " ".join(words)


def _of_a_word(letter: str) -> bool:
    return letter.isalnum() or letter in "+#" or unicodedata.category(letter).startswith("M")


def singular(word: str) -> str:
    """English plurals by their endings. Both forms of a word meet, which is all that is asked of it."""
    if len(word) <= 3 or word in _UNCHANGED or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    if word.endswith(("ss", "us", "is", "ics")):
        return word
    return word[:-1]


def said(phrase: str, most: int = 60) -> str:
    """A phrase as its author wrote it, on one line, without control characters, cut at a word."""
    text = " ".join("".join(c if c.isprintable() else " " for c in phrase[: LONGEST * 2]).split())
    if len(text) <= most:
        return text
    cut = text[:most].rsplit(" ", 1)[0].rstrip(" ,.;:-")
    return f"{cut}…"


def content_words(plain_phrase: str) -> tuple[str, ...]:
    """The words of a plain phrase that say what it is about."""
    return tuple(word for word in plain_phrase.split() if len(word) > 3 and word not in STOP_WORDS)
