"""The place for how often one address is mailed its personal link, so that nobody can be flooded through a form."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.rsvp.domain.rsvps import Attendee

WINDOW = timedelta(hours=1)
MOST = 3


def asked_for_link(attendee: Attendee, *, now: datetime) -> Attendee | None:
    """The attendee with one more link counted, or None when they had enough of them within the hour."""
    if attendee.links_since is None or now - attendee.links_since >= WINDOW:
        return replace(attendee, links_since=now, links=1)
    if attendee.links >= MOST:
        return None
    return replace(attendee, links=attendee.links + 1)
