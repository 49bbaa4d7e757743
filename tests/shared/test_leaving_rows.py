"""A store may leave rows to be written together: who looks sees them, and what failed leaves none of them."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from shared.leaving_rows import LeavingRows
from shared.prepared import Prepared
from shared.tables import outbox_heads, parked
from shared.transaction import Transaction
from tests.fakes import InlineRunner
from tests.shared.ground import Ground, GuestSpoke, Indigestible, all_heard, empty_database, heard, rows_of, speak
from tests.simulation.virtual_loop import running, until, virtual


class Counting(LeavingRows):
    """Counts how often it wrote."""

    writes = 0

    def flush(self) -> None:
        type(self).writes += self.waiting > 0
        super().flush()


KEEP = Prepared.rows(heard)
KEEP_HEAD = Prepared.rows(outbox_heads, unless_there=True)


@pytest.fixture
def sql(database_url: str) -> Iterator[sa.Connection]:
    engine = empty_database(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def a_row(guest: str, version: int = 1) -> dict[str, Any]:
    return {"subject": guest, "version": version}


def test_what_waits_is_not_written_until_somebody_looks(sql: sa.Connection) -> None:
    store = LeavingRows(sql)
    store.leave(KEEP, [a_row("dana")])
    store.leave(KEEP, [a_row("mina"), a_row("theo")])
    assert store.waiting == 3
    assert all_heard(store) == [("dana", 1), ("mina", 1), ("theo", 1)]
    assert store.waiting == 0


def test_what_is_there_already_may_be_passed_over(sql: sa.Connection) -> None:
    store = LeavingRows(sql)
    for tops in ({"a": 1}, {"a": 9, "b": 2}, {"b": 8}, {"c": 3, "a": 7}):
        store.leave(KEEP_HEAD, [{"stream": stream, "top": top} for stream, top in tops.items()])
        store.flush()
    found = store.sql.execute(sa.select(outbox_heads).order_by(outbox_heads.c.stream)).all()
    assert [tuple(row) for row in found] == [("a", 1), ("b", 2), ("c", 3)]


def keeping(*indigestible: str) -> Any:
    def keep(tx: Transaction[LeavingRows], event: GuestSpoke) -> None:
        tx.store.leave(KEEP, [a_row(event.guest, event.version)])
        if event.guest in indigestible:
            raise Indigestible

    return keep


def a_ground(handle: Any) -> Ground:
    ground = Ground(hears={GuestSpoke: handle})
    ground.listener = InlineRunner(empty_database(), source="notify", store=Counting, clock=ground.clock)
    ground.reader = ground.a_reader()
    return ground


async def hears(ground: Ground, guests: Sequence[str], *, expected: int) -> None:
    for guest in guests:
        await ground.speaker(speak, guest)
    await ground.relay.publish_everything()

    async def all_of_them() -> bool:
        return len(await ground.listener.read(all_heard)) == expected

    with running(ground.reader.follow()):
        await until(all_of_them)


@virtual
async def test_a_batch_is_written_by_one_statement() -> None:
    ground, Counting.writes = a_ground(keeping()), 0
    await hears(ground, [f"guest{n}" for n in range(50)], expected=50)
    assert Counting.writes == 1


@virtual
async def test_what_a_failed_entry_left_is_not_written() -> None:
    ground = a_ground(keeping("mina"))
    await hears(ground, ["dana", "mina", "theo"], expected=2)
    assert [guest for guest, _ in await ground.listener.read(all_heard)] == ["dana", "theo"]
    (entry,) = await ground.listener.read(rows_of, parked)
    assert entry.subject == "mina"


@virtual
async def test_a_savepoint_that_is_undone_takes_only_what_was_left_within() -> None:
    ground = a_ground(keeping())

    def changes_its_mind(tx: Transaction[LeavingRows]) -> None:
        tx.store.leave(KEEP, [a_row("before")])
        with suppress(Indigestible), tx.savepoint():
            tx.store.leave(KEEP, [a_row("within")])
            raise Indigestible
        tx.store.leave(KEEP, [a_row("after")])

    await ground.listener(changes_its_mind)
    assert await ground.listener.read(all_heard) == [("before", 1), ("after", 1)]


@virtual
async def test_what_cannot_be_written_fails_its_use_case_alone() -> None:
    ground = a_ground(keeping())
    head = Prepared.rows(outbox_heads)

    def take(tx: Transaction[LeavingRows], stream: str) -> None:
        tx.store.leave(head, [{"stream": stream, "top": 1}])

    ends = await asyncio.gather(*(ground.listener(take, s) for s in ("a", "b", "a", "c")), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["IntegrityError", "NoneType", "NoneType", "NoneType"]
    assert {row.stream for row in await ground.listener.read(rows_of, outbox_heads)} == {"a", "b", "c"}
