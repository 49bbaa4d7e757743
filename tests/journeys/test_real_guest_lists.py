"""Guest lists of real gatherings, one after the other, as an organiser would import them."""

import csv
import io
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from deploy.story.town import Town
from tests.data import shared_data
from tests.journeys.people import a_gathering, introductions_of

pytestmark = pytest.mark.slow

YEARS = ("bsdc_2012", "bsdc_2013", "bsdc_2014")


def rows_of(raw: bytes) -> list[dict[str, str]]:
    """What the list says, read without the importer."""
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


def series() -> list[tuple[str, bytes]]:
    """The series' lists in the order of their dates."""
    folder = shared_data("guest_lists")
    paths = sorted(path for path in folder.glob("bsdc_*.csv") if path.name.startswith(YEARS))
    return [(path.name, path.read_bytes()) for path in paths]


async def roster(town: Town, gathering: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = await town.organiser("GET", f"/api/v1/gatherings/{gathering['id']}/rsvps?limit=200&cursor={cursor}")
        found |= {rsvp["email"]: rsvp for rsvp in page["items"]}
        cursor = page["next"]
    return found


async def test_a_series_of_real_gatherings(town: Town) -> None:
    """Everybody approved is going, nobody declined is introduced, no pair twice, nobody left out in silence."""
    gatherings = []
    for number, (name, raw) in enumerate(series()):
        gathering = await a_gathering(
            town,
            title=name,
            starts_in=timedelta(days=10 + 20 * number),
            introductions={"mode": "ask", "per_person": 3, "rounds_before": []},
        )
        gatherings.append((gathering, raw))
        await town.imports(gathering, raw)
        await town.settle()
        report = await town.organiser("POST", f"/api/v1/gatherings/{gathering['id']}/rounds")
        await town.settle()
        await everybody_is_served_or_named(town, gathering, raw, report)

    pairs = [pair for gathering, _ in gatherings for pair in await pairs_of(town, gathering)]
    assert [pair for pair, count in Counter(pairs).items() if count > 1] == []
    await importing_again_changes_nothing(town, gatherings)


async def everybody_is_served_or_named(
    town: Town, gathering: dict[str, Any], raw: bytes, report: dict[str, Any]
) -> None:
    listed = rows_of(raw)
    approved = {row["email"].casefold() for row in listed if row["approval_status"] == "approved"}
    declined = {row["email"].casefold() for row in listed if row["approval_status"] == "declined"} - approved
    people = await roster(town, gathering)
    introductions = await introductions_of(town, gathering)
    introduced = {person["email"].casefold() for i in introductions for person in i["people"]}
    left_out = {str(left.get("email")).casefold() for left in report["left_out"]}

    assert {email.casefold() for email, rsvp in people.items() if rsvp["status"] == "going"} == approved
    assert not introduced & declined
    assert approved <= introduced | left_out
    assert all(reason for i in introductions for reason in i["reasons"])
    assert all(left["reason"] for left in report["left_out"])


async def pairs_of(town: Town, gathering: dict[str, Any]) -> list[frozenset[str]]:
    return [frozenset(person["email"] for person in i["people"]) for i in await introductions_of(town, gathering)]


async def importing_again_changes_nothing(town: Town, gatherings: list[tuple[dict[str, Any], bytes]]) -> None:
    letters = len(await town.letters())
    before = [(await roster(town, gathering), await introductions_of(town, gathering)) for gathering, _ in gatherings]

    for gathering, raw in gatherings:
        await town.imports(gathering, raw)
    await town.settle()

    after = [(await roster(town, gathering), await introductions_of(town, gathering)) for gathering, _ in gatherings]
    assert after == before
    assert len(await town.letters()) == letters


async def test_one_person_is_one_attendee_across_files(town: Town) -> None:
    lists = series()[:2]
    shared = {row["email"] for row in rows_of(lists[0][1])} & {row["email"] for row in rows_of(lists[1][1])}
    people = []
    for _, raw in lists:
        gathering = await a_gathering(town, introductions={"mode": "none"})
        await town.imports(gathering, raw)
        people.append(await roster(town, gathering))

    assert shared
    assert {email: people[0][email]["attendee_id"] for email in shared} == {
        email: people[1][email]["attendee_id"] for email in shared
    }
