"""A store may write the rows of a whole batch together, and an entry that failed leaves none of them."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from shared.tables import parked
from shared.transaction import Transaction
from tests.fakes import InlineRunner
from tests.shared.ground import Ground, GuestSpoke, Indigestible, all_heard, empty_database, heard, rows_of, speak
from tests.simulation.virtual_loop import running, until, virtual


class WaitingStore:
    """Counts how often it wrote."""

    writes = 0

    def __init__(self, sql: sa.Connection) -> None:
        self.sql = sql
        self._waiting: list[dict[str, Any]] = []

    def keep(self, subject: str, version: int) -> None:
        self._waiting.append({"subject": subject, "version": version})

    def flush(self) -> None:
        if self._waiting:
            WaitingStore.writes += 1
            self.sql.execute(heard.insert(), self._waiting)
        self.drop()

    def drop(self) -> None:
        self._waiting = []


def a_ground(*indigestible: str) -> Ground:
    def keep(tx: Transaction[Any], event: GuestSpoke) -> None:
        tx.store.keep(event.guest, event.version)
        if event.guest in indigestible:
            raise Indigestible

    WaitingStore.writes = 0
    ground = Ground(hears={GuestSpoke: keep})
    ground.listener = InlineRunner(empty_database(), source="notify", store=WaitingStore, clock=ground.clock)
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
async def test_a_batch_is_written_at_once() -> None:
    ground = a_ground()
    await hears(ground, [f"guest{n}" for n in range(50)], expected=50)
    assert WaitingStore.writes == 1


@virtual
async def test_what_a_failed_entry_left_waiting_is_not_written() -> None:
    ground = a_ground("mina")
    await hears(ground, ["dana", "mina", "theo"], expected=2)
    assert [guest for guest, _ in await ground.listener.read(all_heard)] == ["dana", "theo"]
    (entry,) = await ground.listener.read(rows_of, parked)
    assert entry.subject == "mina"
