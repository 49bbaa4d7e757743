"""The place for what time does: rows in a due table, carried out once, in the transaction that deletes them."""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from shared.clock import Clock
from shared.parked import backoff
from shared.prepared import Prepared
from shared.signals import Signals
from shared.tables import due
from shared.transaction import Runner, StoreUnavailable, Transaction

log = structlog.get_logger()

LONGEST_SLEEP_SECONDS = 30.0
GIVEN_UP_AFTER = 12


@dataclass(frozen=True, slots=True)
class DueWork:
    """Something to do at a time. `key` is unique: the same work planned twice is planned once."""

    key: str
    kind: str
    subject: str
    at: datetime
    data: dict[str, Any]


WORK = (due.c.key, due.c.kind, due.c.subject, due.c.at, due.c.data)

PLAN = Prepared.upsert(
    due,
    lambda new: new.on_conflict_do_update(
        index_elements=["key"],
        set_={**{column.name: new.excluded[column.name] for column in WORK}, "attempts": 0},
    ),
)
UNPLAN = Prepared(sa.delete(due).where(due.c.key == sa.bindparam("_key")))
TAKE = Prepared(
    sa.delete(due).where(due.c.key == sa.bindparam("_key"), due.c.at <= sa.bindparam("_now")).returning(*WORK)
)
DUE = Prepared(sa.select(*WORK).where(due.c.at <= sa.bindparam("now")).order_by(due.c.at, due.c.key).limit(100))
NEXT_AT = Prepared(sa.select(sa.func.min(due.c.at)))

Jobs = Mapping[str, Callable[[Transaction[Any], DueWork], None]]
"""The list of what time does in a service: one short function a kind."""


def plan(tx: Transaction[Any], work: DueWork) -> None:
    """Plans work, or moves it when its key is planned already."""
    row = {"key": work.key, "kind": work.kind, "subject": work.subject, "at": work.at, "data": work.data}
    tx.sql.execute(PLAN, {**row, "attempts": 0, "reason": ""})
    tx.wake("due")


def unplan(tx: Transaction[Any], key: str) -> None:
    """Takes planned work back; what is not planned is no news."""
    tx.sql.execute(UNPLAN, {"_key": key})


def unplan_subject(tx: Transaction[Any], subject: str, *, kinds: Sequence[str] = ()) -> None:
    """Takes back everything planned for a subject, or only some kinds of it."""
    narrowed = (due.c.kind.in_(kinds),) if kinds else ()
    tx.sql.execute(sa.delete(due).where(due.c.subject == subject, *narrowed))


class Scheduler:
    """Sleeps until the next row is due, then carries it out: effect and deletion in one transaction."""

    def __init__(self, run: Runner[Any], jobs: Jobs, *, signals: Signals, clock: Clock, chance: random.Random) -> None:
        self._run, self._jobs, self._signals, self._clock, self._chance = run, jobs, signals, clock, chance

    async def serve(self) -> None:
        """Runs until cancelled."""
        while True:
            wait = LONGEST_SLEEP_SECONDS
            with suppress(StoreUnavailable):
                await self.do_what_is_due()
                wait = await self._until_next()
            await self._signals.wait("due", at_most=wait)

    async def do_what_is_due(self) -> int:
        """Carries out everything that is due now; answers how much it was."""
        done = 0
        while works := await self._run.read(_due_at, self._clock.now()):
            for work in works:
                await self._carry_out(work)
                done += 1
        return done

    async def _carry_out(self, work: DueWork) -> None:
        try:
            await self._run(carry_out, work, self._jobs)
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("due.failed", kind=work.kind, key=work.key)
            await self._run(postpone, work, f"{type(error).__name__}: {error}", self._chance)

    async def _until_next(self) -> float:
        at = await self._run.read(_next_at)
        if at is None:
            return LONGEST_SLEEP_SECONDS
        return max(0.0, min(LONGEST_SLEEP_SECONDS, (at - self._clock.now()).total_seconds()))


def carry_out(tx: Transaction[Any], work: DueWork, jobs: Jobs) -> None:
    """Effect and deletion together, as the row stands now; one that somebody else took, or moved, is no news."""
    if (taken := tx.sql.execute(TAKE, {"_key": work.key, "_now": tx.now}).first()) is not None:
        jobs[taken.kind](tx, DueWork(**taken._asdict()))


def postpone(tx: Transaction[Any], work: DueWork, reason: str, chance: random.Random) -> None:
    """Tries later, with full jitter; after twelve attempts once a day, so that nothing is ever silently gone."""
    failed = due.c.key == work.key, due.c.at == work.at  # what was moved meanwhile keeps its new time
    attempts = tx.sql.execute(sa.select(due.c.attempts).where(*failed)).scalar()
    if attempts is None:
        return
    delay = backoff(attempts + 1, chance) if attempts < GIVEN_UP_AFTER else timedelta(days=1)
    tx.sql.execute(sa.update(due).where(*failed).values(at=tx.now + delay, attempts=attempts + 1, reason=reason))


def _due_at(store: Any, now: datetime) -> Sequence[DueWork]:
    return [DueWork(**row._asdict()) for row in store.sql.execute(DUE, {"now": now})]


def _next_at(store: Any) -> datetime | None:
    return store.sql.execute(NEXT_AT).scalar()  # type: ignore[no-any-return]
