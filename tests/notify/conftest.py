"""The place for what the tests of notify share."""

from collections.abc import Iterator

import pytest

from tests.notify.builders import PostOffice, open_post_office


@pytest.fixture
def office(sqlite_url: str) -> Iterator[PostOffice]:
    office = open_post_office(sqlite_url)
    yield office
    office.run.close()


@pytest.fixture
def any_office(database_url: str) -> Iterator[PostOffice]:
    """On SQLite, and on PostgreSQL where there is a container engine."""
    office = open_post_office(database_url)
    yield office
    office.run.close()
