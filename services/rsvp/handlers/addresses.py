"""The place for what we hear of addresses: a person wants no mail any more, or wants it again."""

from dataclasses import replace

import structlog

from services.rsvp.ports import Store
from shared.contracts.notify import AddressRestored, AddressSuppressed
from shared.contracts.rsvp import AttendeeSuppressed
from shared.transaction import Transaction

log = structlog.get_logger()


def suppress(tx: Transaction[Store], event: AddressSuppressed | AddressRestored, *, suppressed: bool) -> None:
    """Keeps it with the attendee, and passes it on where it is news.

    Somebody who was erased is none, and a replay takes nobody back to what they have changed their mind about since.
    """
    attendee = tx.store.attendee(event.attendee_id, locked=True)
    if attendee is None or event.version < attendee.address_version:
        return
    news = attendee.suppressed != suppressed
    version = attendee.version + news
    heard = replace(attendee, suppressed=suppressed, address_version=event.version, version=version)
    tx.store.save_suppressed(heard)
    if news:
        tx.say(AttendeeSuppressed(attendee_id=attendee.id, suppressed=suppressed, version=version))
        log.info("attendee.suppressed", attendee_id=attendee.id, suppressed=suppressed)
