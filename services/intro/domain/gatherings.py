"""The place for a gathering as introductions see it, and whether anybody is introduced there now."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from services.intro.domain.people import Format, Kind, Pace, Rules, Tables
from shared.errors import NotFound
from shared.ids import GatheringId

IntroductionMode = Literal["ask", "direct", "none"]

_DURATION = re.compile(
    r"P(?!$)(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?(?:T(?!$)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
_LONGEST = timedelta(days=366)


class GatheringUnknown(NotFound):
    """There is no gathering by that name; perhaps the address was cut off."""

    code = "gathering_unknown"


@dataclass(frozen=True, slots=True)
class Gathering:
    """What an organiser told rsvp, and `stamp`: how often anything that matters to matching has changed."""

    id: GatheringId
    version: int
    title: str
    url: str
    kind: Kind
    format: Format
    starts_at: datetime
    ends_at: datetime
    timezone: str
    mode: IntroductionMode
    per_person: int
    rounds_before: tuple[str, ...]
    allow_same_employer: bool
    tables: bool
    closes_at: datetime | None = None
    cancelled: bool = False
    stamp: int = 0
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def introduces(self, now: datetime) -> bool:
        """Whether people are introduced here: not cancelled, not switched off, not over."""
        return not self.cancelled and self.mode != "none" and now < self.ends_at


def duration(text: str) -> timedelta | None:
    """An ISO 8601 duration of weeks, days, hours, minutes, seconds; None for what is none, or above a year."""
    found = _DURATION.fullmatch(text.strip().upper())
    if not found or len(text) > 40:
        return None
    try:
        length = timedelta(**{unit: int(number) for unit, number in found.groupdict().items() if number})
    except OverflowError:
        return None
    return length if length <= _LONGEST else None


def rounds(gathering: Gathering) -> list[tuple[str, datetime]]:
    """When rounds run: (the duration as it was written, the instant), earliest first, each instant once."""
    if gathering.cancelled or gathering.mode == "none":
        return []
    times = {
        gathering.starts_at - length: text for text in gathering.rounds_before if (length := duration(text)) is not None
    }
    return [(times[at], at) for at in sorted(times)]


def round_to_come(gathering: Gathering, now: datetime) -> bool:
    return any(at > now for _, at in rounds(gathering))


def seating(gathering: Gathering) -> Tables:
    """Who sits at tables: nobody unless the organiser wants tables; at a happy hour then everybody who likes to."""
    if not gathering.tables:
        return "none"
    return "everybody" if gathering.kind == "happy_hour" else "outgoing"


def sits_at_a_table(gathering: Gathering, pace: Pace | None) -> bool:
    """Whether somebody of this pace is seated where the organiser wants tables."""
    who = seating(gathering)
    return pace == "outgoing" if who == "outgoing" else who == "everybody" and pace != "quiet"


def rules(gathering: Gathering, *, seed: int, tips: tuple[str, ...], hold_back: bool) -> Rules:
    """The gathering's choices as matching reads them."""
    return Rules(
        gathering=gathering.id,
        title=gathering.title,
        kind=gathering.kind,
        format=gathering.format,
        per_person=gathering.per_person,
        allow_same_employer=gathering.allow_same_employer,
        seed=seed,
        hold_back=hold_back,
        tables=seating(gathering),
        tips=tips,
        vocabulary=gathering.vocabulary,
    )
