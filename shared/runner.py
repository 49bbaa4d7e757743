"""The place for running use cases: open, carry out, number what was said, commit. No other commit() is anywhere."""

import asyncio
import queue
import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from shared.chance import SystemChance
from shared.clock import Clock
from shared.db import put_away, read_with
from shared.jobs import FailedHalfway, Job, all_at_once, each_apart
from shared.prepared import Prepared
from shared.signals import Signals
from shared.transaction import (
    OutcomeUnknown,
    StoreUnavailable,
    Transaction,
    may_be_tried_again,
    record_said,
    unavailable,
)

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")

GROUP_COMMIT_MOST = 64
PUT_AWAY_AFTER = 64
TRIES_AFTER_DEADLOCK = 5
TURNS = Prepared(sa.select(sa.func.pg_advisory_xact_lock(7406)))  # any number that no other advisory lock uses
ENDING = "The service is stopping; nothing was changed."


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
        self._jobs: queue.SimpleQueue[list[Job] | None] = queue.SimpleQueue()
        self._arriving: list[Job] = []
        self._crowd: deque[Job] = deque()
        self._turn = threading.Lock()
        """Who has it carries out all that waits: batches of several would wait for each other in the database."""
        in_a_file = engine.dialect.name == "sqlite"
        count = writers or (1 if in_a_file else 4)
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"{source}-writer-{n}", daemon=True) for n in range(count)
        ]
        # a connection to a file holds its own copies of pages and statements, and has no answer to wait for
        self._readers = ThreadPoolExecutor(2 if in_a_file else 4, thread_name_prefix=f"{source}-reader")
        for thread in self._threads:
            thread.start()

    async def __call__(
        self, handler: Callable[Concatenate[Transaction[S], P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        if self._closed:
            raise StoreUnavailable(ENDING)
        job = Job.of(handler, args, kwargs)
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
        times = 0
        while (arrived := self._jobs.get()) is not None:
            self._carry_out(arrived)
            times += 1
            if times >= PUT_AWAY_AFTER and self._jobs.empty():  # else a commit would do it, for which somebody waits
                put_away(self._engine)
                times = 0

    def _carry_out(self, arrived: Sequence[Job]) -> None:
        if len(arrived) == 1 and self._jobs.empty() and not self._turn.locked():
            self._run_batch(arrived)
            return
        self._crowd.extend(arrived)
        with self._turn:
            while batch := self._next_batch():
                self._run_batch(batch)

    def _next_batch(self) -> list[Job]:
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

    def _run_batch(self, batch: Sequence[Job]) -> None:
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

    def _commit_in_the_end(self, batch: Sequence[Job]) -> tuple[list[Any], set[str]]:
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

    def _commit_together(self, batch: Sequence[Job]) -> tuple[list[Any], set[str]]:
        """All at once; with a savepoint each only when one of them failed after it had changed something."""
        with self._engine.connect() as sql:
            try:
                return self._committed(sql, batch, all_at_once)
            except FailedHalfway as failed:
                if len(batch) == 1:
                    return [failed.error], set()
            return self._committed(sql, batch, each_apart)

    def _committed(
        self,
        sql: sa.Connection,
        batch: Sequence[Job],
        carry_out: Callable[[Transaction[Any], Sequence[Job]], list[Any]],
    ) -> tuple[list[Any], set[str]]:
        transaction = sql.begin()
        if len(batch) > 1:
            _take_turns(sql)
        tx = Transaction(self._store(sql), sql, self._clock.now(), self._chance, self._source, self._partitions)
        try:
            outcomes = carry_out(tx, batch)
        except FailedHalfway:
            transaction.rollback()
            raise
        tx.write_what_waits()
        tx.check_not_lost()
        record_said(tx)
        try:
            transaction.commit()
        except DBAPIError as error:
            raise OutcomeUnknown from error
        if tx.numbered:
            self._signals.leave("outbox", tx.numbered)
        return outcomes, tx.wakes

    def _answer(self, batch: Sequence[Job], outcomes: Sequence[Any], wakes: set[str]) -> None:
        for name in wakes:
            self._signals.give(name)
        if wakes:  # whom the commit wakes goes first: others wait for what they say, a caller only for our words
            batch[0].loop.call_soon(self._tell, batch, outcomes)
        else:
            self._tell(batch, outcomes)

    def _tell(self, batch: Sequence[Job], outcomes: Sequence[Any]) -> None:
        for job, outcome in zip(batch, outcomes, strict=True):
            if job.future.done():
                continue
            if isinstance(outcome, BaseException):
                job.future.set_exception(outcome)
            else:
                job.future.set_result(outcome)


def _take_turns(sql: sa.Connection) -> None:
    """One batch of several at a time: each use case locks in a stable order, a row of them does not."""
    if sql.dialect.name == "postgresql":
        sql.execute(TURNS)
