"""The place for forgetting a person: one last mail, then nothing of them is left but an id that says so."""

import structlog

from services.notify.domain.deciding import for_erasure
from services.notify.domain.outcomes import WAITING
from services.notify.domain.striking import introduces_nobody, without
from services.notify.handlers.posting import Tx, post
from services.notify.ports import MailRow
from shared.outbox import erase_person

log = structlog.get_logger()


def forget_person(tx: Tx, attendee_id: str, *, version: int, requested: bool = True) -> None:
    """Deletes what is known of a person. Who asked for it hears `erasure.done` at the address that goes with it."""
    person = tx.store.picture.person(attendee_id, lock=True)
    if person is not None:
        tx.store.mails.forget(attendee_id)
        post(tx, [for_erasure(person, version=version)] if requested else [])
    for mail in tx.store.mails.naming(attendee_id):
        _strike_out(tx, mail, attendee_id)
    tx.store.picture.forget_person(attendee_id, now=tx.now)
    erase_person(tx, attendee_id)
    log.info("attendee.forgotten", attendee_id=attendee_id)


def _strike_out(tx: Tx, mail: MailRow, attendee_id: str) -> None:
    """Somebody else's mail does not speak of an erased person any more; an introduction to them alone is not sent."""
    struck = without(mail.context, attendee_id)
    values = {"state": "superseded", "error": "withdrawn"}
    if introduces_nobody(mail.kind, struck) and tx.store.mails.settle(
        mail.number, states=(*WAITING, "unknown"), values=values
    ):
        return
    tx.store.mails.rewrite(mail.number, struck)  # one that is under way is taken back when it is tried again
