"""The place for made-up people in any number: who they are follows the lopsided ways of real gatherings.

Interests, topics, places and employers follow Zipf's law; people of one scene share interests and topics. The
same seed makes the same people.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.people import Pace, Person, Place, Side, Stage

_INTERESTS, _TOPICS, _CITIES, _STATES, _SCENES = 500, 200, 300, 50, 40
_STAGES: tuple[Stage, ...] = ("student", "new", "changing_career", "experienced", "retired")
_GOALS = ("friendship", "learn", "a new job", "contacts", "mentoring")
_PACES: tuple[Pace, ...] = ("quiet", "balanced", "outgoing")
_MOST = 8


def zipf(size: int, slope: float) -> NDArray[np.float64]:
    shares = 1.0 / np.arange(1, size + 1) ** slope
    return np.asarray(shares / shares.sum())


def _names(kind: str, count: int) -> list[str]:
    """Words that resemble no other word, so that spelling never joins two."""
    letters = "bcdfghklmnprstvz"
    vowels = "aeiou"
    return [
        f"{kind[0]}{letters[i % 16]}{vowels[i // 16 % 5]}{letters[i // 80 % 16]}{vowels[(i // 7) % 5]}{i}"
        for i in range(count)
    ]


def _interests(chance: np.random.Generator, scene: NDArray[np.int64]) -> NDArray[np.int64]:
    """Fourteen draws a person, three in five from their scene's own favourites."""
    n, draws = len(scene), 14
    favourites = np.stack([chance.permutation(_INTERESTS) for _ in range(_SCENES)])
    luck = chance.random((n, draws))
    everywhere = np.minimum(np.searchsorted(np.cumsum(zipf(_INTERESTS, 1.05)), luck), _INTERESTS - 1)
    in_scene = np.minimum(np.searchsorted(np.cumsum(zipf(_INTERESTS, 1.3)), luck), _INTERESTS - 1)
    local = favourites[scene[:, None], in_scene]
    return np.where(chance.random((n, draws)) < 0.6, local, everywhere)


def _topics(chance: np.random.Generator, scene: NDArray[np.int64]) -> NDArray[np.int64]:
    """None, one or two topics; -1 for none."""
    n = len(scene)
    many = chance.choice(3, n, p=[0.3, 0.45, 0.25])
    topics = (chance.choice(_TOPICS, (n, 2), p=zipf(_TOPICS, 0.9)) + scene[:, None] * 5) % _TOPICS
    topics[many < 1, 0] = -1
    topics[(many < 2) | (topics[:, 0] == topics[:, 1]), 1] = -1
    return topics


def made_up(count: int, seed: int = 0) -> list[Person]:
    """`count` people, each with an id of its own."""
    return list(stream_of(count, seed))


def stream_of(count: int, seed: int = 0) -> Iterator[Person]:
    chance = np.random.default_rng(seed)
    states = np.sort(chance.integers(0, _STATES, _CITIES))
    cities = chance.choice(_CITIES, count, p=zipf(_CITIES, 0.8)[chance.permutation(_CITIES)])
    scene = chance.choice(_SCENES, count, p=zipf(_SCENES, 0.7))
    interests, wanted = _interests(chance, scene), chance.integers(3, _MOST + 1, count)
    asks, offers = _topics(chance, scene), _topics(chance, scene)
    stages = chance.choice(5, count, p=[0.2, 0.25, 0.25, 0.2, 0.1])
    luck = chance.random((count, 6))
    employers = max(8, count // 15)
    employer = chance.choice(employers, count, p=zipf(employers, 0.7))
    paces = chance.choice(4, count, p=[0.25, 0.35, 0.2, 0.2])
    capacity = chance.choice([1, 2, 3, 4, 5, 6], count, p=[0.15, 0.25, 0.25, 0.2, 0.1, 0.05])
    goals = chance.choice(len(_GOALS) + 3, count)
    words, themes = _names("interest", _INTERESTS), _names("topic", _TOPICS)
    places = [Place(f"City {c}", f"State {s}", f"Country {s // 25}") for c, s in enumerate(states)]
    for i in range(count):
        asked = [themes[t] for t in asks[i] if t >= 0]
        newcomer = bool(luck[i, 2] < 0.15)
        yield Person(
            id=f"p{i}",
            name=f"Person {i}",
            employer=f"Employer {employer[i]}",
            stage=_STAGES[stages[i]] if luck[i, 4] < 0.8 else None,
            interests=tuple(words[t] for t in dict.fromkeys(interests[i].tolist()))[: wanted[i]],
            goals=(_GOALS[goals[i]],) if goals[i] < len(_GOALS) else (),
            asks=tuple(asked),
            offers=tuple(t for t in (themes[t] for t in offers[i] if t >= 0) if t not in asked),
            pace=_PACES[paces[i]] if paces[i] < 3 else None,
            reach=("local", "region", "country", "anywhere")[i % 4] if luck[i, 5] < 0.7 else None,
            place=places[cities[i]],
            capacity=int(capacity[i]),
            newcomer=newcomer,
            welcomer=bool(not newcomer and luck[i, 3] < (0.35 if capacity[i] >= 3 else 0.1)),
            mentor=_side(int(stages[i]), float(luck[i, 0])),
        )


def _side(stage: int, luck: float) -> Side | None:
    if stage <= 1 and luck < 0.5:
        return "mentee"
    return "mentor" if stage >= 3 and luck < 0.4 else None


def acquainted(count: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Pairs who know each other already: one and a half a person nearby, a third anywhere."""
    chance = np.random.default_rng(seed + 1)
    first = chance.integers(0, count, int(1.5 * count))
    second = np.clip(first + chance.integers(1, 60, len(first)), 0, count - 1)
    far, away = chance.integers(0, count, (2, int(0.3 * count)))
    for a, b in zip(np.concatenate([first, far]).tolist(), np.concatenate([second, away]).tolist(), strict=True):
        if a != b:
            yield f"p{a}", f"p{b}"
