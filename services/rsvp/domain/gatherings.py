"""The place for what a gathering is, what it may say of itself, and until when one can RSVP to it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from services.rsvp.domain.capacity import Room
from services.rsvp.domain.profiles import FieldRefused, carried, optional_text
from shared.errors import TablematesError

Kind = Literal["happy_hour", "conference", "meeting", "roundtable", "mentorship", "discussion"]
Format = Literal["in_person", "virtual", "hybrid"]
Mode = Literal["ask", "direct", "none"]

TITLE_MAX = 300
DESCRIPTION_MAX = 20_000
URL_MAX = 2_000
CAPACITY_MAX = 1_000_000
PER_PERSON_MAX = 6
ROUNDS_MAX = 10
CONCEPTS_MAX, ALIASES_MAX, WORD_MAX = 200, 30, 100
LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=3660)

_DURATION = re.compile(r"P(?=\d|T\d)(?:\d{1,2}W|(?:\d{1,3}D)?(?:T(?=\d)(?:\d{1,3}H)?(?:\d{1,3}M)?)?)")


class GatheringUnknown(TablematesError):
    """There is no gathering by that name; perhaps the address was cut off."""

    code = "gathering_unknown"
    status = 404


class GatheringOff(TablematesError):
    """This gathering was cancelled."""

    code = "gathering_cancelled"
    status = 409


class GatheringOver(TablematesError):
    """This gathering is over, so nobody can RSVP to it any more."""

    code = "gathering_over"
    status = 409


class RsvpsClosed(TablematesError):
    """RSVPs to this gathering are closed; ask the organiser whether there is still a place."""

    code = "rsvps_closed"
    status = 409


@dataclass(frozen=True, slots=True)
class Venue:
    """Where a gathering is held."""

    name: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None

    def __post_init__(self) -> None:
        for part in ("name", "city", "region", "country"):
            object.__setattr__(self, part, optional_text(getattr(self, part), field=f"place.{part}"))


@dataclass(frozen=True, slots=True)
class IntroductionRules:
    """How introductions work here. `rounds_before` are ISO 8601 durations before the start."""

    mode: Mode = "ask"
    per_person: int = 3
    rounds_before: tuple[str, ...] = ("P3D", "PT20H")
    allow_same_employer: bool = False
    tables: bool = False
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words of this community, each with those that mean the same; they add to the built-in ones, and win."""

    def __post_init__(self) -> None:
        one_of(self.mode, get_args(Mode), field="introductions.mode")
        within(self.per_person, 1, PER_PERSON_MAX, field="introductions.per_person")
        if len(self.rounds_before) > ROUNDS_MAX:
            raise FieldRefused("introductions.rounds_before", f"has more than {ROUNDS_MAX} entries")
        for text in self.rounds_before:
            if not _DURATION.fullmatch(text):
                raise FieldRefused(
                    "introductions.rounds_before", "must hold durations before the start, like P3D or PT20H"
                )
        object.__setattr__(self, "vocabulary", _words(self.vocabulary))


@dataclass(frozen=True, slots=True)
class Gathering:
    """What people RSVP to. Instants are aware; `taken` and `line` are kept by those who give places away."""

    id: str
    slug: str
    title: str
    kind: Kind
    format: Format
    starts_at: datetime
    ends_at: datetime
    timezone: str
    place: Venue | None = None
    join_url: str | None = None
    description: str = ""
    capacity: int | None = None
    waiting_list: bool = True
    rsvp_closes_at: datetime | None = None
    confirm_addresses: bool = True
    introductions: IntroductionRules = field(default_factory=IntroductionRules)
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    taken: int = 0
    line: int = 0
    """The number that the last one in line was given."""
    acquainted: bool = False
    """Whether there is a list of who knows whom: then everybody who comes is looked for on it."""

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise FieldRefused("title", "must not be blank")
        carried(self.title, field="title", most=TITLE_MAX)
        carried(self.description, field="description", most=DESCRIPTION_MAX)
        one_of(self.kind, get_args(Kind), field="kind")
        one_of(self.format, get_args(Format), field="format")
        if self.timezone not in time_zones():
            raise FieldRefused("timezone", "is not an IANA time zone, like Europe/Berlin or America/New_York")
        if self.capacity is not None:
            within(self.capacity, 1, CAPACITY_MAX, field="capacity")
        if self.join_url is not None:
            _check_web_address(self.join_url)
        self._check_times()

    def _check_times(self) -> None:
        if self.ends_at <= self.starts_at:
            raise FieldRefused("ends_at", "must be after starts_at")
        if self.ends_at - self.starts_at > LONGEST:
            raise FieldRefused("ends_at", "must be within a year of starts_at")
        if self.rsvp_closes_at is not None and self.rsvp_closes_at > self.ends_at:
            raise FieldRefused("rsvp_closes_at", "must not be after the end of the gathering")

    @property
    def room(self) -> Room:
        return Room(self.capacity, self.waiting_list, self.taken)

    @property
    def is_off(self) -> bool:
        return self.cancelled_at is not None


CHANGEABLE = (
    "title", "kind", "format", "starts_at", "ends_at", "timezone", "place", "join_url", "description", "capacity",
    "waiting_list", "rsvp_closes_at", "confirm_addresses", "introductions",
)  # fmt: skip


def check_upcoming(gathering: Gathering, *, now: datetime) -> None:
    """Raises FieldRefused when a gathering would lie in the past, or further off than ten years."""
    if gathering.ends_at <= now:
        raise FieldRefused("ends_at", "is in the past; a gathering has to end in the future")
    if gathering.starts_at - now > FURTHEST:
        raise FieldRefused("starts_at", "is more than ten years away")


def changed(gathering: Gathering, changes: Mapping[str, Any], *, now: datetime) -> tuple[Gathering, tuple[str, ...]]:
    """The gathering with changes, and the names of the fields that really differ.

    `introductions` may hold only some of the rules. Raises GatheringOff, FieldRefused.
    """
    check_on(gathering)
    if "introductions" in changes:
        changes = {**changes, "introductions": replace(gathering.introductions, **changes["introductions"])}
    differing = tuple(name for name in CHANGEABLE if name in changes and changes[name] != getattr(gathering, name))
    if not differing:
        return gathering, ()
    new = replace(gathering, **{name: changes[name] for name in differing})
    if {"starts_at", "ends_at"} & set(differing):
        check_upcoming(new, now=now)
    return new, differing


def check_on(gathering: Gathering) -> None:
    """Raises GatheringOff for a cancelled gathering."""
    if gathering.is_off:
        raise GatheringOff


def check_not_over(gathering: Gathering, *, now: datetime) -> None:
    """Raises GatheringOff or GatheringOver."""
    check_on(gathering)
    if now >= gathering.ends_at:
        raise GatheringOver


def check_open(gathering: Gathering, *, now: datetime) -> None:
    """Whether the public can RSVP now. Raises GatheringOff, GatheringOver or RsvpsClosed."""
    check_not_over(gathering, now=now)
    if gathering.rsvp_closes_at is not None and now >= gathering.rsvp_closes_at:
        raise RsvpsClosed


def _words(vocabulary: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Each word with others that mean the same, within bounds. Raises FieldRefused."""
    name = "introductions.vocabulary"
    if len(vocabulary) > CONCEPTS_MAX:
        raise FieldRefused(name, f"has {len(vocabulary)} entries; at most {CONCEPTS_MAX} are kept")
    found = {}
    for word, same in vocabulary.items():
        if not word.strip() or len(same) > ALIASES_MAX or not all(alias.strip() for alias in same):
            raise FieldRefused(name, f"must give each word up to {ALIASES_MAX} others that mean the same, none blank")
        found[carried(word, field=name, most=WORD_MAX)] = tuple(carried(one, field=name, most=WORD_MAX) for one in same)
    return found


def one_of(value: str, known: tuple[str, ...], *, field: str) -> None:
    if value not in known:
        raise FieldRefused(field, f"must be one of {', '.join(known)}")


def within(value: int, least: int, most: int, *, field: str) -> None:
    if not least <= value <= most:
        raise FieldRefused(field, f"must be from {least:,} to {most:,}")


def _check_web_address(text: str) -> None:
    carried(text, field="join_url", most=URL_MAX)
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known or not text.isprintable() or any(c in text for c in ' <>"\\'):
        raise FieldRefused("join_url", "must be a web address that begins with https://")


@cache
def time_zones() -> frozenset[str]:
    """Every IANA time zone's name: one file, where `zoneinfo.available_timezones` opens six hundred."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split()) - {"Factory"}
