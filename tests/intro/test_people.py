"""Somebody's words become a person that matching understands."""

import pytest

from services.intro.domain.coming import Rsvp, person_of, stage_of
from services.intro.domain.gatherings import duration
from shared.ids import AttendeeId, GatheringId


def an_rsvp(share: tuple[str, ...] = ("stage", "goals"), **profile: object) -> Rsvp:
    return Rsvp(GatheringId("g"), AttendeeId("dana"), "r", 1, "going", introductions=True, share=share, profile=profile)


@pytest.mark.parametrize(
    ("said", "stage"),
    [
        ("changing_career", "changing_career"),
        ("Changing careers", "changing_career"),
        ("Library school student", "student"),
        ("Mid-career", "experienced"),
        ("New to this line of work", "new"),
        ("Retired", "retired"),
        ("wizard", None),
        ("", None),
        (None, None),
    ],
)
def test_a_stage_in_anybodys_words(said: str | None, stage: str | None) -> None:
    assert stage_of(said) == stage


def test_who_is_new_is_a_newcomer_and_who_is_experienced_can_welcome() -> None:
    assert person_of(an_rsvp(stage="student")).newcomer
    assert person_of(an_rsvp(stage="experienced")).welcomer
    assert person_of(an_rsvp(goals=("to give back",))).welcomer


@pytest.mark.parametrize(
    ("profile", "side"),
    [
        ({"asks": ("finding a mentor",)}, "mentee"),
        ({"offers": ("budgets, mentoring",)}, "mentor"),
        ({"goals": ("mentor",), "stage": "experienced"}, "mentor"),
        ({"goals": ("mentor",), "stage": "new"}, "mentee"),
        ({"goals": ("learn",)}, None),
    ],
)
def test_mentors_and_mentees_by_what_they_ask_and_offer(profile: dict[str, object], side: str | None) -> None:
    assert person_of(an_rsvp(**profile)).mentor == side  # type: ignore[arg-type]


def test_what_is_not_shared_does_not_count() -> None:
    assert person_of(an_rsvp(share=("interests", "tip"))).share == frozenset({"interests"})


@pytest.mark.parametrize(("text", "hours"), [("P3D", 72), ("PT20H", 20), ("P1W", 168), ("P1DT12H", 36), ("pt90m", 1.5)])
def test_iso_durations(text: str, hours: float) -> None:
    length = duration(text)
    assert length is not None
    assert length.total_seconds() == hours * 3600


@pytest.mark.parametrize("text", ["", "P", "PT", "3D", "P3X", "-P3D", "P999999999999D", "P400D", "P1Y"])
def test_what_is_no_duration_of_ours_is_passed_over(text: str) -> None:
    assert duration(text) is None
