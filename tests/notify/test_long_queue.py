"""What is taken of a long queue of mails costs what is taken, not what waits."""

from datetime import UTC, datetime

import pytest

from services.notify.store.mail_statements import CLAIMABLE, NEXT_AT
from shared.contracts.rsvp import RsvpConfirmed
from tests.notify.builders import PostOffice, a_gathering, an_rsvp

EVERY = 50


async def _instructions(office: PostOffice, statement: object) -> int:
    """How many steps SQLite takes for it, in fifties."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    def look(store: object) -> None:
        sql = store.sql  # type: ignore[attr-defined]
        driver = sql.connection.driver_connection
        driver.set_progress_handler(count, EVERY)
        try:
            sql.execute(statement, {"now": datetime(2099, 1, 1, tzinfo=UTC), "most": 20}).all()
        finally:
            driver.set_progress_handler(None, 0)

    await office.run.read(look)
    return steps


@pytest.mark.slow
@pytest.mark.parametrize("statement", [CLAIMABLE, NEXT_AT], ids=["the next to send", "when to look again"])
async def test_ten_times_as_many_that_wait_cost_no_more(office: PostOffice, statement: object) -> None:
    await office.hears(a_gathering(), *(an_rsvp(RsvpConfirmed, f"early{n}") for n in range(60)))
    few = await _instructions(office, statement)
    await office.hears(*(an_rsvp(RsvpConfirmed, f"late{n}") for n in range(600)))
    assert await _instructions(office, statement) <= few * 1.2 + 2
