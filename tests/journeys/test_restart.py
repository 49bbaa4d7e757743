"""The embedded house may stop at any moment, and goes on from where it was."""

import shutil
from pathlib import Path

import pytest

from deploy.story.town import open_town
from tests.journeys.conftest import settings_in
from tests.journeys.people import a_gathering, kinds_to, rsvps

pytestmark = pytest.mark.slow


async def test_what_was_answered_before_a_restart_is_mailed_once_after_it(tmp_path: Path) -> None:
    async with open_town(settings_in(tmp_path)) as (town, _):
        gathering = await a_gathering(town)
        for name in ("Dana Reyes", "Lee Okafor", "Theo Lind"):
            await rsvps(town, gathering, name)  # stopped before anything can settle

    async with open_town(settings_in(tmp_path)) as (town, _):
        await town.settle()
        for name in ("Dana", "Lee", "Theo"):
            assert (await kinds_to(town, name)).count("rsvp.confirmed") == 1


async def test_losing_all_of_the_broker_changes_nothing_in_the_end(tmp_path: Path) -> None:
    async with open_town(settings_in(tmp_path)) as (town, _):
        gathering = await a_gathering(town)
        await rsvps(town, gathering, "Dana Reyes")
        await town.settle()
    shutil.rmtree(tmp_path / "broker")

    async with open_town(settings_in(tmp_path)) as (town, _):
        await rsvps(town, gathering, "Lee Okafor")
        await town.settle()
        assert (await kinds_to(town, "Dana")).count("rsvp.confirmed") == 1
        assert (await kinds_to(town, "Lee")).count("rsvp.confirmed") == 1
