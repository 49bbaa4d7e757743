"""The place for forgetting a person: one last mail, then nothing of them is left but an id that says so."""

import structlog

from services.notify.domain.deciding import for_erasure
from services.notify.domain.kinds import INTRODUCING
from services.notify.domain.outcomes import WAITING
from services.notify.handlers.posting import Tx, post
from services.notify.ports import MailRow
from shared.outbox import erase_person

log = structlog.get_logger()

_LISTS = ("people", "reply_to")


def forget_person(tx: Tx, attendee_id: str, *, version: int) -> None:
    """Deletes what is known of a person and writes `erasure.done` to the address that is forgotten with it."""
    person = tx.store.picture.person(attendee_id, lock=True)
    if person is not None:
        tx.store.mails.forget(attendee_id)
        post(tx, [for_erasure(person, version=version)])
    for mail in tx.store.mails.naming(attendee_id):
        _strike_out(tx, mail, attendee_id)
    tx.store.picture.forget_person(attendee_id, now=tx.now)
    erase_person(tx, attendee_id)
    log.info("attendee.forgotten", attendee_id=attendee_id)


def _strike_out(tx: Tx, mail: MailRow, attendee_id: str) -> None:
    """Somebody else's mail does not speak of an erased person any more; an introduction to them is not sent."""
    if mail.kind in INTRODUCING or mail.kind == "mentee.nudge":
        states = (*WAITING, "unknown")
        tx.store.mails.settle(
            mail.number, owner=None, states=states, values={"state": "superseded", "error": "withdrawn"}
        )
        return
    context = dict(mail.context)
    for name in _LISTS:
        if name in context:
            context[name] = [entry for entry in context[name] if entry["attendee_id"] != attendee_id]
    if "meets" in context:
        context["meets"] = [met for met in (_without(met, attendee_id) for met in context["meets"]) if met["people"]]
    if (context.get("tip") or {}).get("attendee_id") == attendee_id:
        context["tip"] = None
    tx.store.mails.rewrite(mail.number, context)


def _without(met: dict[str, object], attendee_id: str) -> dict[str, object]:
    people = met["people"]
    assert isinstance(people, list)
    return met | {"people": [person for person in people if person["attendee_id"] != attendee_id]}
