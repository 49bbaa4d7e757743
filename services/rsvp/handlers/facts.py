"""The place for putting gatherings and RSVPs into the words that the other services hear."""

from dataclasses import asdict
from typing import Any

from services.rsvp.domain.gatherings import Gathering
from services.rsvp.domain.profiles import PROFILE_FIELDS, Profile
from services.rsvp.domain.rsvps import Rsvp
from shared.contracts import rsvp as words


def facts_of(rsvp: Rsvp) -> dict[str, Any]:
    """The fields of every event about an RSVP."""
    return {
        "rsvp_id": rsvp.id,
        "gathering_id": rsvp.gathering_id,
        "attendee_id": rsvp.attendee_id,
        "version": rsvp.version,
        "status": rsvp.status,
        "email": rsvp.email,
        "name": rsvp.name,
        "guests": rsvp.guests,
        "introductions": rsvp.introductions,
        "asked_first": rsvp.asked_first,
        "share": rsvp.share,
        "profile": _profile_words(rsvp.profile),
        "by": rsvp.by,
    }


def _profile_words(profile: Profile) -> dict[str, Any]:
    """As the contract has it; it is read there with the rest of the event, all at once."""
    said = {name: getattr(profile, name) for name in PROFILE_FIELDS}
    place = profile.place
    if place:
        said["place"] = {"city": place.city, "region": place.region, "country": place.country}
    return said


def gathering_facts(gathering: Gathering, *, public_url: str) -> dict[str, Any]:
    """The fields of every event about a gathering."""
    return {
        **{name: getattr(gathering, name) for name in _GATHERING_FIELDS},
        "gathering_id": gathering.id,
        "url": url_of(gathering, public_url=public_url),
        "place": words.Place(**asdict(gathering.place)) if gathering.place else None,
        "introductions": words.IntroductionRules(**asdict(gathering.introductions)),
    }


def url_of(gathering: Gathering, *, public_url: str) -> str:
    """Where a gathering's page is."""
    return f"{public_url}/g/{gathering.slug}"


_GATHERING_FIELDS = (
    "version", "slug", "title", "kind", "format", "starts_at", "ends_at", "timezone", "join_url", "description",
    "capacity", "rsvp_closes_at",
)  # fmt: skip
