"""The place for one batch of entries in one transaction: position, effects, and what is parked of it."""

from collections.abc import Sequence
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import DBAPIError

from shared.bus import Entry
from shared.contracts.envelope import Envelope, EventData, UnreadableEntry, decode
from shared.parked import BEHIND, blocked_subjects, park
from shared.positions import move_position
from shared.transaction import StoreUnavailable, Transaction, may_be_tried_again

log = structlog.get_logger()


class Hearer(Protocol):
    """Who reads a stream for a group, and what it does with an event."""

    @property
    def stream(self) -> str: ...

    @property
    def group(self) -> str: ...

    def handle(self, tx: Transaction[Any], envelope: Envelope, event: EventData | None) -> None: ...


def unbroken(entries: Sequence[Entry], position: int) -> tuple[Sequence[Entry], bool]:
    """The entries beyond the position, up to the first that does not follow the one before it; and whether none was so.

    What does not follow stands behind a hole: Redis forgot something, and the relay will publish it again.
    """
    fresh: list[Entry] = []
    for entry in entries:
        if entry.sequence <= position:
            continue
        if entry.after > position:
            return fresh, False
        fresh.append(entry)
        position = entry.sequence
    return fresh, True


def set_aside(tx: Transaction[Any], reader: Hearer, position: int, entry: Entry) -> None:
    """Parks an entry untried, because processes ended again and again where it is next."""
    move_position(tx, reader.stream, from_=position, to=entry.sequence)
    try:
        envelope: Envelope | None = decode(entry.body)[0]
    except UnreadableEntry:
        envelope = None
    park(
        tx,
        reader.stream,
        entry,
        envelope=envelope,
        reason="the process ended at this entry",
        group=reader.group,
    )


def consume(
    tx: Transaction[Any], reader: Hearer, position: int, entries: Sequence[Entry], *, careful: bool = False
) -> None:
    """One batch: the position first (which also locks it), then the effects, all in one transaction."""
    some_parked = move_position(tx, reader.stream, from_=position, to=entries[-1].sequence)
    blocked = blocked_subjects(tx.sql, reader.stream) if some_parked else set()
    for entry in entries:
        try:
            envelope, event = decode(entry.body)
        except UnreadableEntry as error:
            park(tx, reader.stream, entry, envelope=None, reason=error.sentence, group=reader.group)
            continue
        if envelope.subject in blocked:
            park(tx, reader.stream, entry, envelope=envelope, reason=BEHIND, group=reader.group)
        elif not careful:
            reader.handle(tx, envelope, event)
        elif (reason := try_to_handle(tx, reader, envelope, event)) is not None:
            park(tx, reader.stream, entry, envelope=envelope, reason=reason, group=reader.group)
            blocked.add(envelope.subject)


def try_to_handle(tx: Transaction[Any], reader: Hearer, envelope: Envelope, event: EventData | None) -> str | None:
    """Handles one event in a savepoint; answers why it failed, if it did."""
    try:
        with tx.savepoint():
            reader.handle(tx, envelope, event)
    except StoreUnavailable:
        raise
    except DBAPIError as error:
        if error.connection_invalidated or may_be_tried_again(error):
            raise
        return f"{type(error).__name__}: {error}"[:2000]
    except Exception as error:  # noqa: BLE001 - the fate of the message is decided here: it is parked
        log.warning("entry.parked", stream=reader.stream, type=envelope.type, error=type(error).__name__)
        return f"{type(error).__name__}: {error}"[:2000]
    return None
