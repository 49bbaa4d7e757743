"""Forty delegates of a real conference, and who of them knows whom: nobody is suggested to somebody they know."""

import csv
import io
from typing import Any

import pytest

from deploy.story.town import Town
from tests.data import shared_data
from tests.journeys.people import a_gathering

pytestmark = pytest.mark.slow


def vaggi(name: str) -> bytes:
    return shared_data("guest_lists", f"vaggi40_{name}.csv").read_bytes()


def who_knows_whom() -> set[frozenset[str]]:
    rows = csv.DictReader(io.StringIO(vaggi("already_acquainted").decode()))
    return {frozenset((row["email_a"], row["email_b"])) for row in rows}


async def tells_who_knows_whom(town: Town, gathering: dict[str, Any]) -> dict[str, int]:
    path = f"/api/v1/gatherings/{gathering['id']}/acquainted"
    told = await town.organiser("POST", path, content=vaggi("already_acquainted"), headers={"Content-Type": "text/csv"})
    effects: dict[str, int] = told["effects"]
    return effects


async def suggested(town: Town, gathering: dict[str, Any]) -> dict[frozenset[str], str]:
    path = f"/api/v1/gatherings/{gathering['id']}/introductions?limit=200"
    listed = (await town.organiser("GET", path))["items"]
    return {frozenset(person["email"] for person in one["people"]): one["status"] for one in listed}


async def test_a_list_of_who_knows_whom_that_comes_first_keeps_all_of_them_apart(town: Town) -> None:
    gathering = await a_gathering(town, kind="conference")
    known = who_knows_whom()
    assert await tells_who_knows_whom(town, gathering) == {"waiting": len(known)}
    await town.imports(gathering, vaggi("form"))
    await town.settle()
    await town.organiser("POST", f"/api/v1/gatherings/{gathering['id']}/rounds")
    await town.settle()
    found = await suggested(town, gathering)
    assert len(found) >= 40
    assert not known & found.keys()
    assert await tells_who_knows_whom(town, gathering) == {"unchanged": len(known)}


async def test_a_list_that_comes_late_takes_back_what_is_still_asked(town: Town) -> None:
    gathering = await a_gathering(town, kind="conference")
    await town.imports(gathering, vaggi("form"))
    await town.settle()
    known = who_knows_whom()
    too_soon = known & (await suggested(town, gathering)).keys()
    assert too_soon, "without the list some who know each other are suggested"
    assert await tells_who_knows_whom(town, gathering) == {"added": len(known)}
    await town.settle()
    await town.organiser("POST", f"/api/v1/gatherings/{gathering['id']}/rounds")
    await town.settle()
    found = await suggested(town, gathering)
    assert {found[couple] for couple in known & found.keys()} == {"withdrawn"}
    assert known & found.keys() == too_soon
    open_ones = [couple for couple, status in found.items() if status == "suggested"]
    assert {person for couple in open_ones for person in couple} == {f"delegate{n}@example.org" for n in range(40)}
