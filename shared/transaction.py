"""The place for transactions: open, call, number what was said, commit. The only commit() in the repository."""

import asyncio
import contextvars
import queue
import random
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from shared import ids, tracing
from shared.chance import SystemChance
from shared.clock import Clock
from shared.contracts.envelope import Envelope, EventData, encode, encode_event
from shared.contracts.topology import stream_of
from shared.db import read_with
from shared.errors import TryAgainLater
from shared.prepared import Prepared
from shared.signals import Signals
from shared.tables import outbox, outbox_heads

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")
H = TypeVar("H", bound=Callable[..., Any])

GROUP_COMMIT_MOST = 64
TRIES_AFTER_DEADLOCK = 5
TOLD_MOST = 100

# SQLAlchemy's own savepoints are compiled anew each time, which takes thirty times as long.
SAVEPOINT = Prepared(sa.text("SAVEPOINT within"))
ROLLBACK_TO_SAVEPOINT = Prepared(sa.text("ROLLBACK TO SAVEPOINT within"))
RELEASE_SAVEPOINT = Prepared(sa.text("RELEASE SAVEPOINT within"))
TURNS = 7406  # any number that no other advisory lock uses
ENDING = "The service is stopping; nothing was changed."


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

    def wake(self, name: str) -> None:
        """Gives a signal once this transaction has committed."""
        self.wakes.add(name)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What fails within leaves no trace, neither in the database nor in what is said."""
        said, wakes = len(self.said), set(self.wakes)
        self.check_not_lost()
        self.sql.execute(SAVEPOINT)
        try:
            yield
        except BaseException:
            del self.said[said:]
            self.wakes = wakes
            self._undo_within()
            raise
        self.sql.execute(RELEASE_SAVEPOINT)

    def _undo_within(self) -> None:
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


@dataclass(slots=True)
class _Job:
    call: Callable[[Transaction[Any]], Any]
    context: contextvars.Context
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    expected: Any = None

    @classmethod
    def of(cls, handler: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> "_Job":
        """A call of a handler from the loop we run on, in the context in which we act."""
        loop, expected = asyncio.get_running_loop(), getattr(handler, "expected", None)
        return cls(
            lambda tx: handler(tx, *args, **kwargs),
            contextvars.copy_context(),
            loop,
            loop.create_future(),
            expected(*args, **kwargs) if expected else None,
        )


class SqlRunner(Generic[S]):
    """Runs use cases on worker threads, several waiting ones to one commit (a savepoint each).

    `writers` threads each hold one transaction at a time: one for SQLite, which has one writer, a few for
    PostgreSQL. An fsync is shared by everything that waited for the one before it.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        source: str,
        store: Callable[[sa.Connection], S],
        clock: Clock,
        signals: Signals,
        partitions: int = 1,
        chance: random.Random | None = None,
        writers: int | None = None,
    ) -> None:
        self._engine = engine
        self._source = source
        self._store = store
        self._clock = clock
        self._signals = signals
        self._partitions = partitions
        self._chance = chance or SystemChance()
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._arriving: list[_Job] = []
        self._crowd: deque[_Job] = deque()
        self._turn = threading.Lock()
        """Who has it carries out all that waits: batches of several would wait for each other in the database."""
        count = writers or (1 if engine.dialect.name == "sqlite" else 4)
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"{source}-writer-{n}", daemon=True) for n in range(count)
        ]
        self._readers = ThreadPoolExecutor(4, thread_name_prefix=f"{source}-reader")
        for thread in self._threads:
            thread.start()

    async def __call__(
        self, handler: Callable[Concatenate[Transaction[S], P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        if self._closed:
            raise StoreUnavailable(ENDING)
        job = _Job.of(handler, args, kwargs)
        self._arriving.append(job)
        if len(self._arriving) == 1:
            job.loop.call_soon(self._hand_over)
        return await job.future  # type: ignore[no-any-return]  # what the handler returns

    async def read(self, view: Callable[Concatenate[S, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        def call() -> R:
            try:
                return read_with(self._engine, lambda sql: view(self._store(sql), *args, **kwargs))
            except DBAPIError as error:
                raise unavailable(error) from error

        if self._closed:
            raise StoreUnavailable(ENDING)
        return await asyncio.get_running_loop().run_in_executor(self._readers, call)

    def _hand_over(self) -> None:
        """Everything that arrived in one turn of the loop.

        A writer that began with the first of it would only fight the loop for the interpreter, and sync for one alone.
        """
        arrived, self._arriving = self._arriving, []
        for at in range(0, len(arrived), GROUP_COMMIT_MOST):
            self._jobs.put(arrived[at : at + GROUP_COMMIT_MOST])

    def close(self) -> None:
        """Finishes what is queued, then stops the threads and closes the connections."""
        self._closed = True
        self._hand_over()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._readers.shutdown()
        self._engine.dispose()

    def _serve(self) -> None:
        while (arrived := self._jobs.get()) is not None:
            if len(arrived) == 1 and self._jobs.empty() and not self._turn.locked():
                self._run_batch(arrived)
                continue
            self._crowd.extend(arrived)
            with self._turn:
                while batch := self._next_batch():
                    self._run_batch(batch)

    def _next_batch(self) -> list[_Job]:
        """What has come by now, as much as one commit takes; nothing when another thread was quicker."""
        while len(self._crowd) < GROUP_COMMIT_MOST and not self._jobs.empty():
            try:
                more = self._jobs.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._jobs.put(None)
                break
            self._crowd.extend(more)
        return [self._crowd.popleft() for _ in range(min(len(self._crowd), GROUP_COMMIT_MOST))]

    def _run_batch(self, batch: Sequence[_Job]) -> None:
        try:
            outcomes, wakes = self._commit_in_the_end(batch)
        except Exception as error:  # noqa: BLE001 - the fate of every waiting caller is decided here
            if len(batch) > 1 and not isinstance(error, StoreUnavailable):
                for job in batch:  # one of them spoils the commit: each alone, so that it is alone in failing
                    self._run_batch([job])
                return
            outcomes, wakes = [error] * len(batch), set()
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            batch[0].loop.call_soon_threadsafe(self._answer, batch, outcomes, wakes)

    def _commit_in_the_end(self, batch: Sequence[_Job]) -> tuple[list[Any], set[str]]:
        """Tries again what a deadlock or a stale connection undid; what it raises was not done."""
        lost = 0
        for _ in range(TRIES_AFTER_DEADLOCK):
            try:
                return self._commit_together(batch)
            except DBAPIError as error:
                lost += error.connection_invalidated
                if lost > 1 or not (error.connection_invalidated or may_be_tried_again(error)):
                    raise unavailable(error) from error
        raise StoreUnavailable("Others were quicker again and again; nothing was changed, please try again.")

    def _commit_together(self, batch: Sequence[_Job]) -> tuple[list[Any], set[str]]:
        """All at once; with a savepoint each only when one of them failed after it had changed something."""
        with self._engine.connect() as sql:
            try:
                return self._committed(sql, batch, _all_at_once)
            except _FailedHalfway as failed:
                if len(batch) == 1:
                    return [failed.error], set()
            return self._committed(sql, batch, _each_apart)

    def _committed(
        self,
        sql: sa.Connection,
        batch: Sequence[_Job],
        carry_out: Callable[[Transaction[Any], Sequence[_Job]], list[Any]],
    ) -> tuple[list[Any], set[str]]:
        transaction = sql.begin()
        if len(batch) > 1:
            _take_turns(sql)
        tx = Transaction(self._store(sql), sql, self._clock.now(), self._chance, self._source, self._partitions)
        try:
            outcomes = carry_out(tx, batch)
        except _FailedHalfway:
            transaction.rollback()
            raise
        tx.check_not_lost()
        record_said(tx)
        try:
            transaction.commit()
        except DBAPIError as error:
            raise OutcomeUnknown from error
        if tx.numbered:
            self._signals.leave("outbox", tx.numbered)
        return outcomes, tx.wakes

    def _answer(self, batch: Sequence[_Job], outcomes: Sequence[Any], wakes: set[str]) -> None:
        for name in wakes:
            self._signals.give(name)
        for job, outcome in zip(batch, outcomes, strict=True):
            if job.future.done():
                continue
            if isinstance(outcome, BaseException):
                job.future.set_exception(outcome)
            else:
                job.future.set_result(outcome)


class _FailedHalfway(Exception):
    """A use case failed after it had changed something, or may have."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _all_at_once(tx: Transaction[Any], batch: Sequence[_Job]) -> list[Any]:
    """What each returns or raises. What several of them will ask for is looked up, and written, together."""
    expected = [job.expected for job in batch if job.expected is not None]
    if len(expected) < 2:
        return [_at_once(tx, job) for job in batch]
    tx.store.expect(expected)
    outcomes = [_at_once(tx, job) for job in batch]
    tx.store.flush()
    return outcomes


def _each_apart(tx: Transaction[Any], batch: Sequence[_Job]) -> list[Any]:
    return [_apart(tx, job) for job in batch]


def _at_once(tx: Transaction[Any], job: _Job) -> Any:
    """What the job returns, or the exception that it raised before it changed anything. Raises _FailedHalfway.

    A savepoint for every use case would cost more than what most of them do: SQLite copies each page changed within.
    """
    before = _changes(tx)
    try:
        return job.context.run(job.call, tx)
    except DBAPIError as error:
        if _ends_the_batch(error):
            raise
        raise _FailedHalfway(unavailable(error)) from error
    except Exception as error:
        if before is None or _changes(tx) != before:
            raise _FailedHalfway(error) from error
        return error


def _apart(tx: Transaction[Any], job: _Job) -> Any:
    """What the job returns, or the exception that it raised; a deadlock or a lost connection ends the batch."""
    try:
        with tx.savepoint():
            return job.context.run(job.call, tx)
    except DBAPIError as error:
        if _ends_the_batch(error):
            raise
        return unavailable(error)  # a full disk is no mistake of the statement's
    except Exception as error:  # noqa: BLE001 - handed to the caller that waits for it
        return error


def _ends_the_batch(error: DBAPIError) -> bool:
    return may_be_tried_again(error) or error.connection_invalidated


def _changes(tx: Transaction[Any]) -> tuple[int, ...] | None:
    """Equal before and after what changed nothing; None where the driver does not count rows that were changed."""
    driver: Any = tx.sql.connection.driver_connection
    rows = getattr(driver, "total_changes", None)
    waiting = getattr(tx.store, "waiting", 0)
    return None if rows is None else (rows, waiting, driver.in_transaction, len(tx.said), len(tx.wakes))


def _take_turns(sql: sa.Connection) -> None:
    """One batch of several at a time: each use case locks in a stable order, a row of them does not."""
    if sql.dialect.name == "postgresql":
        sql.execute(sa.select(sa.func.pg_advisory_xact_lock(TURNS)))


def may_be_tried_again(error: DBAPIError) -> bool:
    """A deadlock or a serialisation failure: the database rolled back, and the same work may succeed now."""
    return getattr(error.orig, "sqlstate", None) in ("40001", "40P01")


def unavailable(error: DBAPIError) -> Exception:
    """The sentence for a database that cannot serve; a mistake in a statement stays what it is."""
    mistake = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    if (isinstance(error, sa.exc.OperationalError) and not mistake) or error.connection_invalidated:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no reason given"
        return StoreUnavailable(f"The database cannot serve right now ({reason}); nothing was changed.")
    return error
