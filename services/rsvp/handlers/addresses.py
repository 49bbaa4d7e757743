"""The place for what we hear of addresses: a person wants no mail any more, or wants it again."""

from dataclasses import replace

import structlog

from services.rsvp.ports import Store
from shared.contracts.rsvp import AttendeeSuppressed
from shared.transaction import Transaction

log = structlog.get_logger()


def suppress(tx: Transaction[Store], attendee_id: str, *, suppressed: bool) -> None:
    """Keeps it with the attendee and passes it on. A repeat, or somebody who was erased, is no news."""
    attendee = tx.store.attendee(attendee_id)
    if attendee is None or attendee.suppressed == suppressed:
        return
    attendee = replace(attendee, suppressed=suppressed, version=attendee.version + 1)
    tx.store.save_attendee(attendee)
    tx.say(AttendeeSuppressed(attendee_id=attendee_id, suppressed=suppressed, version=attendee.version))
    log.info("attendee.suppressed", attendee_id=attendee_id, suppressed=suppressed)
