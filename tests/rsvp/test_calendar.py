"""The calendar file of a gathering, as other calendars read it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

from shared.calendar import CalendarEvent, calendar_file, method_of

QUIET = CalendarEvent(
    gathering_id="01a400f6",
    sequence=3,
    stamp=datetime(2027, 3, 1, tzinfo=UTC),
    title="Quiet; Tables, “again”\\",
    starts_at=datetime(2027, 3, 13, 23, tzinfo=UTC),
    ends_at=datetime(2027, 3, 14, 9, tzinfo=UTC),
    timezone="America/New_York",
    place="The Lantern Room, Asheville",
    description="Line\r\nbreak\x07\nBEGIN:VEVENT",
    url="https://tables.example.org/g/quiet",
)


def read(event: CalendarEvent) -> tuple[icalendar.Calendar, Any]:
    calendar = icalendar.Calendar.from_ical(calendar_file(event))
    [found] = calendar.walk("VEVENT")
    return calendar, found


def test_a_calendar_reads_what_the_gathering_says() -> None:
    calendar, event = read(QUIET)
    assert calendar["method"] == "PUBLISH"
    assert event["uid"] == "01a400f6@tablemates"
    assert event["sequence"] == 3
    assert event["status"] == "CONFIRMED"
    assert str(event["summary"]) == QUIET.title
    assert str(event["description"]) == "Line\nbreak\nBEGIN:VEVENT\n\nhttps://tables.example.org/g/quiet"
    assert event["dtstart"].params["TZID"] == "America/New_York"
    assert event["dtstart"].dt == QUIET.starts_at
    assert event["dtend"].dt == QUIET.ends_at


def test_the_same_gathering_gives_the_same_bytes() -> None:
    assert calendar_file(QUIET) == calendar_file(replace(QUIET))


def test_a_cancellation_replaces_what_is_in_the_calendar() -> None:
    calendar, event = read(replace(QUIET, cancelled=True, sequence=4))
    assert (calendar["method"], event["status"], event["uid"]) == ("CANCEL", "CANCELLED", "01a400f6@tablemates")
    assert method_of(replace(QUIET, cancelled=True)) == "CANCEL"


def test_the_link_to_join_stands_where_calendars_look_for_it() -> None:
    _, event = read(replace(QUIET, place="", join_url="https://meet.example.org/x"))
    assert str(event["location"]) == "https://meet.example.org/x"
    assert "https://meet.example.org/x" in str(event["description"])


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Africa/Casablanca", "Australia/Lord_Howe", "UTC"]
)
def test_the_time_zone_in_the_file_gives_the_right_offset_at_any_hour(zone: str) -> None:
    """By the file's own rules alone, as a calendar that knows no time zones has to read it."""
    calendar, _ = read(replace(QUIET, timezone=zone))
    [rules] = calendar.walk("VTIMEZONE")
    parts: list[Any] = rules.subcomponents
    onsets = sorted((part["dtstart"].dt - part["tzoffsetfrom"].td, part["tzoffsetto"].td) for part in parts)
    for hour in range(-150 * 24, 150 * 24, 7):
        at = QUIET.starts_at + timedelta(hours=hour)
        by_the_file = [offset for onset, offset in onsets if onset <= at.replace(tzinfo=None)][-1]
        assert by_the_file == at.astimezone(ZoneInfo(zone)).utcoffset()
