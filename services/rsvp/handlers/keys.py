"""The place for organisers' keys: made, listed and revoked; the other services hear of their digests."""

from dataclasses import replace

import structlog

from services.rsvp.domain.keys import LABEL_MAX, OrganiserKey, digest, new_key
from services.rsvp.domain.profiles import carried
from services.rsvp.ports import Store
from shared.contracts.rsvp import OrganiserKeyCreated, OrganiserKeyRevoked
from shared.errors import NotFound
from shared.transaction import Transaction

log = structlog.get_logger()


def create_key(tx: Transaction[Store], label: str) -> tuple[OrganiserKey, str]:
    """A new key: what is kept of it, and the key itself, which is shown this once."""
    carried(label, field="label", most=LABEL_MAX)
    secret = new_key(tx.chance)
    key = OrganiserKey(tx.new_id(), label, digest(secret), tx.now)
    tx.store.add_key(key)
    tx.say(OrganiserKeyCreated(key_id=key.id, label=label, sha256=key.sha256, version=key.version))
    log.info("organiser_key.created", key_id=key.id)
    return key, secret


def revoke_key(tx: Transaction[Store], key_id: str) -> OrganiserKey:
    """The key stops working everywhere. A repeat is no news. Raises NotFound."""
    key = tx.store.key(key_id)
    if key is None:
        raise NotFound("There is no key with that id; `tablemates key list` shows them.")
    if key.revoked_at is not None:
        return key
    revoked = replace(key, revoked_at=tx.now, version=key.version + 1)
    tx.store.save_key(revoked)
    tx.say(OrganiserKeyRevoked(key_id=key.id, version=revoked.version))
    log.info("organiser_key.revoked", key_id=key.id)
    return revoked
