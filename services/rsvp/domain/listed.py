"""The place for what a row of an organiser's list does to the RSVP that is there, or is not there yet.

The rules, in this order:

1. A row without an answer (invited, maybe, waiting for approval) does nothing: it becomes an RSVP when it has one.
2. A row older than the one before it for the same person, by the time it gives itself, does nothing. At the same time
   the one that is imported last counts: somebody corrected a cell, and the tool's own time did not move with it.
3. What attendees said themselves stands, and so does whom an organiser took off by hand, unless the row gives itself
   a later time than that.
4. A row that says what is known already does nothing; rows can come twice, and in any order.
5. A list that says "going" cannot make more places than there are: that person waits.
6. Blanks of a list do not erase what is known, unless the row says when it was written: then it is the truth, whole.
7. Who is on a list without a word on consent may be suggested to others, but is asked first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from services.rsvp.domain.capacity import Room
from services.rsvp.domain.guest_lists.records import Guest
from services.rsvp.domain.guest_lists.records import Status as Listed
from services.rsvp.domain.profiles import filled
from services.rsvp.domain.rsvps import SHARED_BY_A_LIST, Rsvp, Told, differences

Effect = Literal["added", "changed", "unchanged", "kept", "older", "unanswered", "forgotten"]
"""What a row did: `kept` is rule 3, `forgotten` is somebody who asked to be erased and has not come back."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)
ANSWERS: Mapping[Listed, Literal["going", "waitlisted", "declined", "cancelled"]] = {
    Listed.GOING: "going",
    Listed.WAITLISTED: "waitlisted",
    Listed.DECLINED: "declined",
    Listed.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A guest as an import stores them: what they are said to have told, and what the list wants of their status."""

    told: Told
    wanted: Literal["going", "waitlisted", "declined", "cancelled"]
    asked_first: bool
    updated_at: datetime | None
    checked_in: bool


def row_of(guest: Guest, before: Rsvp | None) -> Row:
    """The guest's row laid over what is known of them.

    A row that says when it was written is the truth, whole, so that rows may come in any order; only consent
    that attendees gave or withheld themselves outlives it.
    """
    under = before if before and (guest.updated_at is None or before.own_word_at) else None
    told = Told(
        name=guest.name or (under.name if under else ""),
        response="declined" if guest.status in (Listed.DECLINED, Listed.CANCELLED) else "going",
        guests=guest.guests,
        introductions=_consent(guest, under),
        share=_share(guest, under),
        profile=filled(guest.profile, under.profile) if under else guest.profile,
        answers={**under.answers, **guest.answers} if under else guest.answers,
    )
    asked_first = guest.introductions is None and (under is None or under.asked_first)
    return Row(told, ANSWERS[guest.status], asked_first, guest.updated_at, guest.checked_in)


def _consent(guest: Guest, under: Rsvp | None) -> bool:
    if guest.introductions is None:
        return under.introductions if under else True
    return guest.introductions


def _share(guest: Guest, under: Rsvp | None) -> tuple[str, ...] | None:
    if guest.introductions is None:
        return under.share if under else SHARED_BY_A_LIST
    if guest.share is not None and not (under and under.own_word_at):
        return guest.share if guest.introductions else ()
    if under and under.introductions and guest.introductions and not under.asked_first:
        return under.share
    return None


def effect_of(guest: Guest, before: Rsvp | None, room: Room) -> Effect:
    """What the row will do: rules 1 to 4."""
    if guest.status not in ANSWERS:
        return "unanswered"
    if before is None:
        return "added"
    if is_older(guest, before):
        return "older"
    if not says_more(row_of(guest, before), before, room):
        return "unchanged"
    return "kept" if stands(before, against=guest.updated_at or LONG_AGO) else "changed"


def is_older(guest: Guest, before: Rsvp) -> bool:
    """A row without a time of its own is older than any that had one."""
    return before.listed_at is not None and (guest.updated_at or LONG_AGO) < before.listed_at


def stands(before: Rsvp, *, against: datetime) -> bool:
    """Rule 3: whether what is there was said by the attendee, or done by an organiser's hand, no earlier than that."""
    taken_off = before.updated_at if before.by == "organiser" and before.status == "cancelled" else None
    return any(moment is not None and against <= moment for moment in (before.own_word_at, taken_off))


def says_more(row: Row, before: Rsvp, room: Room) -> bool:
    """Whether the row says anything that is not known. Somebody who waits because there is no place is going, as far
    as a list can say; and a list does not send back to the waiting list whom we gave a place since.
    """
    waits = row.wanted == "going" and before.status == "waitlisted" and not room.fits(row.told.guests + 1)
    same_status = before.status == row.wanted or waits
    held = row.wanted == "waitlisted" and before.status == "going" and before.by == "system"
    seen = row.checked_in and before.checked_in_at is None
    says_else = differences(before, row.told) or before.asked_first != row.asked_first
    return not (same_status or held) or bool(says_else) or seen
