"""A replay: events heard again bring back what is missing and put right what is wrong, and nothing follows from it."""

from typing import Any

import pytest
import sqlalchemy as sa

from services.intro.store.tables import gatherings, organiser_keys, rsvps, tips
from shared.contracts.envelope import EventData
from tests.intro.builders import House

HEARD = (gatherings, rsvps, tips, organiser_keys)


def a_story(house: House) -> tuple[EventData, ...]:
    return (
        house.key(),
        house.a_gathering(),
        house.going("dana"),
        house.going("lee"),
        house.going("ruth"),
        house.cancels("ruth"),
        house.tip("dana", "Arrive early."),
        house.changed(title="The longer table"),
    )


async def change(house: House, *statements: Any) -> None:
    def carry_out(tx: Any) -> None:
        for statement in statements:
            tx.sql.execute(statement)

    await house.run(carry_out)


def stored(house: House) -> list[list[str]]:
    """What was heard, but for the stamps, which say when it was."""
    asked = [sa.select(*(column for column in table.c if column.name != "stamp")) for table in HEARD]
    with house.engine.connect() as sql:
        return [sorted(str(tuple(row)) for row in sql.execute(one)) for one in asked]


@pytest.mark.parametrize("gone", [(rsvps,), (gatherings,), HEARD], ids=["rsvps", "gatherings", "everything"])
async def test_what_is_missing_comes_back_and_nobody_is_proposed_anew(
    any_house: House, gone: tuple[sa.Table, ...]
) -> None:
    house, story = any_house, a_story(any_house)
    await house.has_heard(*story)
    before, said = stored(house), len(house.said())
    await change(house, *(sa.delete(table) for table in gone))
    await house.hears(*story)  # in one go: in between it would be matched as it was then
    await house.matches()
    assert stored(house) == before
    assert len(house.said()) == said


@pytest.mark.parametrize(
    "wrong",
    [
        sa.update(rsvps).values(status="going", name="Nobody"),
        sa.update(rsvps).values(status="cancelled"),
        sa.update(rsvps).values(introductions=False, share=[], profile={}),
        sa.update(gatherings).values(title="Another table", mode="none", cancelled=True),
    ],
    ids=["everybody comes", "nobody comes", "nobody told anything", "called off"],
)
async def test_what_is_wrong_is_put_right_and_nothing_follows(house: House, wrong: Any) -> None:
    story = a_story(house)
    await house.has_heard(*story)
    before, said, rounds = stored(house), len(house.said()), house.due("round")
    await change(house, wrong)
    assert stored(house) != before
    await house.has_heard(*story)
    assert stored(house) == before
    assert (len(house.said()), house.due("round")) == (said, rounds)


async def test_who_was_seen_at_the_door_stays_seen(house: House) -> None:
    story = a_story(house)
    await house.has_heard(*story)
    await change(house, sa.update(rsvps).values(checked_in=True))
    await house.has_heard(*story)
    with house.engine.connect() as sql:
        assert set(sql.execute(sa.select(rsvps.c.checked_in)).scalars()) == {True}


async def test_whoever_comes_after_a_gathering_was_brought_back_is_given_suggestions(house: House) -> None:
    story = house.a_gathering(per_person=3), house.going("dana"), house.going("lee")
    await house.has_heard(*story, *(house.changes("dana", tip=f"Tip {n}.") for n in range(9)))
    await change(house, *(sa.delete(table) for table in HEARD))
    await house.hears(*story)
    await house.has_heard(house.going("theo", interests=("metadata", "trail running")))
    assert house.of("theo")
