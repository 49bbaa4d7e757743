"""The place for carrying out, in one transaction, what several callers wait for."""

import asyncio
import contextvars
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError

from shared.transaction import Transaction, may_be_tried_again, unavailable


@dataclass(slots=True)
class Job:
    """A use case that somebody waits for."""

    call: Callable[[Transaction[Any]], Any]
    context: contextvars.Context
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    expected: Any = None

    @classmethod
    def of(cls, handler: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> "Job":
        """A call of a handler from the loop we run on, in the context in which we act."""
        loop, expected = asyncio.get_running_loop(), getattr(handler, "expected", None)
        return cls(
            lambda tx: handler(tx, *args, **kwargs),
            contextvars.copy_context(),
            loop,
            loop.create_future(),
            expected(*args, **kwargs) if expected else None,
        )


class FailedHalfway(Exception):
    """A use case failed after it had changed something, or may have."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def all_at_once(tx: Transaction[Any], batch: Sequence[Job]) -> list[Any]:
    """What each returns or raises. What several of them will ask for is looked up together."""
    expected = [job.expected for job in batch if job.expected is not None]
    if len(expected) > 1:
        tx.store.expect(expected)
    return [_at_once(tx, job) for job in batch]


def each_apart(tx: Transaction[Any], batch: Sequence[Job]) -> list[Any]:
    return [_apart(tx, job) for job in batch]


def _at_once(tx: Transaction[Any], job: Job) -> Any:
    """What the job returns, or the exception that it raised before it changed anything. Raises FailedHalfway.

    A savepoint for every use case would cost more than what most of them do: SQLite copies each page changed within.
    """
    before = _changes(tx)
    try:
        return job.context.run(job.call, tx)
    except DBAPIError as error:
        if _ends_the_batch(error):
            raise
        raise FailedHalfway(unavailable(error)) from error
    except Exception as error:
        if before is None or _changes(tx) != before:
            raise FailedHalfway(error) from error
        return error


def _apart(tx: Transaction[Any], job: Job) -> Any:
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
