"""What operators do by command beside running services: a replay brings back everything that comes from others."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.cli import operate
from deploy.embedded.house import House
from deploy.story.town import Town, open_town
from services.intro.store import tables as intro
from services.notify.handlers.addresses import restore, suppress
from services.notify.store import tables as notify
from services.rsvp.store import tables as rsvp
from shared.settings import Settings
from shared.tables import due, outbox_heads
from tests.journeys.conftest import settings_in
from tests.journeys.people import a_gathering, kinds_to, rsvps

WHEN = {"heard_at", "stamp", "updated_at"}
"""When something was heard is not what was heard."""
HEARD = {
    "intro": (intro.gatherings, intro.rsvps, intro.tips, intro.organiser_keys),
    "notify": (
        *(notify.gatherings, notify.people, notify.rsvps, notify.introductions, notify.introduced),
        *(notify.tips, notify.organiser_keys),
    ),
}
"""All that a service has from the others' events alone, where nobody has said anything to it about their mail."""
PEOPLE = sa.select(notify.people.c.attendee_id, notify.people.c.email)
SAID = sa.select(outbox_heads.c.stream, outbox_heads.c.top).order_by(outbox_heads.c.stream)
KEPT = {"intro": intro.metadata, "notify": notify.metadata, "rsvp": rsvp.metadata}


async def everything(house: House, service: str) -> dict[str, list[str]]:
    """All that a service keeps of its own and what it plans, table by table."""

    def read(store: Any) -> dict[str, list[str]]:
        found = {}
        for table in (*KEPT[service].sorted_tables, due):
            told = [column for column in table.c if column.name not in WHEN]
            rows = store.sql.execute(sa.select(*told))
            found[table.name] = sorted(str(tuple(row)) for row in rows if getattr(row, "subject", "") != "housekeeping")
        return found

    return await house.run(service).read(read)


async def rows(house: House, service: str, wanted: Any) -> list[Any]:
    return await house.run(service).read(lambda store: [tuple(row) for row in store.sql.execute(wanted)])


async def change(house: House, service: str, *statements: Any) -> None:
    def carry_out(tx: Any) -> None:
        for statement in statements:
            tx.sql.execute(statement)

    await house.run(service)(carry_out)


async def a_story(town: Town) -> dict[str, Any]:
    """Three who come, one who changed something, and a gathering that was renamed."""
    gathering = await a_gathering(town)
    for name in ("Dana Reyes", "Lee Okafor", "Theo Lind"):
        await rsvps(town, gathering, name, interests=["zines", "maps"])
    await town.settle()
    await town.organiser("PATCH", f"/api/v1/gatherings/{gathering['id']}", json={"title": "Maps and conversation"})
    await town.settle()
    return gathering


@pytest.mark.slow
@pytest.mark.parametrize("service", ["intro", "notify"])
async def test_a_replay_brings_back_every_row_that_comes_from_the_others(
    tmp_path: Path, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_in(tmp_path)
    async with open_town(settings) as (town, house):
        gathering = await a_story(town)
        before, letters = await everything(house, service), len(await town.letters())
        assert all(before[table.name] for table in HEARD[service] if table.name != "tips")
        await change(house, service, *(sa.delete(table) for table in HEARD[service]))
        emptied = await everything(house, service)
        assert not any(emptied[table.name] for table in HEARD[service])
        capsys.readouterr()
        await operate.replay(settings, service)
        said, progress = capsys.readouterr()
        assert said.endswith(f"{service} has read everything again.\n")
        _tells_how_far_it_is(progress)
        await town.settle()
        assert await everything(house, service) == before
        assert len(await town.letters()) == letters
        await _goes_on_meanwhile(town, house, settings, service, gathering)


def _tells_how_far_it_is(progress: str) -> None:
    told = [line.split()[1:] for line in progress.splitlines() if line.startswith("replayed: ")]
    assert told, progress
    done, totals = [int(line[0]) for line in told], {int(line[2]) for line in told}
    assert done == sorted(set(done)), progress
    assert (done[-1], len(totals)) == (totals.pop(), 1), progress


async def _goes_on_meanwhile(
    town: Town, house: House, settings: Settings, service: str, gathering: dict[str, Any]
) -> None:
    before = await everything(house, service)
    await asyncio.gather(operate.replay(settings, service), rsvps(town, gathering, "Mina Castellanos"))
    await town.settle()
    during = await everything(house, service)
    await operate.replay(settings, service)
    await town.settle()
    assert await everything(house, service) == during != before
    for name in ("Dana", "Lee", "Theo", "Mina"):
        kinds = await kinds_to(town, name)
        assert kinds.count("rsvp.confirmed") == 1, kinds


WRONG = {
    "intro": (
        sa.update(intro.rsvps).values(status="cancelled", name="Nobody"),
        sa.update(intro.gatherings).values(title="Somebody else's table"),
    ),
    "notify": (
        sa.update(notify.rsvps).values(status="cancelled"),
        sa.update(notify.gatherings).values(
            facts=sa.func.json_replace(notify.gatherings.c.facts, "$.title", "Somebody else's table")
        ),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("service", ["intro", "notify"])
async def test_a_replay_puts_gatherings_and_rsvps_right_and_nothing_follows(tmp_path: Path, service: str) -> None:
    settings = settings_in(tmp_path)
    async with open_town(settings) as (town, house):
        await a_story(town)
        before, letters = await everything(house, service), len(await town.letters())
        await change(house, service, *WRONG[service])
        assert await everything(house, service) != before
        await operate.replay(settings, service)
        await town.settle()
        assert await everything(house, service) == before
        assert len(await town.letters()) == letters


@pytest.mark.slow
async def test_rsvp_learns_anew_who_wants_no_mail(tmp_path: Path) -> None:
    """Of the others' events it keeps nothing but this."""
    settings = settings_in(tmp_path)
    async with open_town(settings) as (town, house):
        await a_story(town)
        ids = {email: attendee_id for attendee_id, email in await rows(house, "notify", PEOPLE)}
        who, came_back = ids["dana@example.org"], ids["lee@example.org"]
        for attendee_id in (who, came_back):
            assert await house.run("notify")(suppress, attendee_id, "unsubscribed")
        assert await house.run("notify")(restore, came_back)
        await town.settle()
        before = {service: await everything(house, service) for service in KEPT}
        said = await rows(house, "rsvp", SAID)
        await operate.replay(settings, "rsvp")
        await town.settle()
        assert {service: await everything(house, service) for service in KEPT} == before
        assert await rows(house, "rsvp", SAID) == said, "who has come back was taken out for a moment"
        everybody = sa.select(rsvp.attendees.c.id).where(rsvp.attendees.c.suppressed)
        await change(house, "rsvp", sa.update(rsvp.attendees).values(suppressed=False))
        await operate.replay(settings, "rsvp")
        await town.settle()
        assert await rows(house, "rsvp", everybody) == [(who,)]
