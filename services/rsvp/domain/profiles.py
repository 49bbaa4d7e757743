"""The place for what a profile holds and how much of it.

Text is kept as it was given, byte for byte: nothing is trimmed, folded or normalised here. Only what no
medium can carry is refused: NUL, which PostgreSQL and XML cannot hold, and halves of surrogate pairs, which
UTF-8 cannot.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

from shared.errors import TablematesError

Pace = Literal["quiet", "balanced", "outgoing"]
Reach = Literal["local", "region", "country", "anywhere"]

# Code points. The longest of the naughty strings has 269, the longest interest of real lists 70.
NAME_MAX = 300
TEXT_MAX = 300
ITEM_MAX = 300
ITEMS_MAX = 60
TIP_MAX = 1_000
QUESTION_MAX = 500
ANSWER_MAX = 5_000
ANSWERS_MAX = 100
GUESTS_MAX = 99
AT_MOST_MAX = 6

_CANNOT_BE_CARRIED = re.compile("[\x00\ud800-\udfff]")


class FieldRefused(TablematesError):
    """A field holds something that cannot be kept."""

    code = "field_refused"
    status = 422

    def __init__(self, field: str, wrong: str) -> None:
        super().__init__(f"“{field}” {wrong}.", field=field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is at home."""

    city: str | None = None
    region: str | None = None
    country: str | None = None

    def __post_init__(self) -> None:
        for part in ("city", "region", "country"):
            _keep(self, part, optional_text(getattr(self, part), field=f"place.{part}"))


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person told us. Every field may be blank; making one checks every bound (`FieldRefused`)."""

    role: str | None = None
    employer: str | None = None
    stage: str | None = None
    interests: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    pace: Pace | None = None
    reach: Reach | None = None
    place: Place | None = None
    languages: tuple[str, ...] = ()
    tip: str | None = None
    at_most: int | None = None
    """How many introductions they want at most; of a mentor at a mentorship, how many they take on."""

    def __post_init__(self) -> None:
        for field in LIST_FIELDS:
            if said := getattr(self, field):
                _keep(self, field, tuple(dict.fromkeys(filter(None, said))))
        if not _surely_fits(self):
            self._check_each()
        _one_of(self.pace, PACES, field="pace")
        _one_of(self.reach, REACHES, field="reach")
        if self.at_most is not None and not 1 <= self.at_most <= AT_MOST_MAX:
            raise FieldRefused("at_most", f"must be from 1 to {AT_MOST_MAX}")
        if self.place and not (self.place.city or self.place.region or self.place.country):
            _keep(self, "place", None)

    def _check_each(self) -> None:
        for field in TEXT_FIELDS:
            _keep(self, field, optional_text(getattr(self, field), field=field))
        _keep(self, "tip", optional_text(self.tip, field="tip", most=TIP_MAX))
        for field in LIST_FIELDS:
            check_items(getattr(self, field), field=field)

    @property
    def is_blank(self) -> bool:
        return self == Profile()


PACES, REACHES = get_args(Pace), get_args(Reach)
TEXT_FIELDS = ("role", "employer", "stage")
LIST_FIELDS = ("interests", "goals", "asks", "offers", "languages")
PROFILE_FIELDS = tuple(field.name for field in fields(Profile))


def carried(text: str, *, field: str, most: int = TEXT_MAX) -> str:
    """`text` unchanged when every medium can carry it and it is no longer than `most`; else `FieldRefused`."""
    if len(text) > most:
        raise FieldRefused(field, f"has {len(text):,} characters; at most {most:,} are kept")
    if found := _CANNOT_BE_CARRIED.search(text):
        what = "a NUL character" if found[0] == "\x00" else "half of a surrogate pair"
        raise FieldRefused(field, f"holds {what}, which cannot be stored or mailed")
    return text


def optional_text(text: str | None, *, field: str, most: int = TEXT_MAX) -> str | None:
    """`text` as `carried`, with "" for what was not said."""
    return carried(text, field=field, most=most) or None if text else None


def check_items(texts: tuple[str, ...], *, field: str) -> None:
    """Raises FieldRefused when there are too many, or one of them cannot be kept."""
    for text in texts:
        carried(text, field=field, most=ITEM_MAX)
    if len(texts) > ITEMS_MAX:
        raise FieldRefused(field, f"has {len(texts)} entries; at most {ITEMS_MAX} are kept")


def _surely_fits(profile: Profile) -> bool:
    """One look at everything, since nearly always all of it can be kept; else each field is looked at by itself."""
    texts = (profile.role, profile.employer, profile.stage, profile.tip)
    lists = (profile.interests, profile.goals, profile.asks, profile.offers, profile.languages)
    said = [text for text in texts if text is not None]
    for items in lists:
        said += items
    return (
        "" not in said
        and max(map(len, said), default=0) <= min(TEXT_MAX, ITEM_MAX, TIP_MAX)
        and max(map(len, lists)) <= ITEMS_MAX
        and not _CANNOT_BE_CARRIED.search("".join(said))
    )


def answers_within_bounds(answers: Mapping[str, str]) -> dict[str, str]:
    """Answers to an organiser's own questions, without empty ones; `FieldRefused` beyond the bounds."""
    if len(answers) > ANSWERS_MAX:
        raise FieldRefused("answers", f"has {len(answers)} entries; at most {ANSWERS_MAX} are kept")
    return {
        carried(question, field="answers", most=QUESTION_MAX): carried(answer, field=question[:60], most=ANSWER_MAX)
        for question, answer in answers.items()
        if answer
    }


def filled(profile: Profile, other: Profile) -> Profile:
    """`profile` with its blanks filled from `other`."""
    blanks = {name: getattr(other, name) for name in PROFILE_FIELDS if not getattr(profile, name)}
    return replace(profile, **blanks)


def profile_from(given: Mapping[str, object]) -> Profile:
    """The profile in the JSON shape of the API. Unknown fields and wrong types are refused by name."""
    known: dict[str, object] = {}
    for name, value in given.items():
        if name not in PROFILE_FIELDS:
            raise FieldRefused(f"profile.{name}", f"is not a field; known are {', '.join(PROFILE_FIELDS)}")
        if value is not None:
            known[name] = _read(name, value)
    return Profile(**known)  # type: ignore[arg-type]  # each value was read as its field's type just above


def _read(name: str, value: object) -> object:
    if name == "place":
        return _place(value)
    if name in LIST_FIELDS:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise FieldRefused(f"profile.{name}", "must be a list of texts")
        return tuple(value)
    if name == "at_most":
        if isinstance(value, bool) or not isinstance(value, int):
            raise FieldRefused("profile.at_most", f"must be a whole number from 1 to {AT_MOST_MAX}")
        return value
    if not isinstance(value, str):
        raise FieldRefused(f"profile.{name}", "must be a text")
    return value or None


def _place(value: object) -> Place:
    if not isinstance(value, dict):
        raise FieldRefused("profile.place", "must be an object with city, region and country")
    for part, text in value.items():
        if part not in {"city", "region", "country"}:
            raise FieldRefused(f"profile.place.{part}", "is not a field; known are city, region, country")
        if text is not None and not isinstance(text, str):
            raise FieldRefused(f"profile.place.{part}", "must be a text")
    return Place(**value)


def _one_of(value: str | None, known: tuple[str, ...], *, field: str) -> None:
    if value is not None and value not in known:
        raise FieldRefused(field, f"must be one of {', '.join(known)}")


def _keep(record: object, field: str, value: object) -> None:
    if value is not getattr(record, field):
        object.__setattr__(record, field, value)  # the way a frozen dataclass sets its own fields
