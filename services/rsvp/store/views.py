"""The place for what is read and not decided on: rosters, lists, a person's own data, numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from services.rsvp.domain.addresses import digest_of
from services.rsvp.domain.gatherings import Gathering, GatheringUnknown
from services.rsvp.domain.keys import OrganiserKey
from services.rsvp.domain.rsvps import Attendee, AttendeeUnknown, Rsvp, RsvpUnknown
from services.rsvp.store import rows
from services.rsvp.store.sql import SqlStore
from services.rsvp.store.tables import attendees, gatherings, organiser_keys, rsvps
from shared.metrics import Numbers

_ROSTER = sa.select(rsvps, attendees.c.email.label("email"), attendees.c.key.label("key")).join(
    attendees, attendees.c.id == rsvps.c.attendee_id
)


@dataclass(frozen=True, slots=True)
class Mine:
    """What a holder sees: their RSVP, its gathering, and how many wait before them."""

    gathering: Gathering
    rsvp: Rsvp
    ahead: int = 0


def the_gathering(store: SqlStore, reference: str) -> Gathering:
    """By id or slug. Raises GatheringUnknown."""
    found = store.gathering(reference)
    if found is None:
        raise GatheringUnknown
    return found


def with_counts(store: SqlStore, reference: str) -> tuple[Gathering, dict[str, int]]:
    """A gathering and how many RSVPs have each status."""
    gathering = the_gathering(store, reference)
    return gathering, counts(store, gathering.id)


def counts(store: SqlStore, gathering_id: str) -> dict[str, int]:
    counted = sa.select(rsvps.c.status, sa.func.count()).where(rsvps.c.gathering_id == gathering_id)
    found = {row[0]: row[1] for row in store.sql.execute(counted.group_by(rsvps.c.status))}
    return {status: found.get(status, 0) for status in ("going", "waitlisted", "pending", "declined", "cancelled")}


def all_gatherings(store: SqlStore, after: str, limit: int) -> list[Gathering]:
    """Newest first, behind the one with the id `after`."""
    behind = (gatherings.c.id < after,) if after else ()
    chosen = sa.select(gatherings).where(*behind).order_by(gatherings.c.id.desc()).limit(limit)
    return [rows.gathering_in(row) for row in store.sql.execute(chosen).mappings()]


def upcoming(store: SqlStore, now: datetime, limit: int) -> list[Gathering]:
    """What is not over and not cancelled, soonest first."""
    chosen = sa.select(gatherings).where(gatherings.c.ends_at > now, gatherings.c.cancelled_at.is_(None))
    found = store.sql.execute(chosen.order_by(gatherings.c.starts_at, gatherings.c.id).limit(limit)).mappings()
    return [rows.gathering_in(row) for row in found]


def mine(store: SqlStore, gathering_id: str, attendee_id: str) -> Mine:
    """Raises RsvpUnknown when it was erased or has expired."""
    gathering, rsvp = store.gathering(gathering_id), store.rsvp_of(gathering_id, attendee_id)
    if gathering is None or rsvp is None:
        raise RsvpUnknown("This RSVP is not here any more; RSVP again if you like.")
    ahead = 0
    if rsvp.place_in_line:
        before = sa.select(sa.func.count()).where(
            rsvps.c.gathering_id == gathering_id,
            rsvps.c.status == "waitlisted",
            rsvps.c.place_in_line < rsvp.place_in_line,
        )
        ahead = store.sql.execute(before).scalar_one()
    return Mine(gathering, rsvp, ahead)


def everything_of(store: SqlStore, attendee_id: str) -> tuple[Attendee, list[tuple[Gathering, Rsvp]], int]:
    """A person, all their RSVPs, and how many people lists say they know. Raises AttendeeUnknown."""
    attendee = store.attendee(attendee_id)
    if attendee is None:
        raise AttendeeUnknown("Nothing is kept of this person any more.")
    found = [(the_gathering(store, rsvp.gathering_id), rsvp) for rsvp in store.rsvps_of(attendee_id)]
    return attendee, found, len(store.couples_of([digest_of(attendee.key)]))


def roster(store: SqlStore, reference: str, after: str, limit: int, status: str | None = None) -> list[Rsvp]:
    """RSVPs to a gathering in the order in which they were made. Raises GatheringUnknown."""
    gathering = the_gathering(store, reference)
    narrowed = (rsvps.c.status == status,) if status else ()
    chosen = _ROSTER.where(rsvps.c.gathering_id == gathering.id, rsvps.c.id > after, *narrowed)
    found = store.sql.execute(chosen.order_by(rsvps.c.id).limit(limit)).mappings()
    return [rows.rsvp_in(row, email=row["email"]) for row in found]


def questions(store: SqlStore, gathering_id: str) -> list[str]:
    """Every question that somebody answered for this gathering, in the order in which they came up."""
    asked: dict[str, None] = {}
    chosen = sa.select(rsvps.c.answers).where(rsvps.c.gathering_id == gathering_id).order_by(rsvps.c.id)
    for answered in store.sql.execute(chosen).scalars():
        asked.update(dict.fromkeys(answered))
    return list(asked)


def known_guests(store: SqlStore, gathering_id: str) -> dict[str, Rsvp]:
    """Every RSVP to a gathering by its owner's address key: what a preview is laid over."""
    found = store.sql.execute(_ROSTER.where(rsvps.c.gathering_id == gathering_id)).mappings()
    return {row["key"]: rows.rsvp_in(row, email=row["email"]) for row in found}


def valid_key(store: SqlStore, *, sha256: str = "", key_id: str = "") -> OrganiserKey | None:
    """The key with this digest or id, unless it was revoked."""
    which = organiser_keys.c.sha256 == sha256 if sha256 else organiser_keys.c.id == key_id
    row = store.sql.execute(sa.select(organiser_keys).where(which, organiser_keys.c.revoked_at.is_(None))).mappings()
    return next((rows.key_in(found) for found in row), None)


def all_keys(store: SqlStore) -> Sequence[OrganiserKey]:
    """Every key that was ever made, oldest first."""
    found = store.sql.execute(sa.select(organiser_keys).order_by(organiser_keys.c.id)).mappings()
    return [rows.key_in(row) for row in found]


def tips(store: SqlStore, gathering_id: str) -> Iterator[Rsvp]:
    """RSVPs with a tip that its author lets us share."""
    found = store.sql.execute(_ROSTER.where(rsvps.c.gathering_id == gathering_id).order_by(rsvps.c.id)).mappings()
    for row in found:
        if row["profile"].get("tip") and "tip" in row["share"]:
            yield rows.rsvp_in(row, email=row["email"])


def numbers(store: SqlStore, now: datetime) -> Numbers:
    """What operators watch of rsvp: RSVPs by status, and gatherings to come."""
    by_status = store.sql.execute(sa.select(rsvps.c.status, sa.func.count()).group_by(rsvps.c.status)).all()
    coming = sa.select(sa.func.count()).where(gatherings.c.ends_at > now, gatherings.c.cancelled_at.is_(None))
    return {
        "tablemates_rsvps": [({"status": row[0]}, row[1]) for row in by_status],
        "tablemates_gatherings_upcoming": [({}, store.sql.execute(coming).scalar_one())],
    }


def alive(store: SqlStore) -> bool:
    """Whether the database answers."""
    return bool(store.sql.execute(sa.text("SELECT 1")).scalar_one())


def pending(store: SqlStore) -> dict[str, int]:  # noqa: ARG001 - a view takes the store
    """What the service is about to do of itself: nothing, everything happens in the transaction of its cause."""
    return {}
