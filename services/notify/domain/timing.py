"""The place for when reminders and follow-ups are sent: at a humane hour where the gathering is, or not at all."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from services.notify.domain.facts import Gathering

Offset = Literal["reminder.before", "followup.after", "reconnect"]
OFFSETS: tuple[Offset, ...] = ("reminder.before", "followup.after", "reconnect")

AT = time(10)
WAKING = (time(8), time(20))
LATE_NIGHT = timedelta(hours=6)
BEFORE_THE_START = timedelta(hours=2)
PATIENCE: dict[Offset, timedelta] = {"followup.after": timedelta(days=3), "reconnect": timedelta(days=10)}


@dataclass(frozen=True, slots=True)
class Send:
    """Now is the time."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: at this instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class TooLate:
    """It would be of no use any more."""

    reason: str


def planned_at(offset: Offset, gathering: Gathering) -> datetime:
    """Ten in the morning, local time: the day before it starts, the day after it ended, or a month after."""
    zone = ZoneInfo(gathering.timezone)
    if offset == "reminder.before":
        return _local(gathering.starts_at.astimezone(zone).date() - timedelta(days=1), AT, zone)
    # a party that ends at two in the morning belongs to the evening before
    last_day = (gathering.ends_at.astimezone(zone) - LATE_NIGHT).date()
    if offset == "followup.after":
        return _local(last_day + timedelta(days=1), AT, zone)
    return _local(_a_month_after(last_day), AT, zone)


def useful_until(offset: Offset, gathering: Gathering) -> datetime:
    """From this instant on it is too late."""
    if offset == "reminder.before":
        return gathering.starts_at - BEFORE_THE_START
    return planned_at(offset, gathering) + PATIENCE[offset]


def decide(offset: Offset, gathering: Gathering, *, now: datetime) -> Send | Wait | TooLate:
    """Whether to send now. Late is made good at the next waking hour, as long as that is of use."""
    planned, last = planned_at(offset, gathering), useful_until(offset, gathering)
    if now < planned:
        return Wait(planned)
    awake = next_waking(now, ZoneInfo(gathering.timezone))
    if awake >= last:
        return TooLate(f"too late: it was planned for {planned.isoformat()} and is of no use after {last.isoformat()}")
    return Send() if awake == now else Wait(awake)


def next_waking(now: datetime, zone: ZoneInfo) -> datetime:
    """`now`, if people are up where the gathering is; else the next eight in the morning there."""
    local = now.astimezone(zone)
    if WAKING[0] <= local.time() < WAKING[1]:
        return now
    day = local.date() if local.time() < WAKING[0] else local.date() + timedelta(days=1)
    return _local(day, WAKING[0], zone)


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _a_month_after(day: date) -> date:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
