"""The place for answering a gathering's invitation: a new RSVP, the same address again, and its confirmation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import structlog

from services.rsvp.domain.addresses import Address, digest_of
from services.rsvp.domain.gatherings import Gathering, check_not_over, check_open
from services.rsvp.domain.reminding import asked_for_link
from services.rsvp.domain.rsvps import Actor, Attendee, Rsvp, RsvpUnknown, Status, Told
from services.rsvp.handlers.acquainted import recognise
from services.rsvp.handlers.facts import facts_of
from services.rsvp.handlers.seats import SAID, locked, place_for, seated, settle, touched
from services.rsvp.ports import Answered, Expected, Store
from shared.contracts.rsvp import RsvpLinkRequested, RsvpRequested
from shared.errors import TablematesError
from shared.transaction import Transaction, expecting

log = structlog.get_logger()


class KeyUsedForSomethingElse(TablematesError):
    """This Idempotency-Key came with another request before; use a new one for a new request."""

    code = "idempotency_key_reused"
    status = 422


@dataclass(frozen=True, slots=True)
class Once:
    """An idempotency key as the client gave it, and the digest of the body that came with it."""

    key: str
    body: str


@dataclass(frozen=True, slots=True)
class Received:
    """What an RSVP is answered with."""

    id: str
    status: Status


def _expected(
    reference: str,
    address: Address,
    _told: Told,
    *,
    by: Literal["attendee", "organiser"] = "attendee",
    once: Once | None = None,
) -> Expected:
    """What `answer_rsvp` will ask the store for."""
    return Expected(reference, address.key, partial(_digest_of_key, by=by, key=once.key) if once else None)


@expecting(_expected)
def answer_rsvp(
    tx: Transaction[Store],
    reference: str,
    address: Address,
    told: Told,
    *,
    by: Literal["attendee", "organiser"] = "attendee",
    once: Once | None = None,
) -> Received:
    """Somebody RSVPs to a gathering, by id or slug. The same address again changes nothing and shows nothing.

    Raises GatheringUnknown, GatheringOff, GatheringOver, RsvpsClosed, GatheringFull, PartyTooLarge.
    """
    gathering = locked(tx, reference)
    key = _digest_of_key(gathering.id, by=by, key=once.key) if once else ""
    return _once(tx, key, once, lambda: _answer(tx, gathering, address, told, by=by))


def _answer(
    tx: Transaction[Store], gathering: Gathering, address: Address, told: Told, *, by: Literal["attendee", "organiser"]
) -> Received:
    check = check_open if by == "attendee" else check_not_over
    check(gathering, now=tx.now)
    would_be = status_for(tx, gathering, told)
    unconfirmed = by == "attendee" and gathering.confirm_addresses
    attendee, before = tx.store.person_at(gathering.id, address.key)
    if attendee and before:
        remind(tx, attendee, before)
        # A repeat is answered like a first time, with a fresh id: an old one would tell when it was made.
        status: Status = "pending" if unconfirmed else would_be
        return Received(before.id, before.status) if by == "organiser" else Received(tx.new_id(), status)
    if attendee is None:
        attendee = tx.store.add_attendee(Attendee(tx.new_id(), address.text, address.key), now=tx.now)
    recognise(tx, gathering, attendee)
    rsvp = new_rsvp(tx, gathering, attendee, told, by=by)
    if unconfirmed:
        tx.store.add_rsvp(rsvp)
        tx.say(RsvpRequested(**facts_of(rsvp)))
    else:
        own_word_at = tx.now if by == "attendee" else None
        _, rsvp = add_settled(tx, gathering, replace(rsvp, own_word_at=own_word_at), would_be)
    return Received(rsvp.id, rsvp.status)


def status_for(tx: Transaction[Store], gathering: Gathering, told: Told) -> Literal["going", "waitlisted", "declined"]:
    """What a new RSVP would be now."""
    return place_for(tx, gathering, told.guests + 1) if told.response == "going" else "declined"


def new_rsvp(tx: Transaction[Store], gathering: Gathering, attendee: Attendee, told: Told, *, by: Actor) -> Rsvp:
    """A pending RSVP, not stored yet."""
    return Rsvp(
        id=tx.new_id(),
        gathering_id=gathering.id,
        attendee_id=attendee.id,
        email=attendee.email,
        status="pending",
        name=told.name,
        wish=told.response,
        guests=told.guests,
        introductions=told.introductions,
        share=told.share or (),
        profile=told.profile,
        answers=told.answers,
        by=by,
        created_at=tx.now,
        updated_at=tx.now,
    )


def add_settled(
    tx: Transaction[Store],
    gathering: Gathering,
    rsvp: Rsvp,
    status: Literal["going", "waitlisted", "declined", "cancelled"],
) -> tuple[Gathering, Rsvp]:
    """Stores a new RSVP with its place, and says so."""
    after, rsvp = seated(gathering, rsvp, status)
    tx.store.add_rsvp(rsvp)
    tx.say(SAID[status](**facts_of(rsvp)))
    return settle(tx, gathering, after), rsvp


def confirm_rsvp(tx: Transaction[Store], gathering_id: str, attendee_id: str) -> Rsvp:
    """The address is its owner's: the RSVP gets its place. Confirming again is no news.

    Raises RsvpUnknown, GatheringOff, GatheringOver, GatheringFull, PartyTooLarge.
    """
    gathering = locked(tx, gathering_id)
    before = tx.store.rsvp_of(gathering.id, attendee_id)
    if before is None:
        raise RsvpUnknown
    if before.status != "pending":
        return before
    check_not_over(gathering, now=tx.now)
    status = place_for(tx, gathering, before.party) if before.wish == "going" else "declined"
    after, rsvp = seated(gathering, touched(tx, before, by="attendee"), status)
    rsvp = replace(rsvp, own_word_at=tx.now)
    tx.store.save_rsvp(rsvp)
    tx.say(SAID[status](**facts_of(rsvp)))
    settle(tx, gathering, after)
    welcome(tx, rsvp.attendee_id)
    log.info("rsvp.confirmed", rsvp_id=rsvp.id, gathering_id=gathering.id, status=status)
    return rsvp


def welcome(tx: Transaction[Store], attendee_id: str) -> None:
    """Who was erased once and has come back by their own word may be on lists again."""
    if attendee := tx.store.attendee(attendee_id):
        tx.store.welcome_back(digest_of(attendee.key))


def remind(tx: Transaction[Store], attendee: Attendee, rsvp: Rsvp) -> None:
    """Has the personal link mailed to its owner, unless they got enough of them within the hour."""
    counted = asked_for_link(attendee, now=tx.now)
    # Written even if nothing is mailed: an answer that needs no fsync comes sooner, and would tell of the first RSVP.
    tx.store.save_links(counted or attendee)
    if counted is not None:
        tx.say(RsvpLinkRequested(**facts_of(rsvp), request=tx.new_id()))


def _digest_of_key(gathering_id: str, *, by: str, key: str) -> str:
    return digest_of(f"{gathering_id}\n{by}\n{key}")


def _once(tx: Transaction[Store], key: str, once: Once | None, answer: Callable[[], Received]) -> Received:
    """The same key and body, the same answer and one effect. The gathering's lock makes repeats wait here."""
    if once is None:
        return answer()
    if before := tx.store.answered(key):
        if before.body != once.body:
            raise KeyUsedForSomethingElse
        return _received(before.answer)
    received = answer()
    given = Answered(once.body, {"id": received.id, "status": received.status})
    tx.store.remember_answer(key, given, now=tx.now)
    return received


def _received(answer: Mapping[str, Any]) -> Received:
    return Received(answer["id"], answer["status"])
