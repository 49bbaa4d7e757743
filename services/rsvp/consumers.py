"""The list of what the rsvp service hears."""

from services.rsvp.handlers.addresses import suppress
from services.rsvp.ports import Store
from shared.contracts.notify import AddressRestored, AddressSuppressed
from shared.streams import Hears
from shared.transaction import Transaction


def on_address_suppressed(tx: Transaction[Store], event: AddressSuppressed) -> None:
    suppress(tx, event, suppressed=True)


def on_address_restored(tx: Transaction[Store], event: AddressRestored) -> None:
    suppress(tx, event, suppressed=False)


HEARS: Hears = {AddressSuppressed: on_address_suppressed, AddressRestored: on_address_restored}
