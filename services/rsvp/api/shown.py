"""The place for what clients are shown: gatherings and RSVPs as JSON, each for who may see it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from services.rsvp.api.given import ProfileGiven
from services.rsvp.domain.gatherings import Format, Gathering, Kind, Mode
from services.rsvp.domain.rsvps import Actor, Response, Rsvp, Status
from services.rsvp.handlers.facts import url_of
from services.rsvp.store.rows import gathering_to_row, profile_to_row
from services.rsvp.store.views import Mine


class Venue(BaseModel):
    name: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


class Rules(BaseModel):
    mode: Mode
    per_person: int
    rounds_before: list[str]
    allow_same_employer: bool
    tables: bool
    vocabulary: dict[str, list[str]] = {}


class GatheringPublic(BaseModel):
    """What anybody may see of a gathering."""

    id: str
    slug: str
    url: str = Field(description="The page where people RSVP.")
    title: str
    kind: Kind
    format: Format
    starts_at: datetime
    ends_at: datetime
    timezone: str
    place: Venue | None
    description: str
    status: Literal["upcoming", "over", "cancelled"]


class GatheringShown(GatheringPublic):
    """A gathering as organisers see it. `taken` counts guests too."""

    join_url: str | None
    capacity: int | None
    waiting_list: bool
    rsvp_closes_at: datetime | None
    confirm_addresses: bool
    introductions: Rules
    version: int
    taken: int
    cancelled_at: datetime | None
    cancel_reason: str
    created_at: datetime
    updated_at: datetime
    rsvps: dict[str, int] | None = Field(default=None, description="How many RSVPs have each status.")


class Gatherings(BaseModel):
    items: list[GatheringShown]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class RsvpReceived(BaseModel):
    """What an RSVP is answered with, whether it is the first from this address or not."""

    id: str
    status: Status


class RsvpShown(BaseModel):
    """An RSVP as its organiser sees it."""

    id: str
    attendee_id: str = Field(description="The person, the same over all gatherings.")
    email: str
    name: str
    status: Status
    guests: int
    introductions: bool
    asked_first: bool = Field(description="On a list without a word on consent: asked before any introduction.")
    share: list[str]
    profile: dict[str, Any]
    answers: dict[str, str]
    by: Actor
    place_in_line: int | None = Field(description="Orders those who wait; null for who does not.")
    checked_in_at: datetime | None
    tip_approved: bool
    created_at: datetime
    updated_at: datetime


class Roster(BaseModel):
    items: list[RsvpShown]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class MyGathering(GatheringPublic):
    join_url: str | None = Field(description="Shown to people who are going.")


class MyRsvp(BaseModel):
    """An RSVP as its owner sees it. `ahead` is how many wait before them, null for who does not wait."""

    id: str
    status: Status
    email: str
    name: str
    response: Response
    guests: int
    introductions: bool
    share: list[str]
    profile: ProfileGiven
    answers: dict[str, str]
    ahead: int | None
    gathering: MyGathering


class MyData(BaseModel):
    """Everything that is kept of a person here."""

    email: str
    suppressed: bool = Field(description="Whether they are sent nothing any more.")
    acquainted_with: int = Field(description="How many people organisers' lists say they know already.")
    rsvps: list[dict[str, Any]]


def public_fields(gathering: Gathering, *, public_url: str, now: datetime) -> dict[str, Any]:
    zone = ZoneInfo(gathering.timezone)
    return {
        **gathering_to_row(gathering),
        "url": url_of(gathering, public_url=public_url),
        "starts_at": gathering.starts_at.astimezone(zone),
        "ends_at": gathering.ends_at.astimezone(zone),
        "status": "cancelled" if gathering.is_off else "over" if now >= gathering.ends_at else "upcoming",
    }


def gathering_shown(
    gathering: Gathering, *, public_url: str, now: datetime, rsvps: Mapping[str, int] | None = None
) -> GatheringShown:
    shown = public_fields(gathering, public_url=public_url, now=now)
    return GatheringShown(**shown, rsvps=dict(rsvps) if rsvps is not None else None)


def rsvp_shown(rsvp: Rsvp) -> RsvpShown:
    return RsvpShown.model_validate(rsvp_fields(rsvp))


def rsvp_fields(rsvp: Rsvp) -> dict[str, Any]:
    names = RsvpShown.model_fields.keys() - {"profile", "share"}
    return {
        **{name: getattr(rsvp, name) for name in RsvpShown.model_fields if name in names},
        "profile": profile_to_row(rsvp.profile),
        "share": list(rsvp.share),
    }


def my_rsvp(mine: Mine, *, public_url: str, now: datetime) -> MyRsvp:
    rsvp, gathering = mine.rsvp, mine.gathering
    shown = public_fields(gathering, public_url=public_url, now=now)
    shown["join_url"] = gathering.join_url if rsvp.status == "going" else None
    return MyRsvp(
        id=rsvp.id,
        status=rsvp.status,
        email=rsvp.email,
        name=rsvp.name,
        response=rsvp.wish,
        guests=rsvp.guests,
        introductions=rsvp.introductions,
        share=list(rsvp.share),
        profile=ProfileGiven.model_validate(_listed(profile_to_row(rsvp.profile))),
        answers=dict(rsvp.answers),
        ahead=mine.ahead if rsvp.status == "waitlisted" else None,
        gathering=MyGathering(**{name: shown[name] for name in MyGathering.model_fields}),
    )


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}
