"""The place for a guest list between its preview and the organiser's yes: kept for an hour, taken once."""

from services.rsvp.handlers.seats import locked
from services.rsvp.ports import Store
from shared.errors import NotFound
from shared.transaction import Transaction


def keep_upload(tx: Transaction[Store], reference: str, raw: bytes) -> str:
    """Keeps the file; answers the id to take it by."""
    gathering = locked(tx, reference)
    upload_id = tx.new_id()
    tx.store.add_upload(upload_id, gathering.id, raw, now=tx.now)
    return upload_id


def take_upload(tx: Transaction[Store], reference: str, upload_id: str) -> bytes:
    """The file, which is gone here from then on. Raises NotFound."""
    gathering = locked(tx, reference)
    raw = tx.store.take_upload(upload_id, gathering.id)
    if raw is None:
        raise NotFound("This upload was imported already, or is more than an hour old: choose the file again.")
    return raw
