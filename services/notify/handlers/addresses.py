"""The place for what people want: no mail, less mail, mail again; and for addresses that take none."""

from collections.abc import Collection
from dataclasses import replace

import structlog

from services.notify.domain.facts import Person
from services.notify.domain.kinds import TOPICS, Suppression, Topic, withheld
from services.notify.handlers.posting import Tx
from shared.contracts.notify import AddressRestored, AddressSuppressed

log = structlog.get_logger()


def suppress(tx: Tx, attendee_id: str, reason: Suppression) -> bool:
    """No more mail from this moment. False when nothing changes: unknown, or no more than what holds already."""
    person = tx.store.picture.person(attendee_id, lock=True)
    if person is None or not _graver(reason, person.suppressed):
        return False
    first = person.suppressed is None
    person = replace(person, suppressed=reason, address_version=person.address_version + 1)
    tx.store.picture.keep_wishes(person)
    _take_back(tx, person)
    tx.say(AddressSuppressed(attendee_id=attendee_id, reason=reason, version=person.address_version))
    log.info("address.suppressed", attendee_id=attendee_id, reason=reason, first=first)
    return True


def _graver(reason: Suppression, present: Suppression | None) -> bool:
    """An address that does not take mail, or complained, stays so when its owner also unsubscribes."""
    rank = {None: 0, "unsubscribed": 1, "bounced": 2, "complained": 3}
    return rank[reason] > rank[present]


def restore(tx: Tx, attendee_id: str) -> bool:
    """Somebody asks to hear from us again. False when nothing changes."""
    person = tx.store.picture.person(attendee_id, lock=True)
    if person is None or person.suppressed is None:
        return False
    person = replace(person, suppressed=None, address_version=person.address_version + 1)
    tx.store.picture.keep_wishes(person)
    tx.say(AddressRestored(attendee_id=attendee_id, version=person.address_version))
    log.info("address.restored", attendee_id=attendee_id)
    return True


def prefer(tx: Tx, attendee_id: str, *, muted: Collection[Topic]) -> None:
    """Keeps which topics somebody does not want; what waits of them is taken back."""
    person = tx.store.picture.person(attendee_id, lock=True)
    if person is None:
        return
    person = replace(person, muted=frozenset(topic for topic in TOPICS if topic in muted))
    tx.store.picture.keep_wishes(person)
    _take_back(tx, person)


def _take_back(tx: Tx, person: Person) -> None:
    for mail in tx.store.mails.waiting_of(person.attendee_id):
        why = withheld(mail.kind, own_action=mail.own_action, suppressed=person.suppressed, muted=person.muted)
        if why:
            tx.store.mails.close(mail.number, why=why)
    tx.wake("mail")  # what waited behind them may go now
