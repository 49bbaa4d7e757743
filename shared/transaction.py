"""The place for a transaction as a use case sees it: its store, what it says and wakes, and how that is numbered."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from shared import ids, tracing
from shared.contracts.envelope import Envelope, EventData, encode, encode_event
from shared.contracts.topology import stream_of
from shared.errors import TryAgainLater
from shared.prepared import Prepared
from shared.tables import outbox, outbox_heads

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")
H = TypeVar("H", bound=Callable[..., Any])

TOLD_MOST = 100

# SQLAlchemy's own savepoints are compiled anew each time, which takes thirty times as long.
SAVEPOINT = Prepared(sa.text("SAVEPOINT within"))
ROLLBACK_TO_SAVEPOINT = Prepared(sa.text("ROLLBACK TO SAVEPOINT within"))
RELEASE_SAVEPOINT = Prepared(sa.text("RELEASE SAVEPOINT within"))


class StoreUnavailable(TryAgainLater):
    """The database does not answer, so nothing was changed; please try again in a moment."""

    code = "store_unavailable"


class OutcomeUnknown(StoreUnavailable):
    """The database was lost while it stored this, and may have done it; ask again, with the same Idempotency-Key."""

    code = "outcome_unknown"


@dataclass(frozen=True, slots=True)
class Said:
    """One event on its way into the outbox, in CloudEvents' JSON; its place in the stream follows at the commit."""

    stream: str
    type: str
    subject: str
    body: str


@dataclass(slots=True)
class Transaction(Generic[S]):
    """One unit of work: the service's store, the time, chance, and what is said, all or nothing."""

    store: S
    sql: sa.Connection
    now: datetime
    chance: random.Random
    source: str
    partitions: int
    said: list[Said] = field(default_factory=list)
    wakes: set[str] = field(default_factory=set)
    numbered: list[tuple[str, int, list[str]]] = field(default_factory=list)
    """Per stream what was said: the first sequence, and the bodies from there on, or none where they are many."""
    lost: bool = False

    def new_id(self) -> str:
        """A UUIDv7 of this transaction's time and chance."""
        return ids.uuid7(self.now, self.chance)

    def say(self, event: EventData) -> None:
        """Publishes an event with this transaction: it is on the stream if, and only if, this commits."""
        context = tracing.current()
        body = encode_event(
            event,
            id=self.new_id(),
            source=f"/tablemates/{self.source}",
            time=self.now,
            traceparent=context.traceparent,
            correlationid=context.correlation_id,
        )
        stream = stream_of(self.source, event.partition_key, self.partitions)
        self.said.append(Said(stream, event.wire_type, event.subject, body.decode()))

    def say_on(self, stream: str, envelope: Envelope) -> None:
        """Publishes a ready envelope on a stream by name: dead letters only."""
        self.said.append(Said(stream, envelope.type, envelope.subject, encode(envelope).decode()))

    def unsay(self, unwanted: Callable[[Said], bool]) -> None:
        """Takes back what was said in this transaction, which nobody has heard yet."""
        self.said = [one for one in self.said if not unwanted(one)]

    def wake(self, name: str) -> None:
        """Gives a signal once this transaction has committed."""
        self.wakes.add(name)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What fails within leaves no trace, neither in the database nor in what is said."""
        said, wakes = list(self.said), set(self.wakes)
        self.check_not_lost()
        self.write_what_waits()
        self.sql.execute(SAVEPOINT)
        try:
            yield
            self.write_what_waits()
        except BaseException:
            self.said, self.wakes = said, wakes
            self._undo_within()
            raise
        self.sql.execute(RELEASE_SAVEPOINT)

    def write_what_waits(self) -> None:
        """Writes the rows that the store left waiting, if it is one that does."""
        if (flush := getattr(self.store, "flush", None)) is not None:
            flush()

    def _undo_within(self) -> None:
        if (drop := getattr(self.store, "drop", None)) is not None:
            drop()
        if self.sql.invalidated:
            return
        try:
            self.sql.execute(ROLLBACK_TO_SAVEPOINT)
            self.sql.execute(RELEASE_SAVEPOINT)
        except DBAPIError:  # a full disk, for one, makes SQLite give up everything since BEGIN
            self.lost = True

    def check_not_lost(self) -> None:
        """Raises StoreUnavailable when the database gave up the whole transaction: nothing in it may be answered."""
        driver = self.sql.connection.driver_connection
        if self.lost or not getattr(driver, "in_transaction", True):  # SQLite ends one by itself when the disk is full
            raise StoreUnavailable("The database gave up a transaction; nothing was changed, please try again.")


class Runner(Protocol[S]):
    """Runs a use case in a transaction and answers when it is durable."""

    async def __call__(
        self, handler: Callable[Concatenate[Transaction[S], P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R: ...

    async def read(self, view: Callable[Concatenate[S, P], R], *args: P.args, **kwargs: P.kwargs) -> R: ...


def expecting(expected: Callable[P, Any]) -> Callable[[H], H]:
    """Says of a use case, given its arguments, what it will ask the store for.

    When several of them share a commit, their store is told all of it at once (`expect`), and at the end to write
    what it left waiting (`flush`).
    """

    def mark(handler: H) -> H:
        handler.expected = expected  # type: ignore[attr-defined]  # functions carry what is said of them
        return handler

    return mark


CLAIM = Prepared.upsert(
    outbox_heads,
    lambda new: new.on_conflict_do_update(
        index_elements=["stream"], set_={"top": outbox_heads.c.top + new.excluded.top}
    ).returning(outbox_heads.c.top),
)
RECORD = Prepared.rows(outbox)


def record_said(tx: Transaction[Any]) -> None:
    """Numbers what was said, per stream without gaps, and writes it to the outbox.

    The head row's lock is held until the commit that follows at once, so sequences and commits have one order.
    Streams are locked in the order of their names, so two transactions cannot wait for each other.
    """
    by_stream: dict[str, list[Said]] = {}
    for one in tx.said:
        by_stream.setdefault(one.stream, []).append(one)
    for stream in sorted(by_stream):
        said = by_stream[stream]
        first = tx.sql.execute(CLAIM, {"stream": stream, "top": len(said)}).scalar_one() - len(said) + 1
        rows = [
            {
                "stream": stream,
                "sequence": first + n,
                "type": one.type,
                "subject": one.subject,
                "body": one.body,
                "created_at": tx.now,
            }
            for n, one in enumerate(said)
        ]
        tx.sql.execute(RECORD, rows)
        tx.numbered.append((stream, first, [one.body for one in said] if len(said) <= TOLD_MOST else []))
    if by_stream:
        tx.wake("outbox")


def may_be_tried_again(error: DBAPIError) -> bool:
    """A deadlock, a serialisation failure, or a reference to a row that was deleted in the same moment: the database
    rolled back, and the same work may succeed now.
    """
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01", "23503")


def unavailable(error: DBAPIError) -> Exception:
    """The sentence for a database that cannot serve; a mistake in a statement stays what it is."""
    mistake = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    if (isinstance(error, sa.exc.OperationalError) and not mistake) or error.connection_invalidated:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no reason given"
        return StoreUnavailable(f"The database cannot serve right now ({reason}); nothing was changed.")
    return error
