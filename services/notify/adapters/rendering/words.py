"""The place for facts in words: times where the gathering is, places, people, and what has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time

from services.notify.domain.deciding import differences
from services.notify.domain.facts import Gathering
from shared.calendar import place_in_words

LOCALE = "en"
_SPACES = str.maketrans({"\u202f": " ", "\xa0": " "})
_FIELDS = {
    "title": "Name",
    "starts_at": "Time",
    "ends_at": "Time",
    "timezone": "Time",
    "place": "Place",
    "join_url": "Link to join",
    "format": "How",
}
_FORMATS = {"in_person": "in person", "virtual": "online", "hybrid": "in person and online"}


@dataclass(frozen=True, slots=True)
class GatheringWords:
    """A gathering as a mail speaks of it."""

    title: str
    day: str
    short_day: str
    hours: str
    place: str
    join_url: str
    url: str
    format: str
    in_person: bool
    cancelled: bool


@lru_cache(maxsize=256)
def gathering_in_words(gathering: Gathering) -> GatheringWords:
    zone = ZoneInfo(gathering.timezone)
    starts, ends = gathering.starts_at.astimezone(zone), gathering.ends_at.astimezone(zone)
    return GatheringWords(
        title=gathering.title,
        day=day_in_words(starts),
        short_day=_plain(format_date(starts, "MMMM d", locale=LOCALE)),
        hours=_hours(starts, ends),
        place=place_in_words(
            (gathering.place.name, gathering.place.city, gathering.place.region, gathering.place.country)
        ),
        join_url=gathering.join_url or "",
        url=gathering.url,
        format=_FORMATS.get(gathering.format, gathering.format),
        in_person=gathering.format != "virtual",
        cancelled=gathering.cancelled,
    )


def day_in_words(local: datetime) -> str:
    """`Thursday, December 3, 2026`."""
    return _plain(format_date(local, "full", locale=LOCALE))


def moment_in_words(moment: datetime, timezone: str) -> str:
    """`Thursday, December 3, 6:30 PM (Eastern Standard Time)`."""
    local = moment.astimezone(ZoneInfo(timezone))
    return _plain(format_datetime(local, "EEEE, MMMM d, h:mm a (zzzz)", locale=LOCALE, tzinfo=local.tzinfo))


def _hours(starts: datetime, ends: datetime) -> str:
    """`6:30 PM to 8:30 PM (Eastern Standard Time)`, with the day of its end when that is another one."""
    zone = _plain(format_datetime(starts, "zzzz", locale=LOCALE, tzinfo=starts.tzinfo))
    begins = _plain(format_time(starts, "short", locale=LOCALE))
    until = _plain(format_time(ends, "short", locale=LOCALE))
    if ends.date() != starts.date():
        until = f"{_plain(format_date(ends, 'EEEE, MMMM d', locale=LOCALE))}, {until}"
    return f"{begins} to {until} ({zone})"


def changes_in_words(before: Gathering, after: Gathering) -> list[dict[str, str]]:
    """`[{"what": "Place", "before": …, "now": …}]` for what is worth telling."""
    old, new = gathering_in_words(before), gathering_in_words(after)
    told = {
        "Name": (old.title, new.title),
        "Time": (f"{old.day}, {old.hours}", f"{new.day}, {new.hours}"),
        "Place": (old.place, new.place),
        "Link to join": (old.join_url, new.join_url),
        "How": (old.format, new.format),
    }
    names = dict.fromkeys(_FIELDS[name] for name in differences(before, after))
    return [{"what": name, "before": told[name][0], "now": told[name][1]} for name in names]


def people_in_words(people: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Each with `name` and `about` (`Cataloguer, Ridge County Library`), which may be empty."""
    return [
        {
            "name": person["name"] or "Somebody",
            "about": ", ".join(part for part in (person.get("role"), person.get("employer")) if part),
        }
        for person in people
    ]


def listed(names: Sequence[str]) -> str:
    """`Ana, Bo and Cy`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _plain(text: str) -> str:
    return text.translate(_SPACES)
