"""Whoever plays a story knows when nothing is on its way any more."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.embedded.house import House, build_parts, migrate_all, on_its_way
from services.rsvp.handlers.keys import create_key
from shared.due import DueWork, plan
from shared.settings import Settings
from shared.transaction import Transaction
from tests.fakes import FakeBus, FakeClock


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Three services that do nothing of themselves yet, with their streams in eight partitions."""
    settings = Settings.model_validate(
        {"data_dir": tmp_path, "broker_url": "embedded:", "database_url": "sqlite:", "mail_url": "maildir:"}
        | {"partitions": 8}
    )
    migrate_all(settings)
    bus = FakeBus()
    parts = build_parts(settings, bus, clock=FakeClock())
    yield House(parts, parts["rsvp"].app, bus)
    for part in parts.values():
        part.close()


async def test_a_house_in_which_nothing_happened_has_nothing_on_its_way(house: House) -> None:
    assert (await on_its_way(house)).waiting == {}


async def test_what_nobody_has_read_yet_is_on_its_way_whatever_its_partition(house: House) -> None:
    await house.run("rsvp")(create_key, "a library")
    seen = await on_its_way(house)
    assert seen.waiting == {"intro: entries to read": 1, "notify: entries to read": 1}
    assert sum(seen.said.values()) == 1


async def test_work_that_is_due_is_on_its_way_and_what_is_planned_for_later_is_not(house: House) -> None:
    def plan_both(tx: Transaction[object]) -> None:
        for key, at in (("now", tx.now), ("later", tx.now + timedelta(days=1))):
            plan(tx, DueWork(key=key, kind="reminder.before", subject="g", at=at, data={}))

    await house.run("notify")(plan_both)
    assert (await on_its_way(house)).waiting == {"notify: due": 1}
