"""The place for what the tests of intro share."""

from collections.abc import Iterator

import pytest

from tests.intro.builders import House, open_house


@pytest.fixture
def house(sqlite_url: str) -> Iterator[House]:
    house = open_house(sqlite_url)
    yield house
    house.run.close()


@pytest.fixture
def any_house(database_url: str) -> Iterator[House]:
    """On SQLite, and on PostgreSQL where there is a container engine."""
    house = open_house(database_url)
    yield house
    house.run.close()


@pytest.fixture
def postgres_house(postgres_url: str) -> Iterator[House]:
    house = open_house(postgres_url)
    yield house
    house.run.close()
