"""The place for forgetting a person: one last mail, then nothing of them is left but an id that says so."""

from dataclasses import replace

import structlog

from services.notify.domain.deciding import for_erasure
from services.notify.domain.outcomes import WAITING
from services.notify.domain.striking import introduces_nobody, side_without_tip, spellings, without, without_tip
from services.notify.handlers.posting import Tx, post
from services.notify.ports import MailRow
from shared.outbox import erase_person

log = structlog.get_logger()


def forget_person(tx: Tx, attendee_id: str, *, version: int, requested: bool = True) -> None:
    """Deletes what is known of a person. Who asked for it hears `erasure.done` at the address that goes with it."""
    person = tx.store.picture.hold_person(attendee_id, now=tx.now)
    if person is not None:
        tx.store.mails.forget(attendee_id)
        post(tx, [for_erasure(person, version=version)] if requested else [])
    _take_out(tx, attendee_id)
    erase_person(tx, attendee_id)
    log.info("attendee.forgotten", attendee_id=attendee_id)


def forget_what_came_late(tx: Tx, attendee_id: str) -> None:
    """What was heard of somebody in the very moment in which they were forgotten, and written after that.

    Their RSVPs are said to be erased one by one, each behind all that was said of it.
    """
    if tx.store.picture.person(attendee_id, lock=True) is not None or tx.store.picture.tips_of(attendee_id):
        tx.store.mails.forget(attendee_id, but=("erasure.done",))
        _take_out(tx, attendee_id)


def _take_out(tx: Tx, attendee_id: str) -> None:
    for mail in tx.store.mails.naming(attendee_id):
        _strike_out(tx, mail, attendee_id)
    for gathering_id, tip in tx.store.picture.tips_of(attendee_id):
        _take_tip_back(tx, gathering_id, tip)
    tx.store.picture.forget_person(attendee_id, now=tx.now)


def _take_tip_back(tx: Tx, gathering_id: str, tip: str) -> None:
    """Their words stand in nobody's introduction any more, nor in a mail that is not final."""
    for introduction in tx.store.introductions.quoting(gathering_id, spellings(tip)):
        sides = tuple(side_without_tip(side, tip) for side in introduction.sides)
        tx.store.introductions.keep(replace(introduction, sides=sides))
    for mail in tx.store.mails.quoting(gathering_id, spellings(tip)):
        tx.store.mails.rewrite(mail.number, without_tip(mail.context, tip))


def _strike_out(tx: Tx, mail: MailRow, attendee_id: str) -> None:
    """Somebody else's mail does not speak of an erased person any more; an introduction to them alone is not sent."""
    struck = without(mail.context, attendee_id)
    values = {"state": "superseded", "error": "withdrawn"}
    if introduces_nobody(mail.kind, struck) and tx.store.mails.settle(
        mail.number, states=(*WAITING, "unknown"), values=values
    ):
        return
    tx.store.mails.rewrite(mail.number, struck)  # one that is under way is taken back when it is tried again
