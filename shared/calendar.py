"""The place for calendar files: one gathering as iCalendar (RFC 5545), for a mail's attachment and for a page."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, Timezone, TimezoneDaylight, TimezoneStandard, vText, vUri

PRODUCT = "-//Tablemates//Tablemates//EN"
MEDIA_TYPE = "text/calendar"
_AROUND = timedelta(days=183)

# RFC 5545, section 3.1: no control characters but the tab; a line break is written as \n.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One gathering as a calendar keeps it. `sequence` is the gathering's version, `stamp` when that was written.

    `starts_at` and `ends_at` are aware; they are shown in `timezone`, an IANA name. `url` leads to the page,
    `join_url` into a virtual room and belongs in the files of those who are going only.
    """

    gathering_id: str
    sequence: int
    stamp: datetime
    title: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    place: str = ""
    description: str = ""
    url: str = ""
    join_url: str = ""
    cancelled: bool = False

    @property
    def uid(self) -> str:
        """The same for every version of a gathering, so that a calendar replaces what it has."""
        return f"{self.gathering_id}@tablemates"


def place_in_words(parts: Iterable[str | None]) -> str:
    """`The Lantern Room, Asheville, NC, US` from a place's name, city, region and country."""
    return ", ".join(part for part in parts if part)


def calendar_file(event: CalendarEvent) -> bytes:
    """The `.ics` file, folded and escaped, with the time zone's own rules in it; the same event, the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method_of(event))
    calendar.add_component(_zone(event))
    calendar.add_component(_component(event))
    return bytes(calendar.to_ical())


def method_of(event: CalendarEvent) -> str:
    """The iTIP method (RFC 5546), which a mail repeats in its Content-Type."""
    return "CANCEL" if event.cancelled else "PUBLISH"


def _component(event: CalendarEvent) -> Event:
    zone = ZoneInfo(event.timezone)
    told = Event()
    told.add("uid", event.uid)
    told.add("sequence", event.sequence)
    told.add("dtstamp", event.stamp.astimezone(UTC))
    told.add("dtstart", event.starts_at.astimezone(zone))
    told.add("dtend", event.ends_at.astimezone(zone))
    told.add("summary", vText(carried(event.title)))
    told.add("status", "CANCELLED" if event.cancelled else "CONFIRMED")
    for name, text in (("location", event.place or event.join_url), ("description", _description(event))):
        if text:
            told.add(name, vText(carried(text)))
    if _is_address(event.url):
        told.add("url", vUri(event.url))
    return told


def _zone(event: CalendarEvent) -> Timezone:
    """The time zone's rules from half a year before the gathering to half a year after it.

    icalendar's own builder puts the start of summer time an hour late (at the new offset, where RFC 5545,
    section 3.6.5, has the old one), so the observances are written here.
    """
    zone = ZoneInfo(event.timezone)
    first, last = event.starts_at - _AROUND, event.ends_at + _AROUND
    told = Timezone()
    told.add("tzid", event.timezone)
    told.add_component(_observance(first.astimezone(zone), first.astimezone(zone)))
    for before, after in _changes(zone, first, last):
        told.add_component(_observance(before, after))
    return told


def _changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterable[tuple[datetime, datetime]]:
    """The last second before each change of offset and the first after it, in local time."""
    day = first
    while day < last:
        following = day + timedelta(days=1)
        if day.astimezone(zone).utcoffset() != following.astimezone(zone).utcoffset():
            low, high = int(day.timestamp()), int(following.timestamp())
            while high - low > 1:
                middle = (low + high) // 2
                same = _at(middle, zone).utcoffset() == _at(low, zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield _at(low, zone), _at(high, zone)
        day = following


def _at(second: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(second, UTC).astimezone(zone)


def _observance(before: datetime, after: datetime) -> Component:
    told: Component = TimezoneDaylight() if after.dst() else TimezoneStandard()
    old_offset = before.utcoffset() or timedelta()
    told.add("dtstart", (after.astimezone(UTC) + old_offset).replace(tzinfo=None, microsecond=0))
    told.add("tzoffsetfrom", old_offset)
    told.add("tzoffsetto", after.utcoffset() or timedelta())
    told.add("tzname", after.tzname() or "LMT")
    return told


def _description(event: CalendarEvent) -> str:
    return "\n\n".join(part for part in (event.description, event.join_url, event.url) if part)


def carried(text: str) -> str:
    """The text as a calendar can carry it: line breaks as one kind, no control characters."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _is_address(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https") and url.isprintable() and " " not in url
