"""What operators do by command beside running services: replay, parked and dead entries, mails in doubt."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.cli import mails as doubts
from deploy.cli import operate, say
from deploy.embedded.house import House, build_parts, migrate_all
from deploy.story.town import Town, open_town
from services.intro.store.tables import metadata as intro_tables
from services.notify.domain.facts import Person
from services.notify.domain.letters import Letter
from services.notify.store.tables import mails
from services.notify.store.tables import metadata as notify_tables
from shared.bus import Entry
from shared.errors import NotFound
from shared.parked import drop, park, redrive
from shared.redis_bus import RedisBus
from shared.tables import dropped
from tests.journeys.conftest import settings_in
from tests.journeys.people import a_gathering, kinds_to, rsvps

WHEN = {"heard_at", "stamp", "updated_at"}
"""When something was heard is not what was heard."""


def everything(house: House, service: str) -> Any:
    """All that a service keeps of its own, table by table."""
    tables = {"intro": intro_tables, "notify": notify_tables}[service].sorted_tables

    def read(store: Any) -> dict[str, list[str]]:
        found = {}
        for table in tables:
            told = [column for column in table.c if column.name not in WHEN]
            found[table.name] = sorted(str(tuple(row)) for row in store.sql.execute(sa.select(*told)))
        return found

    return house.run(service).read(read)


@pytest.mark.slow
@pytest.mark.parametrize("service", ["intro", "notify"])
async def test_a_replay_while_the_service_runs_ends_in_the_identical_state(
    tmp_path: Path, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(say.Bar, "reach", lambda _bar, done: told.append(done))
    settings = settings_in(tmp_path)
    async with open_town(settings) as (town, house):
        gathering = await a_gathering(town)
        for name in ("Dana Reyes", "Lee Okafor", "Theo Lind"):
            await rsvps(town, gathering, name, interests=["zines", "maps"])
        await town.settle()
        before = await everything(house, service)
        assert before["rsvps"]
        await operate.replay(settings, service)
        assert told == sorted(told)
        assert told[-1] > 0, "it says how far it is"
        await town.settle()
        assert await everything(house, service) == before
        await asyncio.gather(operate.replay(settings, service), rsvps(town, gathering, "Mina Castellanos"))
        await town.settle()
        during = await everything(house, service)
        await operate.replay(settings, service)
        await town.settle()
        assert await everything(house, service) == during != before
        await _everybody_was_told_once(town)


async def _everybody_was_told_once(town: Town) -> None:
    for name in ("Dana", "Lee", "Theo", "Mina"):
        kinds = await kinds_to(town, name)
        assert kinds.count("rsvp.confirmed") == 1, kinds


STREAM = "rsvp.events"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
BROKEN_OFF = f'{{"traceparent":"{TRACE}","type":'.encode()


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Two entries that intro could not handle, and two mails of which nobody knows whether they arrived."""
    settings = settings_in(tmp_path)
    migrate_all(settings)
    parts = build_parts(settings, RedisBus("redis://nobody"))

    async def go_wrong() -> None:
        for sequence in (7, 8):
            entry = Entry(sequence, sequence - 1, BROKEN_OFF)
            await parts["intro"].run(park, STREAM, entry, envelope=None, reason="cannot be decoded", group="intro")
        await parts["notify"].run(_two_in_doubt)

    asyncio.run(go_wrong())
    yield parts
    for part in parts.values():
        part.close()


def _two_in_doubt(tx: Any) -> None:
    letters = [
        Letter("rsvp.confirmed", Person(who, f"{who}@example.org", who), "social", cause=f"rsvp-{who}", version=1)
        for who in ("dana", "lee")
    ]
    tx.store.mails.add(letters, now=tx.now)
    tx.store.sql.execute(sa.update(mails).values(state="unknown", error="cut after the final dot", claims=1))


Ask = Callable[[Coroutine[Any, Any, None]], str]


@pytest.fixture
def asked(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Carries a command out, and answers what it said."""

    def carried_out(command: Coroutine[Any, Any, None]) -> str:
        capsys.readouterr()
        asyncio.run(command)
        return capsys.readouterr().out

    return carried_out


def test_dead_entries_are_listed_shown_redriven_and_dropped_with_a_note(
    parts: dict[str, Any], asked: Ask, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path)
    listed = json.loads(asked(operate.list_entries(settings, as_json=True)))
    assert [(one["service"], one["sequence"], one["state"]) for one in listed] == [
        ("intro", 7, "dead"),
        ("intro", 8, "dead"),
    ]
    assert "cannot be decoded" in asked(operate.list_entries(settings, as_json=False))
    shown = json.loads(asked(operate.show_entry(settings, "intro", STREAM, 7, as_json=True)))
    assert (shown["reason"], shown["attempts"]) == ("cannot be decoded", 1)
    assert shown["traceparent"] == TRACE
    lines = asked(operate.show_entry(settings, "intro", STREAM, 7, as_json=False)).splitlines()
    told = dict(line.split(maxsplit=1) for line in lines)
    assert (told["reason"], told["attempts"], told["traceparent"]) == ("cannot be decoded", "1", TRACE)
    assert told["body"] == BROKEN_OFF.decode()
    asked(operate.act_on_entry(settings, "intro", redrive, STREAM, 7))
    asked(operate.act_on_entry(settings, "intro", drop, STREAM, 8, "sent by a robot"))
    listed = json.loads(asked(operate.list_entries(settings, as_json=True)))
    assert [(one["sequence"], one["state"]) for one in listed] == [(7, "parked")]
    (kept,) = asyncio.run(parts["intro"].run.read(lambda store: store.sql.execute(sa.select(dropped)).all()))
    assert kept.note == "sent by a robot"
    with pytest.raises(NotFound):
        asked(operate.show_entry(settings, "intro", STREAM, 8, as_json=True))


def test_mails_in_doubt_are_listed_with_what_is_known_and_settled_either_way(
    parts: dict[str, Any], asked: Ask, tmp_path: Path
) -> None:
    settings = settings_in(tmp_path)
    first, second = json.loads(asked(doubts.list_unknown(settings, as_json=True)))
    assert (first["kind"], first["error"]) == ("rsvp.confirmed", "cut after the final dot")
    assert "cut after the final dot" in asked(doubts.list_unknown(settings, as_json=False))
    asked(doubts.resolve(settings, first["number"], arrived=True))
    asked(doubts.resolve(settings, second["number"], arrived=False))
    assert "Of every mail it is known" in asked(doubts.list_unknown(settings, as_json=False))
    states = sa.select(mails.c.state).order_by(mails.c.number)
    settled = asyncio.run(parts["notify"].run.read(lambda store: store.sql.execute(states).scalars().all()))
    assert settled == ["sent", "retry"]
