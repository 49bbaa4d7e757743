"""The place for entries that failed: parked with backoff, dead in the end, redriven or dropped by an operator."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from shared.bus import Entry
from shared.contracts.envelope import Envelope
from shared.contracts.topology import dead_letters
from shared.db import replace_row, upsert
from shared.errors import NotFound
from shared.prepared import Prepared
from shared.tables import dropped, parked
from shared.transaction import Transaction

ATTEMPTS = 12
PATIENCE = timedelta(hours=24)
FIRST_DELAY, LONGEST_DELAY = 1.0, 900.0
UNREADABLE = "unreadable"
BEHIND = "waits behind an earlier entry of the same subject"

HELD = Prepared(sa.select(parked.c.subject).where(parked.c.stream == sa.bindparam("stream")).distinct())


def _to_try() -> sa.ColumnElement[bool]:
    """Nothing of the same subject stands before it; what cannot be read has no subject to share."""
    earlier = parked.alias("earlier")
    behind = sa.exists().where(
        earlier.c.stream == parked.c.stream,
        earlier.c.subject == parked.c.subject,
        earlier.c.subject != UNREADABLE,
        earlier.c.sequence < parked.c.sequence,
    )
    return sa.and_(parked.c.state == "parked", ~behind)


NEXT = Prepared(
    sa.select(parked)
    .where(_to_try(), parked.c.next_at <= sa.bindparam("now"))
    .order_by(parked.c.stream, parked.c.sequence)
    .limit(100)
)
NEXT_AT = Prepared(sa.select(sa.func.min(parked.c.next_at)).where(_to_try()))


@dataclass(frozen=True, slots=True)
class ParkedEntry:
    """One entry that could not be handled, with why, how often it was tried and when it is tried next."""

    stream: str
    sequence: int
    subject: str
    type: str
    body: str
    reason: str
    attempts: int
    state: str
    since: datetime
    next_at: datetime


def backoff(attempts: int, chance: random.Random) -> timedelta:
    """Full jitter: a random share of a second, doubled with every further attempt, up to a quarter of an hour."""
    return timedelta(seconds=chance.uniform(0, min(LONGEST_DELAY, FIRST_DELAY * 2 ** (attempts - 1))))


def blocked_subjects(sql: sa.Connection, stream: str) -> set[str]:
    """Subjects of which an earlier entry is parked or dead, so that later ones have to queue."""
    return set(sql.execute(HELD, {"stream": stream}).scalars()) - {UNREADABLE}


def park(
    tx: Transaction[Any], stream: str, entry: Entry, *, envelope: Envelope | None, reason: str, group: str
) -> None:
    """Sets an entry aside: to be tried again, or dead at once when nobody can read it."""
    subject = envelope.subject if envelope else UNREADABLE
    waits = reason == BEHIND
    new = upsert(tx.sql, parked).values(
        stream=stream,
        sequence=entry.sequence,
        subject=subject,
        type=envelope.type if envelope else UNREADABLE,
        body=_storable(entry.body),
        reason=reason,
        attempts=0 if waits else 1,
        state="parked" if envelope else "dead",
        since=tx.now,
        next_at=tx.now if waits else tx.now + backoff(1, tx.chance),
    )
    # a replay comes past entries that are parked already
    parks = new.on_conflict_do_nothing(index_elements=["stream", "sequence"])
    if not tx.sql.execute(parks).rowcount:
        return
    if envelope is None:
        announce_death(tx, stream, entry.sequence, reason=reason, attempts=1, group=group)
    tx.wake("parked")


def next_to_try(sql: sa.Connection, now: datetime) -> Sequence[ParkedEntry]:
    """The first entry of each subject whose time has come; a dead one holds its successors back."""
    return [ParkedEntry(**row._asdict()) for row in sql.execute(NEXT, {"now": now})]


def next_time(sql: sa.Connection) -> datetime | None:
    """When something is to be tried again."""
    return sql.execute(NEXT_AT).scalar()


def count_attempt(tx: Transaction[Any], entry: ParkedEntry, group: str) -> bool:
    """Counts an attempt before it is made, so that an entry that kills the process dies in the end too.

    False when the entry is not to be tried: it was taken by another, or this was one attempt too many.
    """
    since = entry.since if entry.attempts else tx.now  # what waited behind another has its own time before it
    # while a machine slept, or its clock leapt, nobody tried, so that time does not count
    if (slept := tx.now - entry.next_at) > timedelta(seconds=LONGEST_DELAY):
        since += slept
    # patience alone gives nothing up
    tired = entry.attempts >= ATTEMPTS // 2 and tx.now - since > PATIENCE
    given_up = tired or entry.attempts >= ATTEMPTS
    next_at = tx.now + backoff(entry.attempts + 1, tx.chance)
    values = {"state": "dead"} if given_up else {"attempts": entry.attempts + 1, "next_at": next_at, "since": since}
    changed = tx.sql.execute(
        sa.update(parked)
        .where(*_is(entry), parked.c.attempts == entry.attempts, parked.c.state == "parked")
        .values(values)
    ).rowcount
    if given_up and changed:
        announce_death(tx, entry.stream, entry.sequence, reason=entry.reason, attempts=entry.attempts, group=group)
    return bool(changed) and not given_up


def note_failure(tx: Transaction[Any], entry: ParkedEntry, reason: str) -> None:
    """Keeps the latest reason with a parked entry."""
    tx.sql.execute(sa.update(parked).where(*_is(entry)).values(reason=reason))


def take(tx: Transaction[Any], entry: ParkedEntry) -> bool:
    """Locks an entry that is about to be tried. False when an operator dropped it, or somebody else handled it, or when
    a replay parked an earlier one of its subject in front of it.
    """
    there = sa.select(parked.c.sequence).where(*_is(entry), _to_try()).with_for_update(of=parked)
    return tx.sql.execute(there).first() is not None


def release(tx: Transaction[Any], entry: ParkedEntry) -> None:
    """Takes an entry out because it was handled in this same transaction.

    It may be gone already: an erasure takes out every entry that speaks of the person, its own among them.
    """
    tx.sql.execute(sa.delete(parked).where(*_is(entry)))


def announce_death(tx: Transaction[Any], stream: str, sequence: int, *, reason: str, attempts: int, group: str) -> None:
    """Shows a dead letter on its own stream, for people's tools; the table is the truth."""
    tx.say_on(
        dead_letters(stream, group),
        Envelope(
            id=tx.new_id(),
            source=f"/tablemates/{group}",
            type="tablemates.entry.died.v1",
            subject=f"{stream}/{sequence}"[-64:],
            time=tx.now,
            sequence=1,
            partitionkey=stream,
            data={"stream": stream, "sequence": sequence, "reason": reason, "attempts": attempts},
        ),
    )


def listed(sql: sa.Connection) -> Sequence[ParkedEntry]:
    """Everything that is parked or dead, oldest first."""
    rows = sql.execute(sa.select(parked).order_by(parked.c.stream, parked.c.sequence))
    return [ParkedEntry(**row._asdict()) for row in rows]


def shown(sql: sa.Connection, stream: str, sequence: int) -> ParkedEntry:
    """One entry. Raises NotFound."""
    row = sql.execute(sa.select(parked).where(parked.c.stream == stream, parked.c.sequence == sequence)).first()
    if row is None:
        raise NotFound(f"Nothing is parked or dead as {stream} {sequence}; `tablemates dead list` shows what is.")
    return ParkedEntry(**row._asdict())


def redrive(tx: Transaction[Any], stream: str, sequence: int) -> None:
    """Gives a dead entry all its attempts anew; what queues behind it follows in order. Raises NotFound."""
    entry = shown(tx.sql, stream, sequence)
    tx.sql.execute(
        sa.update(parked).where(*_is(entry)).values(state="parked", attempts=0, since=tx.now, next_at=tx.now)
    )
    tx.wake("parked")


def drop(tx: Transaction[Any], stream: str, sequence: int, note: str) -> None:
    """Gives an entry up for good, with a note that says why; what queues behind it goes on. Raises NotFound."""
    entry = shown(tx.sql, stream, sequence)
    tx.sql.execute(sa.delete(parked).where(*_is(entry)))
    noted = {"reason": entry.reason, "note": note, "at": tx.now}
    replace_row(tx.sql, dropped, stream=stream, sequence=sequence, **noted)
    tx.wake("parked")


def _storable(body: bytes) -> str:
    """Text as PostgreSQL takes it, which keeps no NUL."""
    return body.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def _is(entry: ParkedEntry) -> tuple[Any, Any]:
    return parked.c.stream == entry.stream, parked.c.sequence == entry.sequence
