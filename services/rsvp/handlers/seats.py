"""The place for giving places away and back: every change of a status passes here, under the gathering's lock."""

from dataclasses import replace
from typing import Literal

from services.rsvp.domain import capacity
from services.rsvp.domain.gatherings import Gathering, GatheringUnknown
from services.rsvp.domain.rsvps import Actor, Rsvp
from services.rsvp.handlers.facts import facts_of
from services.rsvp.ports import Store
from shared.contracts.rsvp import RsvpCancelled, RsvpConfirmed, RsvpDeclined, RsvpPromoted, RsvpWaitlisted
from shared.transaction import Transaction

SAID = {
    "going": RsvpConfirmed,
    "waitlisted": RsvpWaitlisted,
    "declined": RsvpDeclined,
    "cancelled": RsvpCancelled,
}


def locked(tx: Transaction[Store], reference: str) -> Gathering:
    """The gathering, ours until the transaction ends: its places and its line are decided on. By id or slug."""
    found = tx.store.gathering(reference, locked=True)
    if found is None:
        raise GatheringUnknown
    return found


def place_for(tx: Transaction[Store], gathering: Gathering, party: int) -> Literal["going", "waitlisted"]:
    """What a newcomer's party would be now. Raises GatheringFull, PartyTooLarge."""
    room = gathering.room
    waits = bool(room.free) and gathering.line > 0 and tx.store.somebody_waits(gathering.id, most=room.free or 0)
    return capacity.seat(room, party=party, somebody_waits=waits)


def seated(
    gathering: Gathering, rsvp: Rsvp, status: Literal["going", "waitlisted", "declined", "cancelled"]
) -> tuple[Gathering, Rsvp]:
    """Both as they are when the RSVP has that status: its old place is given back, the new one taken."""
    taken = gathering.taken - (rsvp.party if rsvp.status == "going" else 0)
    line, place = gathering.line, None
    if status == "going":
        taken += rsvp.party
    elif status == "waitlisted":
        line, place = (line, rsvp.place_in_line) if rsvp.place_in_line else (line + 1, line + 1)
    return replace(gathering, taken=taken, line=line), replace(rsvp, status=status, place_in_line=place)


def settle(tx: Transaction[Store], before: Gathering, after: Gathering) -> Gathering:
    """Saves the room if it differs, and gives places that became free to those who wait."""
    if (before.taken, before.line) != (after.taken, after.line):
        tx.store.save_room(after)
    frees = after.capacity is not None and after.taken < before.taken
    return promote(tx, after) if frees else after


def promote(tx: Transaction[Store], gathering: Gathering) -> Gathering:
    """Gives what is free to the first in line who fit, and tells them."""
    if gathering.is_off or tx.now >= gathering.ends_at or gathering.line == 0:
        return gathering
    line = tx.store.line(gathering.id, most=gathering.room.free)
    for waiting in list(capacity.promotions(gathering.room, line)):
        rsvp = tx.store.rsvp(waiting.rsvp_id)
        if rsvp is not None:
            gathering, rsvp = seated(gathering, rsvp, "going")
            rsvp = touched(tx, rsvp, by="system")
            tx.store.save_rsvp(rsvp)
            tx.say(RsvpPromoted(**facts_of(rsvp)))
    tx.store.save_room(gathering)
    return gathering


def touched(tx: Transaction[Store], rsvp: Rsvp, *, by: Actor) -> Rsvp:
    """The next version of an RSVP."""
    return replace(rsvp, version=rsvp.version + 1, updated_at=tx.now, by=by)
