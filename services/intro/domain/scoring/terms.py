"""The place for what words mean in one gathering: each phrase as a number, and how rare it is there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import log

from services.intro.domain.people import Person, Rules
from services.intro.domain.scoring.spelling import corrections
from services.intro.domain.vocabulary import Vocabulary, vocabulary
from services.intro.domain.words import content_words, plain

MOST_INTERESTS = 24
MOST_TOPICS = 16
"""A person's rarest interests and first asks or offers that count; a profile of 10,000 is cut to these."""
MOST_READ = 400
_STRANGERS = 12
"""As if this many more came who share nothing: in a tiny gathering what all picked still says something."""
_COMMON = log(1.5)
_WORD = "~"


@dataclass(slots=True)
class Terms:
    """Numbers for phrases. Grows when a late person says something new; rarities are those of the start."""

    people: int
    words: Vocabulary
    ids: dict[str, int] = field(default_factory=dict)
    rarity: list[int] = field(default_factory=list)
    meant: dict[str, str] = field(default_factory=dict)
    too_common: frozenset[str] = frozenset()
    _interest: dict[str, int] = field(default_factory=dict)
    _topic: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def interest(self, phrase: str) -> int:
        """The number of an interest, -1 for one without letters."""
        known = self._interest.get(phrase)
        if known is None:
            key = self.key(phrase)
            known = self._interest[phrase] = self._id(key) if key else -1
        return known

    def topic(self, phrase: str) -> tuple[int, ...]:
        """The numbers under which an ask or an offer is found: itself, what it names, its telling words."""
        known = self._topic.get(phrase)
        if known is None:
            keys = (key for key in topic_keys(self, phrase) if key not in self.too_common)
            known = self._topic[phrase] = tuple(dict.fromkeys(map(self._id, keys)))
        return known

    def key(self, phrase: str) -> str:
        text = plain(phrase)
        text = self.meant.get(text, text)
        return self.words.concept(text) or text

    def rarest(self, phrases: Iterable[str], most: int = MOST_INTERESTS) -> list[int]:
        """A person's interests as sorted numbers, at most `most`, the rarest that somebody shares first."""
        found = {term for phrase in phrases if (term := self.interest(phrase)) >= 0}
        if len(found) > most:
            found = set(sorted(found, key=lambda t: (not self.shared(t), -self.rarity[t], t))[:most])
        return sorted(found)

    def shared(self, term: int) -> bool:
        return self.rarity[term] < self._alone

    @property
    def _alone(self) -> int:
        return rarity(1, self.people)

    def _id(self, key: str) -> int:
        found = self.ids.get(key)
        if found is None:
            found = self.ids[key] = len(self.rarity)
            self.rarity.append(self._alone)
        return found


def rarity(said_by: int, people: int) -> int:
    """Hundredths of a nat by which sharing this surprises; 0 for what two thirds of the people or more say."""
    return max(0, round(100 * (log((people + _STRANGERS) / max(1, said_by)) - _COMMON)))


def topic_keys(terms: Terms, phrase: str) -> list[str]:
    text = plain(phrase)
    if not text:
        return []
    named = list(terms.words.concepts_in(text))
    return [terms.key(phrase), *named, *(_WORD + word for word in content_words(text))]


def learn_terms(people: Sequence[Person], rules: Rules) -> Terms:
    """What this gathering's people say, counted once a person, only from fields they share."""
    said: Counter[str] = Counter()
    topics: Counter[str] = Counter()
    for person in people:
        if "interests" in person.share:
            said.update(set(person.interests[:MOST_READ]))
        topics.update({*_shared(person, "asks"), *_shared(person, "offers")})
    terms = Terms(len(people), vocabulary(rules.vocabulary))
    terms.meant = _misspelt(said, topics, terms.words)
    terms.too_common = _empty_words(terms, topics)
    _count_interests(people, terms)
    return terms


def _shared(person: Person, name: str) -> tuple[str, ...]:
    return tuple(getattr(person, name))[:MOST_TOPICS] if name in person.share else ()


def _misspelt(said: Counter[str], topics: Counter[str], words: Vocabulary) -> dict[str, str]:
    plainly: Counter[str] = Counter()
    for phrase, count in (said + topics).items():
        plainly[plain(phrase)] += count
    unknown = {text: count for text, count in plainly.items() if text and not words.concept(text)}
    return corrections(unknown, words.words())


def _empty_words(terms: Terms, topics: Counter[str]) -> frozenset[str]:
    """Words so frequent in asks and offers that sharing one says nothing."""
    used: Counter[str] = Counter()
    for phrase, count in topics.items():
        for key in topic_keys(terms, phrase):
            if key.startswith(_WORD):
                used[key] += count
    most = max(4, terms.people // 20)
    return frozenset(key for key, count in used.items() if count > most)


def _count_interests(people: Sequence[Person], terms: Terms) -> None:
    """Numbers are given in the order of the words, so that the order of people does not matter."""
    key = cache(terms.key)
    said: Counter[str] = Counter()
    for person in people:
        if "interests" in person.share:
            said.update(set(map(key, person.interests[:MOST_READ])))
    said.pop("", None)
    for word in sorted(said):
        terms.ids[word] = len(terms.rarity)
        terms.rarity.append(rarity(said[word], len(people)))
