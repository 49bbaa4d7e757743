"""The place for everything that is kept of a person, as they may download it: by the API and by their page."""

from typing import Any

from services.rsvp.domain.gatherings import Gathering
from services.rsvp.domain.rsvps import Attendee, Rsvp
from services.rsvp.handlers.facts import url_of
from services.rsvp.store.rows import profile_to_row


def everything_kept(
    attendee: Attendee, found: list[tuple[Gathering, Rsvp]], acquainted: int, *, public_url: str
) -> dict[str, Any]:
    """JSON: the address, whether mail is stopped, how many they are said to know, and all that each RSVP says."""
    return {
        "email": attendee.email,
        "suppressed": attendee.suppressed,
        "acquainted_with": acquainted,
        "rsvps": [_one(gathering, rsvp, public_url=public_url) for gathering, rsvp in found],
    }


def _one(gathering: Gathering, rsvp: Rsvp, *, public_url: str) -> dict[str, Any]:
    plain = ("id", "status", "name", "guests", "introductions", "asked_first", "by", "place_in_line", "tip_approved")
    times = ("checked_in_at", "listed_at", "own_word_at", "created_at", "updated_at")
    said = {name: getattr(rsvp, name) for name in times}
    return {
        "gathering": {"id": gathering.id, "title": gathering.title, "url": url_of(gathering, public_url=public_url)},
        "response": rsvp.wish,
        **{name: getattr(rsvp, name) for name in plain},
        "share": list(rsvp.share),
        "profile": profile_to_row(rsvp.profile),
        "answers": dict(rsvp.answers),
        **{name: moment.isoformat() if moment else None for name, moment in said.items()},
    }
