"""The place for what organisers do with RSVPs: check people in at the door, let their tips be shared."""

from dataclasses import replace

import structlog

from services.rsvp.domain.gatherings import check_on
from services.rsvp.domain.rsvps import NotComing, NotConfirmedYet, Rsvp, RsvpUnknown
from services.rsvp.handlers.seats import locked
from services.rsvp.ports import Store
from shared.contracts.rsvp import AttendeeCheckedIn, TipApproved
from shared.errors import TablematesError
from shared.transaction import Transaction

log = structlog.get_logger()


class NoTipToShare(TablematesError):
    """This person gave no tip, or does not want it shared."""

    code = "no_tip"
    status = 409


def check_in(tx: Transaction[Store], reference: str, *, key: str = "", rsvp_id: str = "", present: bool = True) -> Rsvp:
    """Somebody was seen at the door, by address key or RSVP id; or that is undone. A repeat is no news.

    Raises GatheringUnknown, GatheringOff, RsvpUnknown, NotConfirmedYet, NotComing.
    """
    gathering = locked(tx, reference)
    check_on(gathering)
    before = tx.store.rsvp(rsvp_id) if rsvp_id else tx.store.person_at(gathering.id, key)[1]
    if before is None or before.gathering_id != gathering.id:
        raise RsvpUnknown("Nobody on the list of this gathering has that address or id.")
    if (before.checked_in_at is not None) == present:
        return before
    if before.status == "pending":
        raise NotConfirmedYet
    if before.status != "going":
        raise NotComing(f"This person's RSVP is {before.status}, so they cannot be checked in.")
    after = seen(tx, before, present=present)
    tx.store.save_rsvp(after)
    log.info("attendee.checked_in", rsvp_id=after.id, gathering_id=gathering.id, present=present)
    return after


def seen(tx: Transaction[Store], rsvp: Rsvp, *, present: bool) -> Rsvp:
    """The RSVP with the check-in, not saved yet; the event is said."""
    after = replace(rsvp, checked_in_at=tx.now if present else None, version=rsvp.version + 1, updated_at=tx.now)
    tx.say(
        AttendeeCheckedIn(
            rsvp_id=rsvp.id,
            gathering_id=rsvp.gathering_id,
            attendee_id=rsvp.attendee_id,
            checked_in=present,
            version=after.version,
        )
    )
    return after


def approve_tip(tx: Transaction[Store], reference: str, rsvp_id: str, *, approved: bool) -> Rsvp:
    """Lets a tip that its author shares close other people's mails, or takes that back. A repeat is no news."""
    gathering = locked(tx, reference)
    before = tx.store.rsvp(rsvp_id)
    if before is None or before.gathering_id != gathering.id:
        raise RsvpUnknown
    if before.tip_approved == approved:
        return before
    if not before.profile.tip or "tip" not in before.share:
        raise NoTipToShare
    after = replace(before, tip_approved=approved, version=before.version + 1, updated_at=tx.now)
    tx.store.save_rsvp(after)
    tx.say(
        TipApproved(
            gathering_id=gathering.id,
            attendee_id=after.attendee_id,
            rsvp_id=after.id,
            tip=before.profile.tip,
            approved=approved,
            version=after.version,
        )
    )
    return after
