"""The place for the town that the journeys are played in: three services, a real broker, letters, a clock to turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.embedded.house import House
from deploy.story.clock import TurnableClock
from deploy.story.town import Town, open_town
from shared.settings import Settings


def settings_in(folder: Path) -> Settings:
    """The embedded default in a folder of the test's own, whatever the environment says."""
    return Settings.model_validate(
        {"data_dir": folder, "broker_url": "embedded:", "database_url": "sqlite:", "mail_url": "maildir:"}
    )


@pytest.fixture
async def town_and_house(tmp_path: Path) -> AsyncIterator[tuple[Town, House]]:
    async with open_town(settings_in(tmp_path), TurnableClock()) as both:
        yield both


@pytest.fixture
def town(town_and_house: tuple[Town, House]) -> Town:
    return town_and_house[0]


@pytest.fixture
def house(town_and_house: tuple[Town, House]) -> House:
    return town_and_house[1]
