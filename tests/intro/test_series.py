"""A real conference and its parties, three years in a row: no pair is suggested twice, and nobody is lost."""

from pathlib import Path

import pytest

from services.intro.store.tables import rounds
from services.rsvp.domain.guest_lists import Status, read_guest_list
from shared.contracts.rsvp import RsvpFacts
from tests.data import shared_data
from tests.intro.builders import SHARE, House


def the_list(house: House, path: Path) -> list[RsvpFacts]:
    """What rsvp says when the list is imported; who is on several lists is one attendee."""
    said: list[RsvpFacts] = []
    for guest in read_guest_list(path.read_bytes(), filename=path.name).guests:
        profile = {name: getattr(guest.profile, name) for name in (*SHARE, "reach") if name != "place"}
        going = guest.status is Status.GOING
        tell = house.going if going else house.declines
        said.append(tell(guest.email, name=guest.name, gathering=path.name[:60], asked_first=True, **profile))
    return said


@pytest.mark.slow
async def test_a_series_repeats_no_pair_and_leaves_nobody_unnamed(house: House) -> None:
    for path in sorted(shared_data("guest_lists").glob("bsdc_*.csv")):
        gathering = path.name[:60]
        await house.hears(house.a_gathering(gathering, rounds_before=["P3D"]))
        said = the_list(house, path)
        for event in said:
            await house.hears(event)
        await house.matches()
        await house.runs_the_round(gathering)
        await everybody_has_somebody_or_is_named(house, gathering, said)
    pairs = [frozenset(found.people) for found in house.introductions()]
    assert len(pairs) == len(set(pairs)) > 300


async def everybody_has_somebody_or_is_named(house: House, gathering: str, said: list[RsvpFacts]) -> None:
    going = {event.attendee_id for event in said if event.status == "going"}
    met = {person for found in house.introductions(gathering) for person in found.people}
    assert met <= going
    with house.engine.connect() as sql:
        kept = sql.execute(rounds.select().where(rounds.c.gathering_id == gathering)).one()
    named = {kept.people[number] for number, _, sentence in kept.report["left_out"] if sentence}
    assert going - met <= named
    assert all(seat.reasons for found in house.introductions(gathering) for seat in found.seats)


async def test_an_organisers_own_words_make_people_meet(house: House) -> None:
    own = {"one book one county": ("Ridge Reads",)}
    await house.has_heard(house.a_gathering(mode="direct", per_person=1), house.changed(vocabulary=own))
    await house.hears(house.going("ana", interests=("Ridge Reads",)), house.going("bo", interests=("zines",)))
    await house.hears(
        house.going("cleo", interests=("One book, one county",)), house.going("dan", interests=("chess",))
    )
    await house.runs_the_round()
    (theirs,) = house.of("ana")
    assert "cleo" in theirs.people
    assert theirs.seat_of("ana").reasons[0] == "You and Cleo have Ridge Reads in common."


async def test_a_mentors_load_is_respected_before_anybody_is_asked(house: House) -> None:
    await house.hears(house.a_gathering(kind="mentorship", per_person=1, rounds_before=()))
    await house.hears(
        house.going("lee", goals=("mentor",), offers=("mentoring others",), stage="experienced", at_most=2)
    )
    for who in ("ana", "bo", "cleo", "dan"):
        await house.hears(house.going(who, goals=("mentor",), asks=("finding a mentor",), stage="new"))
    await house.runs_the_round()
    assert len(house.of("lee")) == 2


async def test_where_there_are_tables_an_only_place_is_kept_for_one_and_nobody_is_the_odd_one_out(house: House) -> None:
    await house.hears(house.a_gathering(kind="happy_hour", mode="direct", per_person=1, tables=True, rounds_before=()))
    for who in ("ann", "ben", "cat", "dov", "ed", "flo", "gus"):
        await house.has_heard(house.going(who))
    assert house.introductions() == []
    await house.time_passes(minutes=11)
    seated = [len(one.people) for one in house.introductions()]
    assert sorted(seated) == [3, 4]
