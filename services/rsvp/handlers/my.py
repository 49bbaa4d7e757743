"""The place for what holders of a personal link do with their RSVP: change it, cancel it, be erased."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import structlog

from services.rsvp.domain.addresses import digest_of
from services.rsvp.domain.capacity import check_growth, check_party
from services.rsvp.domain.gatherings import Gathering, check_not_over, check_open
from services.rsvp.domain.rsvps import Rsvp, RsvpUnknown, Told, differences, retold, told_by
from services.rsvp.handlers.facts import facts_of
from services.rsvp.handlers.rsvps import welcome
from services.rsvp.handlers.seats import SAID, locked, place_for, promote, seated, settle, touched
from services.rsvp.ports import Store
from shared.contracts.rsvp import AttendeeErased, RsvpCancelled, RsvpChanged, RsvpErased, TipApproved
from shared.due import unplan_subject
from shared.outbox import erase_person
from shared.transaction import Transaction

log = structlog.get_logger()

NextStatus = Literal["going", "waitlisted", "declined", "cancelled"]


def change_rsvp(tx: Transaction[Store], gathering_id: str, attendee_id: str, changes: Mapping[str, Any]) -> Rsvp:
    """Changes what is given: the fields of Told, with only some of the profile's fields in `profile`.

    Who changes a pending RSVP holds the link, and so confirms it.

    Raises RsvpUnknown, GatheringOff, GatheringOver, RsvpsClosed, GatheringFull, PartyTooLarge, GuestsDoNotFit.
    """
    gathering, before = _held(tx, gathering_id, attendee_id)
    check_not_over(gathering, now=tx.now)
    told = _told(before, changes)
    # a person from a list who says themselves whether they want introductions need not be asked first
    asked_first = before.asked_first and "introductions" not in changes
    differing = (*differences(before, told), *(("asked_first",) if asked_first != before.asked_first else ()))
    status = _next_status(tx, gathering, before, told, answers="response" in changes)
    if status == before.status and not differing:
        return before
    if status != "cancelled" and told.guests > before.guests:
        check_open(gathering, now=tx.now)
    after = _save(tx, gathering, before, told, status=status, differing=differing)
    if before.status == "pending":
        welcome(tx, attendee_id)
    log.info("rsvp.changed", rsvp_id=after.id, gathering_id=gathering.id, status=after.status, changed=differing)
    return after


def _held(tx: Transaction[Store], gathering_id: str, attendee_id: str) -> tuple[Gathering, Rsvp]:
    gathering = locked(tx, gathering_id)
    found = tx.store.rsvp_of(gathering.id, attendee_id)
    if found is None:
        raise RsvpUnknown("This RSVP is not here any more.")
    return gathering, found


def _told(before: Rsvp, changes: Mapping[str, Any]) -> Told:
    """What is told now. Who takes consent back shares nothing; who gives it and says no more shares all."""
    told = told_by(before)
    same = changes.get("introductions", before.introductions) == before.introductions and not before.asked_first
    if "introductions" in changes and not same:
        told = replace(told, share=None, introductions=changes["introductions"])
    profile = replace(told.profile, **changes.get("profile", {}))
    return replace(told, **{**changes, "profile": profile})


def _next_status(
    tx: Transaction[Store], gathering: Gathering, before: Rsvp, told: Told, *, answers: bool
) -> NextStatus:
    if before.status == "pending":
        return place_for(tx, gathering, told.guests + 1) if told.response == "going" else "declined"
    if answers and told.response == "declined":
        return "declined"
    if answers and not before.is_active:
        check_open(gathering, now=tx.now)
        return place_for(tx, gathering, told.guests + 1)
    if before.status == "going":
        check_growth(gathering.room, before=before.party, after=told.guests + 1)
    if before.status == "waitlisted":
        check_party(gathering.room, told.guests + 1)
    return before.status


def _save(
    tx: Transaction[Store],
    gathering: Gathering,
    before: Rsvp,
    told: Told,
    *,
    status: NextStatus,
    differing: tuple[str, ...],
) -> Rsvp:
    left, rsvp = seated(gathering, before, "cancelled")  # gives the old party's places back
    asked_first = before.asked_first and "asked_first" not in differing
    rsvp = replace(retold(rsvp, told), place_in_line=before.place_in_line, asked_first=asked_first)
    room, rsvp = seated(left, replace(rsvp, own_word_at=tx.now), status)
    rsvp = touched(tx, rsvp, by="attendee")
    tx.store.save_rsvp(rsvp)
    same = status == before.status
    tx.say(RsvpChanged(**facts_of(rsvp), changed=differing) if same else SAID[status](**facts_of(rsvp)))
    _withdraw_tip(tx, before, rsvp)
    room = settle(tx, gathering, room)
    if status == "waitlisted" and rsvp.guests < before.guests and room.capacity is not None:
        promote(tx, room)
    return tx.store.rsvp(rsvp.id) or rsvp


def _withdraw_tip(tx: Transaction[Store], before: Rsvp, after: Rsvp) -> None:
    if before.tip_approved and not after.tip_approved:
        tx.say(
            TipApproved(
                gathering_id=after.gathering_id,
                attendee_id=after.attendee_id,
                rsvp_id=after.id,
                tip=before.profile.tip or "",
                approved=False,
                version=after.version,
            )
        )


def cancel_rsvp(
    tx: Transaction[Store], gathering_id: str, attendee_id: str, *, by: Literal["attendee", "organiser"] = "attendee"
) -> Rsvp:
    """They are not coming; their places go to the first in line who fit. A repeated cancellation is no news.

    Raises RsvpUnknown, GatheringOff, GatheringOver.
    """
    gathering, before = _held(tx, gathering_id, attendee_id)
    if before.status in ("cancelled", "declined"):
        return before
    check_not_over(gathering, now=tx.now)
    after, rsvp = seated(gathering, touched(tx, before, by=by), "cancelled")
    rsvp = replace(rsvp, own_word_at=tx.now if by == "attendee" else before.own_word_at)
    tx.store.save_rsvp(rsvp)
    tx.say(RsvpCancelled(**facts_of(rsvp)))
    settle(tx, gathering, after)
    log.info("rsvp.cancelled", rsvp_id=rsvp.id, gathering_id=gathering.id)
    return rsvp


def erase_attendee(tx: Transaction[Store], attendee_id: str) -> bool:
    """Forgets a person: every RSVP, then themselves, then what was said of them. False when nobody is there."""
    attendee = tx.store.attendee(attendee_id, locked=True)
    if attendee is None:
        return False
    digest = digest_of(attendee.key)
    tx.store.remember_forgotten(digest, now=tx.now)
    tx.store.forget_couples(digest)
    for rsvp in tx.store.rsvps_of(attendee_id):
        remove_rsvp(tx, rsvp)
    forget_person(tx, attendee_id, version=attendee.version + 1, requested=True)
    tx.store.drop_uploads(tx.now)  # they may stand on a list that waits for its organiser's yes
    log.info("attendee.erased", attendee_id=attendee_id)
    return True


def erase_address(tx: Transaction[Store], key: str) -> bool:
    """The same by the address's key, for operators."""
    attendee = tx.store.attendee_with(key)
    return attendee is not None and erase_attendee(tx, attendee.id)


def remove_rsvp(tx: Transaction[Store], rsvp: Rsvp, *, only_pending: bool = False) -> bool:
    """Takes an RSVP out for good; its places go to those who wait. False when that is not to be done any more."""
    gathering = locked(tx, rsvp.gathering_id)
    current = tx.store.rsvp(rsvp.id)
    if current is None or (only_pending and current.status != "pending"):
        return False
    after, _ = seated(gathering, current, "cancelled")
    tx.store.delete_rsvp(rsvp.id)
    unplan_subject(tx, rsvp.id)
    tx.say(
        RsvpErased(
            rsvp_id=rsvp.id,
            gathering_id=rsvp.gathering_id,
            attendee_id=rsvp.attendee_id,
            version=current.version + 1,
        )
    )
    settle(tx, gathering, after)
    return True


def forget_person(tx: Transaction[Store], attendee_id: str, *, version: int, requested: bool) -> None:
    """Takes a person without RSVPs out of every table, and what was said of them out of the outbox."""
    tx.store.delete_attendee(attendee_id)
    tx.store.drop_parked(attendee_id)
    unplan_subject(tx, attendee_id)
    erase_person(tx, attendee_id)
    tx.say(AttendeeErased(attendee_id=attendee_id, version=version, requested=requested))
