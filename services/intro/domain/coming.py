"""The place for an RSVP as introductions see it: whether its holder may be introduced, and as whom."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from sys import intern
from typing import Any, Literal, get_args

from services.intro.domain.feedback import NOTHING_LEARNT, Belief
from services.intro.domain.people import SHAREABLE, Pace, Person, Place, Reach, Side, Stage
from shared.errors import NotFound
from shared.ids import AttendeeId, GatheringId

RsvpStatus = Literal["pending", "going", "waitlisted", "declined", "cancelled", "erased"]

_STAGES: tuple[tuple[Stage, tuple[str, ...]], ...] = (
    ("changing_career", ("chang", "switch", "transition", "career move", "pivot")),
    ("student", ("student", "graduate school", "mlis", "intern")),
    ("retired", ("retire",)),
    ("new", ("new", "early", "junior", "first", "entry", "recent", "starting")),
    ("experienced", ("experienced", "senior", "mid", "lead", "establish", "veteran", "director", "manag", "late")),
)
_WELCOMES = ("welcom", "give back", "help new", "help others", "support others", "host")
_MENTORS = (
    "be a mentor",
    "mentoring",
    "mentor others",
    "mentor new",
    "mentor some",
    "offer mentor",
    "to mentor",
    "coaching",
)
_SEEKS_MENTOR = ("a mentor", "be mentored", "mentee", "mentorship", "finding mentors")
_PACES: dict[str, Pace] = {pace: pace for pace in get_args(Pace)}
_REACHES: dict[str, Reach] = {reach: reach for reach in get_args(Reach)}
_NEWCOMERS: tuple[Stage, ...] = ("student", "new", "changing_career")
_WELCOMERS: tuple[Stage, ...] = ("experienced", "retired")


class RsvpUnknown(NotFound):
    """This person has no RSVP to this gathering."""

    code = "rsvp_unknown"


@dataclass(frozen=True, slots=True)
class Rsvp:
    """One attendee's answer to one gathering, with what they told us.

    `suppressed` and what was `learnt` from feedback hold in every gathering.
    """

    gathering_id: GatheringId
    attendee_id: AttendeeId
    rsvp_id: str
    version: int
    status: RsvpStatus
    name: str = ""
    email: str = ""
    introductions: bool = False
    asked_first: bool = False
    share: tuple[str, ...] = ()
    profile: Mapping[str, Any] = field(default_factory=dict)
    suppressed: bool = False
    learnt: Belief = NOTHING_LEARNT

    @property
    def may_be_introduced(self) -> bool:
        return self.status == "going" and self.introductions and not self.suppressed

    def shared_text(self, name: str) -> str | None:
        """A field of the profile that this person agreed to show, else nothing."""
        return (self.profile.get(name) or None) if name in self.share else None


def stage_of(text: str | None) -> Stage | None:
    """A stage in anybody's words as one of ours."""
    said = (text or "").casefold().replace("_", " ").replace("-", " ")
    return next((stage for stage, stems in _STAGES if any(stem in said for stem in stems)), None)


def person_of(rsvp: Rsvp, *, had: int = 0, weights: Mapping[str, float] | None = None) -> Person:
    """The person as a round sees them; what somebody is welcomed or mentored by follows from stage and goals.

    What many say is kept once: an index holds everybody of its gathering.
    """
    profile, stage = rsvp.profile, stage_of(rsvp.profile.get("stage"))
    goals = _once(profile.get("goals"))
    asked, offered = _words(goals, profile.get("asks")), _words(goals, profile.get("offers"))
    return Person(
        id=intern(rsvp.attendee_id),
        name=rsvp.name,
        email=rsvp.email,
        role=intern(profile.get("role") or ""),
        employer=intern(profile.get("employer") or ""),
        stage=stage,
        interests=_once(profile.get("interests")),
        goals=goals,
        asks=_once(profile.get("asks")),
        offers=_once(profile.get("offers")),
        pace=_PACES.get(profile.get("pace") or ""),
        reach=_REACHES.get(profile.get("reach") or ""),
        place=_place(profile.get("place")),
        languages=_once(profile.get("languages")),
        at_most=profile.get("at_most"),
        newcomer=stage in _NEWCOMERS,
        welcomer=stage in _WELCOMERS or any(word in offered for word in _WELCOMES),
        mentor=_mentor(asked, offered, goals, stage),
        consent=rsvp.introductions and not rsvp.suppressed,
        coming=rsvp.status == "going",
        asked_first=rsvp.asked_first,
        share=shared_fields(rsvp.share),
        weights=weights,
        had=had,
    )


def _once(said: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(map(intern, said or ()))


@lru_cache(maxsize=1024)
def shared_fields(share: tuple[str, ...]) -> frozenset[str]:
    """What may count and be shown; being a newcomer is said by the stage, being a mentor by the goals."""
    fields = set(share) & SHAREABLE
    return frozenset(
        fields | ({"newcomer"} if "stage" in fields else set()) | ({"mentor"} if "goals" in fields else set())
    )


def _place(said: Mapping[str, Any] | None) -> Place:
    said = said or {}
    return _place_at(said.get("city") or "", said.get("region") or "", said.get("country") or "")


@lru_cache(maxsize=4096)
def _place_at(city: str, region: str, country: str) -> Place:
    return Place(city=city, region=region, country=country)


def _words(*said: Iterable[str] | None) -> str:
    return " | ".join(text for texts in said for text in texts or ()).casefold().replace("_", " ")


def _mentor(asked: str, offered: str, goals: tuple[str, ...], stage: Stage | None) -> Side | None:
    """By what they ask and offer; the bare goal of mentorship is read by how far they have come."""
    if any(phrase in offered for phrase in _MENTORS):
        return "mentor"
    if any(phrase in asked for phrase in _SEEKS_MENTOR):
        return "mentee"
    if "mentor" not in goals:
        return None
    return "mentor" if stage in _WELCOMERS else "mentee"
