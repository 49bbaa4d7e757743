"""RSVPs that share a commit are looked up and written together, and leave what they would have left one by one."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rsvp.domain.rsvps import Told
from services.rsvp.handlers.gatherings import create_gathering
from services.rsvp.handlers.rsvps import Once, answer_rsvp
from services.rsvp.store.sql import SqlStore
from services.rsvp.store.tables import answers, attendees, gatherings, metadata, rsvps
from shared.contracts.envelope import decode
from shared.errors import TablematesError
from shared.tables import outbox
from tests.databases import open_database
from tests.fakes import FakeClock, InlineRunner
from tests.rsvp.builders import NOON, PUBLIC_URL, address, gathering_fields


@dataclass(frozen=True)
class Ask:
    """One RSVP; the third place is the first one by its slug, the fourth does not exist."""

    place: int
    who: str
    guests: int
    response: Literal["going", "declined"]
    by: Literal["attendee", "organiser"]
    key: str


ASKS = st.builds(
    Ask,
    place=st.sampled_from([0, 0, 1, 2, 3]),
    who=st.sampled_from(["ana", "bo", "cleo", "dev", "eve", "ANA"]),
    guests=st.integers(0, 2),
    response=st.sampled_from(["going", "going", "declined"]),
    by=st.sampled_from(["attendee", "attendee", "organiser"]),
    key=st.sampled_from(["", "", "a key", "another"]),
)
ROOM = st.fixed_dictionaries(
    {
        "capacity": st.sampled_from([None, 1, 2, 4]),
        "waiting_list": st.booleans(),
        "confirm_addresses": st.booleans(),
    }
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    rooms=st.lists(ROOM, min_size=2, max_size=2), before=st.lists(ASKS, max_size=3), asks=st.lists(ASKS, max_size=12)
)
async def test_what_is_done_together_ends_as_what_is_done_one_by_one(
    rooms: list[dict[str, Any]], before: list[Ask], asks: list[Ask]
) -> None:
    assert await outcome_of(rooms, [[ask] for ask in before], asks) == await outcome_of(
        rooms, [], [], alone=[*before, *asks]
    )


async def outcome_of(
    rooms: list[dict[str, Any]], commits: Sequence[Sequence[Ask]], last: Sequence[Ask], alone: Sequence[Ask] = ()
) -> dict[str, Any]:
    """Everything that can be seen afterwards, but for what is drawn by chance."""
    engine = open_database("sqlite://", metadata)
    with closing(InlineRunner(engine, store=SqlStore, clock=FakeClock(NOON))) as run:
        made = [
            await run(create_gathering, gathering_fields(title=f"Room {n}", **room), public_url=PUBLIC_URL)
            for n, room in enumerate(rooms)
        ]
        places = [made[0].id, made[1].id, made[0].slug, "nowhere"]
        told: list[Any] = []
        for commit in [*commits, last, *([one] for one in alone)]:
            told += await asyncio.gather(*(_answer(run, places, ask) for ask in commit))
        return {"answers": told, **_left(engine)}


async def _answer(run: InlineRunner, places: list[str], ask: Ask) -> Any:
    once = Once(ask.key, f"{ask.who} {ask.guests} {ask.response}") if ask.key else None
    told = Told(name=ask.who, response=ask.response, guests=ask.guests)
    try:
        return (await run(answer_rsvp, places[ask.place], address(ask.who), told, by=ask.by, once=once)).status
    except TablematesError as error:
        return error.code


def _left(engine: sa.Engine) -> dict[str, Any]:
    which = sa.select(gatherings.c.title, rsvps.c.name, rsvps.c.status, rsvps.c.guests, rsvps.c.place_in_line)
    with engine.connect() as sql:
        joined = which.join(gatherings, gatherings.c.id == rsvps.c.gathering_id).order_by(rsvps.c.id)
        bodies = sql.execute(sa.select(outbox.c.body).order_by(outbox.c.sequence)).scalars()
        said = [decode(body.encode())[1] for body in bodies]
        return {
            "rsvps": sorted(map(tuple, sql.execute(joined)), key=repr),
            "rooms": list(
                map(tuple, sql.execute(sa.select(gatherings.c.title, gatherings.c.taken, gatherings.c.line)))
            ),
            "people": list(map(tuple, sql.execute(sa.select(attendees.c.email, attendees.c.links)))),
            "answers kept": len(sql.execute(sa.select(answers)).all()),
            "said": [
                (event.wire_type, getattr(event, "name", ""), getattr(event, "status", "")) for event in said if event
            ],
        }
