"""What operators do by command beside running services: replay, parked and dead entries, mails in doubt."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.cli import operate, say
from deploy.embedded.house import House
from deploy.story.town import Town, open_town
from services.intro.store.tables import metadata as intro_tables
from services.notify.store.tables import metadata as notify_tables
from tests.journeys.conftest import settings_in
from tests.journeys.people import a_gathering, kinds_to, rsvps

WHEN = {"heard_at", "stamp", "updated_at"}
"""When something was heard is not what was heard."""


def everything(house: House, service: str) -> Any:
    """All that a service keeps of its own, table by table."""
    tables = {"intro": intro_tables, "notify": notify_tables}[service].sorted_tables

    def read(store: Any) -> dict[str, list[str]]:
        found = {}
        for table in tables:
            told = [column for column in table.c if column.name not in WHEN]
            found[table.name] = sorted(str(tuple(row)) for row in store.sql.execute(sa.select(*told)))
        return found

    return house.run(service).read(read)


@pytest.mark.slow
@pytest.mark.parametrize("service", ["intro", "notify"])
async def test_a_replay_while_the_service_runs_ends_in_the_identical_state(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(say.Bar, "reach", lambda _bar, done: told.append(done))
    settings = settings_in(tmp_path)
    async with open_town(settings) as (town, house):
        gathering = await a_gathering(town)
        for name in ("Dana Reyes", "Lee Okafor", "Theo Lind"):
            await rsvps(town, gathering, name, interests=["zines", "maps"])
        await town.settle()
        before = await everything(house, service)
        assert before["rsvps"]
        await operate.replay(settings, service)
        assert told == sorted(told)
        assert told[-1] > 0, "it says how far it is"
        await town.settle()
        assert await everything(house, service) == before
        await asyncio.gather(operate.replay(settings, service), rsvps(town, gathering, "Mina Castellanos"))
        await town.settle()
        during = await everything(house, service)
        await operate.replay(settings, service)
        await town.settle()
        assert await everything(house, service) == during != before
        await _everybody_was_told_once(town)


async def _everybody_was_told_once(town: Town) -> None:
    for name in ("Dana", "Lee", "Theo", "Mina"):
        kinds = await kinds_to(town, name)
        assert kinds.count("rsvp.confirmed") == 1, kinds
