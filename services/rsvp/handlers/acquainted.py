"""The place for who knows whom already: taken from an organiser's list, and said once both of a couple are here."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from services.rsvp.domain.acquainted import Couple, Effect, couple, effect_of
from services.rsvp.domain.addresses import Address, digest_of
from services.rsvp.domain.gatherings import Gathering
from services.rsvp.domain.rsvps import Attendee
from services.rsvp.handlers.seats import locked
from services.rsvp.ports import Store
from shared.contracts.rsvp import PeopleAcquainted
from shared.transaction import Transaction

log = structlog.get_logger()

Row = tuple[Address, Address]


def note_acquainted(tx: Transaction[Store], reference: str, rows: Sequence[Row]) -> list[Effect]:
    """Some rows of a list of who knows whom; the same again is no news. Raises GatheringUnknown."""
    gathering = locked(tx, reference)
    effects = []
    for found, effect in looked_up(tx.store, rows, locked=True):
        effects.append(effect)
        if effect == "added" or (effect != "forgotten" and not found.both_here):
            tx.store.save_couple(found, gathering.id)
        if effect == "added":
            _say(tx, gathering.id, found)
    if not gathering.acquainted:
        tx.store.save_gathering(replace(gathering, acquainted=True))
    log.info("acquainted.listed", gathering_id=gathering.id, couples=len(rows))
    return effects


def looked_up(store: Store, rows: Sequence[Row], *, locked: bool = False) -> list[tuple[Couple, Effect]]:
    """Each row's couple, and what it would do; nothing is changed. `locked`, nobody of them is erased meanwhile."""
    keys = {address.key: digest_of(address.key) for row in rows for address in row}
    ids = store.ids_of(list(keys), locked=locked)
    before = {(known.a, known.b): known for known in store.couples_of(list(keys.values()), locked=locked)}
    forgotten = store.forgotten(list(keys.values()))
    found = [couple(*((keys[address.key], ids.get(address.key)) for address in row)) for row in rows]
    return [(one, effect_of(one, before.get((one.a, one.b)), forgotten=forgotten)) for one in found]


def recognise(tx: Transaction[Store], gathering: Gathering, attendee: Attendee) -> None:
    """Somebody has come whom a list of this gathering may name: who knows them hears of it before they are matched."""
    if not gathering.acquainted:
        return
    digest = digest_of(attendee.key)
    for known in tx.store.couples_of([digest], locked=True):
        if not known.both_here:
            seen = known.seeing(digest, attendee.id)
            tx.store.save_couple(seen, gathering.id)
            if seen.both_here:
                _say(tx, gathering.id, seen)


def _say(tx: Transaction[Store], gathering_id: str, found: Couple) -> None:
    tx.say(PeopleAcquainted(acquaintance_id=tx.new_id(), gathering_id=gathering_id, people=found.people, version=1))
