"""The place for what the tests of rsvp share."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.rsvp.builders import Desk
from tests.rsvp.served import Served, serving


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.engine.dispose()


@pytest.fixture
async def served(sqlite_url: str) -> AsyncIterator[Served]:
    async with serving(sqlite_url) as served:
        yield served
