"""The place for two transactions in the same moment, as replicas on PostgreSQL have them."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from shared.transaction import Runner
from tests.waiting import wait_until

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def side_by_side(run: Runner[Any], first: Callable[[Any], Any], second: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The second begins when the first has done all but commit, which it does when the second has, or waits for it."""
    did, may_commit = threading.Event(), threading.Event()

    def all_but_commit(tx: Any) -> Any:
        answer = first(tx)
        tx.write_what_waits()
        did.set()
        may_commit.wait(10)
        return answer

    one = asyncio.create_task(run(all_but_commit))
    await wait_until(lambda: did.is_set() or one.done(), what="first transaction")
    other = asyncio.create_task(run(second))
    await wait_until(lambda: other.done() or run.read(_somebody_waits), what="second transaction")
    may_commit.set()
    return await one, await other


def _somebody_waits(store: Any) -> bool:
    return bool(store.sql.execute(_WAITING).scalar())
