"""The day before, the day after, a month after: where the gathering is, once, and never at three in the morning."""
# ruff: noqa: DTZ001 - times on the wall of the place are made aware in `the_gathering`

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.facts import Gathering, Place
from services.notify.domain.nearness import nearest
from services.notify.domain.timing import OFFSETS, Offset, Send, TooLate, Wait, decide, planned_at
from services.notify.handlers import reminders
from shared.contracts.intro import IntroductionMade
from shared.contracts.rsvp import (
    AttendeeCheckedIn,
    GatheringCancelled,
    GatheringChanged,
    GatheringCreated,
    RsvpCancelled,
    RsvpConfirmed,
    RsvpWaitlisted,
)
from shared.contracts.rsvp import Place as TownOf
from tests.notify.builders import PostOffice, a_gathering, an_introduction, an_rsvp, text_of

NEW_YORK = ZoneInfo("America/New_York")
DAY_BEFORE = datetime(2027, 3, 10, 15, tzinfo=UTC)
"""Ten in the morning in Asheville, the day before the social."""


def the_gathering(starts: datetime, zone: str = "America/New_York") -> Gathering:
    utc = starts.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return Gathering("social", 1, "Social", "happy_hour", "in_person", utc, utc + timedelta(hours=2), zone)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        ("reminder.before", datetime(2027, 3, 13, 10)),
        ("followup.after", datetime(2027, 3, 15, 10)),
        ("reconnect", datetime(2027, 4, 14, 10)),
    ],
)
def test_ten_in_the_morning_is_local_on_either_side_of_summer_time(offset: Offset, expected: datetime) -> None:
    gathering = the_gathering(datetime(2027, 3, 14, 18))  # the day the clocks go forward
    assert planned_at(offset, gathering) == expected.replace(tzinfo=NEW_YORK)


def test_a_party_that_ends_after_midnight_belongs_to_the_evening_before() -> None:
    gathering = the_gathering(datetime(2027, 3, 5, 23, 30))
    assert planned_at("followup.after", gathering) == datetime(2027, 3, 6, 10, tzinfo=NEW_YORK)


def test_a_month_after_the_last_of_january_is_the_last_of_february() -> None:
    gathering = the_gathering(datetime(2027, 1, 31, 12))
    assert planned_at("reconnect", gathering) == datetime(2027, 2, 28, 10, tzinfo=NEW_YORK)


@given(
    starts=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    zone=st.sampled_from(
        ["America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
    ),
    offset=st.sampled_from(OFFSETS),
    late=st.timedeltas(timedelta(-60), timedelta(60)),
)
def test_nothing_is_sent_early_nor_while_people_sleep_nor_when_it_is_of_no_use(
    starts: datetime, zone: str, offset: Offset, late: timedelta
) -> None:
    gathering = the_gathering(starts, zone)
    now = gathering.starts_at + late
    verdict = decide(offset, gathering, now=now)
    if isinstance(verdict, Send):
        assert now >= planned_at(offset, gathering)
        assert 8 <= now.astimezone(ZoneInfo(zone)).hour < 20
        assert offset != "reminder.before" or now < gathering.starts_at
    elif isinstance(verdict, Wait):
        assert verdict.until > now
        assert not isinstance(decide(offset, gathering, now=verdict.until), Wait)


def test_a_reminder_that_was_missed_is_made_good_in_the_morning_while_there_is_time() -> None:
    gathering = the_gathering(datetime(2027, 3, 14, 18))
    at_three = datetime(2027, 3, 14, 3, tzinfo=NEW_YORK)
    assert decide("reminder.before", gathering, now=at_three) == Wait(
        datetime(2027, 3, 14, 8, tzinfo=NEW_YORK).astimezone(UTC)
    )
    early = the_gathering(datetime(2027, 3, 14, 9))
    assert isinstance(decide("reminder.before", early, now=at_three), TooLate)


async def test_the_story_of_time_is_told_once_each(office: PostOffice) -> None:
    await _two_met(office)
    for moment in (
        DAY_BEFORE - timedelta(seconds=1),
        DAY_BEFORE,
        DAY_BEFORE + timedelta(hours=1),
        datetime(2027, 3, 12, 15, tzinfo=UTC),
        datetime(2027, 4, 11, 14, tzinfo=UTC),
        datetime(2027, 5, 1, 14, tzinfo=UTC),
    ):
        await office.turns_to(moment)
    assert office.kinds("dana")[-3:] == ["reminder.before", "followup.after", "reconnect"]
    assert len(office.kinds("dana")) == 5
    assert "Lee Okafor" in text_of(office.letters("dana")[2])


async def test_nothing_is_sent_a_second_early(office: PostOffice) -> None:
    await _two_met(office)
    await office.turns_to(DAY_BEFORE - timedelta(seconds=1))
    assert "reminder.before" not in office.kinds()


async def test_the_same_moment_twice_reminds_once_though_the_clock_jumps_back(office: PostOffice) -> None:
    await _two_met(office)
    await office.turns_to(DAY_BEFORE + timedelta(minutes=30))
    await office.turns_to(DAY_BEFORE - timedelta(minutes=30))
    await office.turns_to(DAY_BEFORE + timedelta(minutes=40))
    assert office.kinds("dana").count("reminder.before") == 1


async def test_who_left_or_waits_is_not_reminded(office: PostOffice) -> None:
    await _two_met(office)
    await office.hears(an_rsvp(RsvpCancelled, "lee", version=2), an_rsvp(RsvpWaitlisted, "mina"))
    await office.turns_to(DAY_BEFORE)
    assert [str(letter["To"]) for letter in office.letters() if letter["X-Tablemates-Kind"] == "reminder.before"] == [
        "Dana Reyes <dana@example.org>"
    ]


async def test_nothing_is_sent_after_a_cancellation(office: PostOffice) -> None:
    await _two_met(office)
    await office.hears_and_sends(a_gathering(GatheringCancelled, version=2))
    await office.turns_to(datetime(2027, 5, 1, 15, tzinfo=UTC))
    assert office.kinds("dana")[-1] == "gathering.cancelled"


async def test_a_gathering_that_moved_is_reminded_of_at_its_new_time_only(office: PostOffice) -> None:
    await _two_met(office)
    later = datetime(2027, 3, 18, 23, 30, tzinfo=UTC)
    await office.hears_and_sends(a_gathering(GatheringChanged, version=2, starts_at=later))
    await office.turns_to(DAY_BEFORE)
    assert "reminder.before" not in office.kinds()
    await office.turns_to(datetime(2027, 3, 17, 14, tzinfo=UTC))
    assert office.kinds("dana").count("reminder.before") == 1


async def test_who_was_reminded_of_the_old_time_is_reminded_of_the_new_one_too(office: PostOffice) -> None:
    await _two_met(office)
    await office.turns_to(DAY_BEFORE)
    later = datetime(2027, 3, 18, 23, 30, tzinfo=UTC)
    await office.hears_and_sends(a_gathering(GatheringChanged, version=2, starts_at=later))
    await office.turns_to(datetime(2027, 3, 17, 14, tzinfo=UTC))
    assert office.kinds("dana").count("reminder.before") == 2


async def test_a_gathering_that_is_only_renamed_keeps_its_reminders(office: PostOffice) -> None:
    await _two_met(office)
    planned = await office.planned()
    await office.hears(a_gathering(GatheringChanged, version=2, title="Spring social"))
    assert await office.planned() == planned
    await office.turns_to(DAY_BEFORE)
    assert "Spring social" in str(office.letters("dana")[-1]["Subject"])


async def test_too_late_is_recorded_and_not_sent(office: PostOffice) -> None:
    await _two_met(office)
    await office.turns_to(datetime(2027, 3, 20, 15, tzinfo=UTC))
    rows = await office.rows(kind="reminder.before")
    assert {(row.state, row.error.partition(":")[0]) for row in rows} == {("superseded", "too late")}
    assert len(rows) == 2


async def test_the_day_after_asks_only_those_who_were_there_about_those_who_were_there(office: PostOffice) -> None:
    await _two_met(office)
    await office.hears(an_rsvp(RsvpConfirmed, "mina"), an_introduction(IntroductionMade, ("dana", "mina")))
    for who in ("dana", "lee"):
        await office.hears(
            AttendeeCheckedIn(version=2, rsvp_id=f"social-{who}", gathering_id="social", attendee_id=who)
        )
    await office.turns_to(datetime(2027, 3, 12, 15, tzinfo=UTC))
    assert "followup.after" not in office.kinds("mina")
    told = text_of(office.letters("dana")[-1])
    assert "Lee Okafor" in told
    assert "Mina" not in told


async def test_who_was_introduced_to_nobody_is_not_asked_how_it_went(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed))
    await office.turns_to(datetime(2027, 3, 12, 15, tzinfo=UTC))
    assert "followup.after" not in office.kinds()


async def test_a_month_after_names_the_next_gathering_near_them(office: PostOffice) -> None:
    await _two_met(office)
    soon, town = datetime(2027, 4, 20, 22, tzinfo=UTC), TownOf(city="Asheville", region="NC", country="US")
    far = TownOf(city="Portland", region="OR", country="US")
    for name, place, days in (("Portland sooner", far, 0), ("Asheville later", town, 3), ("Asheville soon", town, 1)):
        await office.hears(
            a_gathering(GatheringCreated, name, title=name, place=place, starts_at=soon + timedelta(days=days))
        )
    await office.hears(an_rsvp(RsvpConfirmed, "dana", "Asheville soon"))
    await office.turns_to(datetime(2027, 4, 11, 14, tzinfo=UTC))
    assert "Asheville later" in text_of(office.letters("dana")[-1])
    assert "Asheville soon" in text_of(office.letters("lee")[-1])


def test_online_is_as_near_as_the_same_region() -> None:
    home, base = Place(city="Asheville", region="NC", country="US"), datetime(2027, 5, 1, tzinfo=UTC)

    def at(name: str, place: Place, days: int, format_: str = "in_person") -> Gathering:
        starts = base + timedelta(days=days)
        return Gathering(name, 1, name, "meeting", format_, starts, starts, "UTC", place=place)

    durham = at("Durham", Place(city="Durham", region="NC", country="US"), 5)
    online, lisbon = at("online", Place(), 3, "virtual"), at("Lisbon", Place(city="Lisbon", country="PT"), 1)
    assert nearest([durham, online, lisbon], home) == online
    assert nearest([lisbon], home) is None
    assert nearest([durham, online, at("here", home, 60)], home).title == "here"  # type: ignore[union-attr]


async def test_a_crowd_is_reminded_in_portions_and_everybody_once(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "AT_ONCE", 7)
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, f"guest{n}") for n in range(30)))
    await office.turns_to(DAY_BEFORE)
    assert office.kinds().count("reminder.before") == 30
    assert len({str(letter["To"]) for letter in office.letters()}) == 30


async def _two_met(office: PostOffice) -> None:
    await office.hears(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))
    await office.hears_and_sends(an_introduction(IntroductionMade))
