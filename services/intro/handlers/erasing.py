"""The place for being forgotten: nothing of an erased person stays, and those who counted on them are told."""

from services.intro.handlers import Tx
from services.intro.handlers.withdrawing import withdraw_of
from shared import due
from shared.contracts.rsvp import AttendeeErased, RsvpErased
from shared.ids import AttendeeId
from shared.outbox import erase_person


def forget_rsvp(tx: Tx, event: RsvpErased) -> None:
    """Forgets what somebody told us for one gathering, unless they have come anew since."""
    now = tx.store.coming.rsvp(event.gathering_id, event.attendee_id)
    if now is not None and now.rsvp_id > event.rsvp_id:
        return
    _forget_at(tx, event.gathering_id, event.attendee_id)


def forget_attendee(tx: Tx, event: AttendeeErased) -> None:
    """Forgets somebody everywhere, whichever of their gatherings we have heard of the erasure for."""
    store, gathering_ids = tx.store, tx.store.coming.gatherings_of(event.attendee_id)
    for gathering_id in gathering_ids:
        _forget_at(tx, gathering_id, event.attendee_id)
    store.coming.erase_attendee(event.attendee_id, version=event.version)
    store.introductions.erase_pairs(event.attendee_id)
    store.rounds.erase(gathering_ids, event.attendee_id)
    store.coming.erase_parked(event.attendee_id)
    erase_person(tx, event.attendee_id)


def _forget_at(tx: Tx, gathering_id: str, attendee_id: str) -> None:
    gathering = tx.store.coming.lock(gathering_id)
    if gathering is None:
        return
    go_on = withdraw_of(tx, gathering, attendee_id, cause="erased")
    for introduction in tx.store.introductions.all_of(attendee_id, gathering_id):
        due.unplan(tx, f"mentee.silent:{introduction.id}:{attendee_id}")
    tip = tx.store.coming.tips(gathering_id).get(AttendeeId(attendee_id))
    tx.store.introductions.erase_tip(attendee_id, gathering_id, tip)
    tx.store.introductions.erase(attendee_id, gathering_id)
    for table in go_on:
        tx.store.introductions.reword(table)
    tx.store.coming.erase_from(gathering_id, attendee_id, stamp=gathering.stamp)
