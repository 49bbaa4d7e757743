"""The place for words that mean the same: synonyms and acronyms of the library world, and the organiser's own.

The words are data, `vocabulary.json`: each concept with the phrases that mean it. An organiser's words are added
over them and win. How a concept is written here is never shown: people read their own words.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources

from services.intro.domain.words import plain

_LONGEST_ALIAS = 5


class Vocabulary:
    """Looks a plain phrase up. Immutable once made."""

    def __init__(self, concepts: Mapping[str, tuple[str, ...]]) -> None:
        self._concept: dict[str, str] = {}
        for concept, aliases in concepts.items():
            key = plain(concept)
            for alias in (concept, *aliases):
                self._concept[plain(alias)] = key
                self._concept[plain(alias).replace(" ", "")] = key
        self._concept.pop("", None)

    def concept(self, plain_phrase: str) -> str | None:
        """The concept that the whole phrase means, else None."""
        return self._concept.get(plain_phrase) or self._concept.get(plain_phrase.replace(" ", ""))

    def concepts_in(self, plain_phrase: str) -> Iterator[str]:
        """The concepts named in a longer phrase, longest names first, without overlap."""
        words = plain_phrase.split()
        at = 0
        while at < len(words):
            for length in range(min(_LONGEST_ALIAS, len(words) - at), 0, -1):
                found = self._concept.get(" ".join(words[at : at + length]))
                if found:
                    yield found
                    at += length - 1
                    break
            at += 1

    def words(self) -> tuple[str, ...]:
        return tuple(self._concept)


@cache
def _built_in() -> Mapping[str, tuple[str, ...]]:
    text = resources.files(__package__).joinpath("vocabulary.json").read_text("utf-8")
    return {concept: tuple(aliases) for concept, aliases in json.loads(text).items()}


@lru_cache(maxsize=64)
def _vocabulary(own: tuple[tuple[str, tuple[str, ...]], ...]) -> Vocabulary:
    return Vocabulary({**_built_in(), **dict(own)})


def vocabulary(own: Mapping[str, tuple[str, ...]] | None = None) -> Vocabulary:
    """The built-in words with the organiser's `own` over them."""
    return _vocabulary(tuple(sorted((concept, tuple(aliases)) for concept, aliases in (own or {}).items())))
