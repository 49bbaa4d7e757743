"""The place for importing an organiser's list: each row is a use case of its own, which may be repeated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from services.rsvp.domain import capacity, listed
from services.rsvp.domain.addresses import digest_of
from services.rsvp.domain.gatherings import Gathering, check_not_over
from services.rsvp.domain.guest_lists.records import Guest
from services.rsvp.domain.listed import Effect, Row
from services.rsvp.domain.rsvps import Attendee, Rsvp, Status, differences, retold
from services.rsvp.handlers.acquainted import recognise
from services.rsvp.handlers.attendance import seen
from services.rsvp.handlers.facts import facts_of
from services.rsvp.handlers.my import NextStatus
from services.rsvp.handlers.rsvps import add_settled, new_rsvp
from services.rsvp.handlers.seats import SAID, locked, seated, settle, touched
from services.rsvp.ports import Store
from shared.contracts.rsvp import RsvpChanged
from shared.errors import TablematesError
from shared.transaction import Transaction

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Imported:
    """What one row did. `reason` is why it was refused, in words for the organiser."""

    line: int
    effect: Effect | None = None
    status: Status | None = None
    reason: str = ""


def import_guests(tx: Transaction[Store], reference: str, guests: Sequence[Guest]) -> list[Imported]:
    """Some rows of a list in their order, each all or nothing; one that cannot be taken leaves the others alone.

    Raises GatheringUnknown, GatheringOff, GatheringOver.
    """
    gathering = locked(tx, reference)
    check_not_over(gathering, now=tx.now)
    done = []
    for guest in guests:
        try:
            with tx.savepoint():
                gathering, outcome = _import(tx, gathering, guest)
        except TablematesError as refused:
            outcome = Imported(guest.line, reason=refused.sentence)
        done.append(outcome)
    return done


def _import(tx: Transaction[Store], gathering: Gathering, guest: Guest) -> tuple[Gathering, Imported]:
    attendee, before = tx.store.person_at(gathering.id, guest.address.key)
    effect = listed.effect_of(guest, before, gathering.room)
    rsvp = before
    # asked after nobody was found: whoever is erased meanwhile leaves this behind
    if effect == "added" and attendee is None and tx.store.is_forgotten(digest_of(guest.address.key)):
        effect = "forgotten"
    elif effect == "added":
        gathering, rsvp = _add(tx, gathering, attendee, guest)
    elif effect == "changed" and before is not None:
        gathering, rsvp = _change(tx, gathering, before, listed.row_of(guest, before))
    elif effect == "unchanged" and before is not None and guest.updated_at:
        tx.store.save_rsvp(replace(before, listed_at=guest.updated_at))
    return gathering, Imported(guest.line, effect, rsvp.status if rsvp else None)


def _add(
    tx: Transaction[Store], gathering: Gathering, attendee: Attendee | None, guest: Guest
) -> tuple[Gathering, Rsvp]:
    row = listed.row_of(guest, None)
    status = _status(gathering, row, None)
    if attendee is None:
        attendee = tx.store.add_attendee(Attendee(tx.new_id(), guest.email, guest.address.key), now=tx.now)
    recognise(tx, gathering, attendee)
    rsvp = new_rsvp(tx, gathering, attendee, row.told, by="import")
    rsvp = replace(rsvp, asked_first=row.asked_first, listed_at=row.updated_at)
    gathering, rsvp = add_settled(tx, gathering, rsvp, status)
    if row.checked_in and status == "going":
        rsvp = seen(tx, rsvp, present=True)
        tx.store.save_rsvp(rsvp)
    return gathering, rsvp


def _change(tx: Transaction[Store], gathering: Gathering, before: Rsvp, row: Row) -> tuple[Gathering, Rsvp]:
    status = _status(gathering, row, before)
    differing = (*differences(before, row.told), *(("asked_first",) if before.asked_first != row.asked_first else ()))
    left, rsvp = seated(gathering, before, "cancelled")  # gives the old party's places back
    rsvp = replace(retold(rsvp, row.told), place_in_line=before.place_in_line, asked_first=row.asked_first)
    room, rsvp = seated(left, replace(rsvp, listed_at=row.updated_at or before.listed_at), status)
    if status != before.status or differing:
        rsvp = touched(tx, rsvp, by="import")
        same = status == before.status
        tx.say(RsvpChanged(**facts_of(rsvp), changed=differing) if same else SAID[status](**facts_of(rsvp)))
    if row.checked_in and status == "going" and before.checked_in_at is None:
        rsvp = seen(tx, rsvp, present=True)
    tx.store.save_rsvp(rsvp)
    return settle(tx, gathering, room), rsvp


def _status(gathering: Gathering, row: Row, before: Rsvp | None) -> NextStatus:
    """Rule 5: a list gives places as long as there are some; who has one keeps it."""
    if row.wanted != "going":
        held = row.wanted == "waitlisted" and before and before.status == "going" and before.by == "system"
        return "going" if held else row.wanted
    party = row.told.guests + 1
    if before is not None and before.status == "going":
        capacity.check_growth(gathering.room, before=before.party, after=party)
        return "going"
    if before is not None and before.status == "waitlisted":
        capacity.check_party(gathering.room, party)
        return "going" if gathering.room.fits(party) else "waitlisted"
    return capacity.seat(gathering.room, party=party, somebody_waits=False)


def plan_of(gathering: Gathering, before: dict[str, Rsvp], guests: Sequence[Guest], *, now: datetime) -> list[Imported]:
    """What importing these would do, row by row, without doing it: the preview. `before` is by address key.

    Raises GatheringOff, GatheringOver.
    """
    check_not_over(gathering, now=now)
    planned = []
    for guest in guests:
        known = before.get(guest.address.key)
        effect = listed.effect_of(guest, known, gathering.room)
        try:
            if effect in ("added", "changed"):
                status = _status(gathering, listed.row_of(guest, known), known)
                gathering = _as_if(gathering, known, guest, status)
                planned.append(Imported(guest.line, effect, status))
            else:
                planned.append(Imported(guest.line, effect, known.status if known else None))
        except TablematesError as refused:
            planned.append(Imported(guest.line, reason=refused.sentence))
    return planned


def _as_if(gathering: Gathering, known: Rsvp | None, guest: Guest, status: NextStatus) -> Gathering:
    given_back = known.party if known and known.status == "going" else 0
    return replace(gathering, taken=gathering.taken - given_back + (guest.guests + 1 if status == "going" else 0))
