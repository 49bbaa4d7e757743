"""What operators type, as they type it: words, exit codes and results, on the stores that the services keep."""

import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs
from typer.testing import CliRunner

from deploy.cli.__main__ import app, main
from deploy.embedded.house import build_parts, migrate_all
from services.intro import wiring as intro
from services.notify import wiring as notify
from services.notify.domain.facts import Person
from services.notify.domain.letters import Letter
from services.notify.store.tables import mails
from services.rsvp import wiring as rsvp
from services.rsvp.domain.rsvps import Told
from services.rsvp.handlers.gatherings import create_gathering
from services.rsvp.handlers.rsvps import answer_rsvp
from shared import log
from shared.bus import Entry
from shared.parked import park
from shared.redis_bus import RedisBus
from shared.running import Service
from tests.journeys.conftest import settings_in
from tests.rsvp.builders import PUBLIC_URL, address, gathering_fields
from tests.stuck import REASON, STREAMS, TRACE, TRIED, notes_kept, tried_now, two_died

SERVICES = ("rsvp", "intro", "notify")


class Typed(Protocol):
    def __call__(self, *words: str | int, ends: int = 0) -> str: ...


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three stores with nothing in them, made once: each test has a copy."""
    folder = tmp_path_factory.mktemp("empty")
    migrate_all(settings_in(folder))
    return folder


@pytest.fixture
def parts(tmp_path: Path, empty: Path) -> Iterator[Mapping[str, Any]]:
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)
    parts = build_parts(settings_in(tmp_path), RedisBus("redis://nobody"))
    yield parts
    for part in parts.values():
        part.close()


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Carries a command out on the folder, and answers what it said: on standard output, or why it could not."""
    monkeypatch.setattr(log, "configure", lambda *_, **__: None)  # it is for a process, and this one is the tests'
    monkeypatch.setenv("COLUMNS", "200")

    def carried_out(*words: str | int, ends: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["tablemates", *map(str, words), "--data-dir", str(tmp_path)])
        with capture_logs(), pytest.raises(SystemExit) as ended:
            main()
        said, complained = capsys.readouterr()
        assert (ended.value.code, "Traceback" in complained) == (ends, False), complained
        return complained if ends else said

    return carried_out


def service_of(parts: Mapping[str, Any], name: str) -> Service:
    service: Service = parts[name].service
    return service


@pytest.mark.parametrize(
    "words",
    [
        ("replay",),
        ("dead", "show", "rsvp.events", "7"),
        ("dead", "redrive", "rsvp.events", "7"),
        ("dead", "drop", "rsvp.events", "7", "--note", "oops"),
    ],
    ids=" ".join,
)
def test_a_service_that_there_is_not_is_wrong_usage_and_those_that_there_are_named(words: tuple[str, ...]) -> None:
    at = 2 if words[0] == "dead" else 1
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words[:at], "introo", *words[at:]])
    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit)
    for name in ("introo", *SERVICES):
        assert f"'{name}'" in done.output


def test_nothing_is_replayed_where_nobody_serves(typed: Typed) -> None:
    assert "tablemates up" in typed("replay", "intro", ends=1)


@pytest.mark.parametrize("name", SERVICES)
def test_dead_entries_are_listed_with_reason_attempts_and_trace(
    parts: Mapping[str, Any], typed: Typed, name: str
) -> None:
    asyncio.run(two_died(service_of(parts, name)))
    listed = json.loads(typed("dead", "list", "--json"))
    assert [(one["service"], one["stream"], one["sequence"], one["state"]) for one in listed] == [
        (name, STREAMS[name], 7, "dead"),
        (name, STREAMS[name], 8, "dead"),
    ]
    for one in listed:
        assert (one["reason"], one["attempts"], one["traceparent"]) == (REASON, TRIED, TRACE)
        assert one["correlation_id"] == "the-first-cause"
        assert {"subject", "type", "body", "since", "next_at"} <= one.keys()
    first, second, count = typed("dead", "list").splitlines()
    for line, number in ((first, 7), (second, 8)):
        assert line.startswith(f"dead   {name} {STREAMS[name]} {number}  tablemates.")
        assert line.endswith(f"tried {TRIED} times  GatheringUnknown: not yet")
    assert count == "2 entries"


def test_a_command_does_not_wait_for_web_pages_that_nobody_asks_for(
    parts: Mapping[str, Any], typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(*_: object) -> None:
        raise AssertionError("a web application was made")

    for wiring, name in ((rsvp, "app_of"), (intro, "_app"), (notify, "_app")):
        monkeypatch.setattr(wiring, name, made)
    typed("dead", "list")


def test_where_nothing_failed_the_list_says_so(parts: Mapping[str, Any], typed: Typed) -> None:
    assert typed("dead", "list") == "Nothing is parked, nothing is dead.\n"
    assert json.loads(typed("dead", "list", "--json")) == []


@pytest.mark.parametrize("name", SERVICES)
def test_an_entry_is_shown_with_its_body(parts: Mapping[str, Any], typed: Typed, name: str) -> None:
    asyncio.run(two_died(service_of(parts, name)))
    shown = json.loads(typed("dead", "show", name, STREAMS[name], 8, "--json"))
    assert (shown["reason"], shown["attempts"], shown["traceparent"]) == (REASON, TRIED, TRACE)
    assert json.loads(shown["body"])["data"]["version"] == 2
    lines = typed("dead", "show", name, STREAMS[name], 8)
    assert f"{'attempts':14} {TRIED}\n" in lines
    assert f"{'traceparent':14} {TRACE}\n" in lines
    assert f"Nothing is parked or dead as {STREAMS[name]} 9" in typed("dead", "show", name, STREAMS[name], 9, ends=1)


def test_what_nobody_can_read_is_shown_with_the_trace_that_it_speaks_of(parts: Mapping[str, Any], typed: Typed) -> None:
    broken_off = f'{{"traceparent":"{TRACE}","type":'
    entry = Entry(7, 6, broken_off.encode())
    reason = "cannot be decoded"
    asyncio.run(parts["intro"].run(park, "rsvp.events", entry, envelope=None, reason=reason, group="intro"))
    (listed,) = json.loads(typed("dead", "list", "--json"))
    assert (listed["state"], listed["attempts"], listed["traceparent"]) == ("dead", 1, TRACE)
    assert "tried once  cannot be decoded" in typed("dead", "list")
    shown = json.loads(typed("dead", "show", "intro", "rsvp.events", 7, "--json"))
    assert (shown["reason"], shown["traceparent"], shown["body"]) == (reason, TRACE, broken_off)


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_redriven_is_tried_again_in_the_order_of_its_subject(
    parts: Mapping[str, Any], typed: Typed, name: str
) -> None:
    service = service_of(parts, name)
    asyncio.run(two_died(service))
    assert "within half a minute" in typed("dead", "redrive", name, STREAMS[name], 8)
    assert asyncio.run(tried_now(service)) == [], "an earlier one of its subject is still dead"
    again = json.loads(typed("dead", "redrive", name, STREAMS[name], 7, "--json"))
    assert (again["service"], again["sequence"], again["state"], again["attempts"]) == (name, 7, "parked", 0)
    assert asyncio.run(tried_now(service)) == [1, 2]
    assert json.loads(typed("dead", "list", "--json")) == []
    assert "dead list" in typed("dead", "redrive", name, STREAMS[name], 7, ends=1)


def test_the_help_does_not_promise_what_is_not_so(typed: Typed) -> None:
    for words in (("dead", "redrive"), ("dead", "drop")):
        told = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--help"]).output
        assert "within half a minute" in told


@pytest.mark.parametrize("name", SERVICES)
def test_an_entry_is_given_up_with_a_note_that_is_kept(parts: Mapping[str, Any], typed: Typed, name: str) -> None:
    service = service_of(parts, name)
    asyncio.run(two_died(service))
    said = typed("dead", "drop", name, STREAMS[name], 7, "--note", "sent by a robot")
    assert "your note is kept" in said
    assert "within half a minute" in said
    assert asyncio.run(notes_kept(service)) == [(7, REASON, "sent by a robot")]
    typed("dead", "redrive", name, STREAMS[name], 8)
    assert asyncio.run(tried_now(service)) == [2], "what queues behind it goes on"
    assert "dead list" in typed("dead", "drop", name, STREAMS[name], 7, "--note", "again", ends=1)


def _in_doubt(tx: Any) -> None:
    letters = [
        Letter("rsvp.confirmed", Person(who, f"{who}@example.org", who), "social", cause=f"rsvp-{who}", version=1)
        for who in ("dana", "lee")
    ]
    tx.store.mails.add(letters, now=tx.now)
    tx.store.sql.execute(sa.update(mails).values(state="unknown", error="cut after the final dot", claims=1))


def test_mails_in_doubt_are_listed_and_settled_either_way(parts: Mapping[str, Any], typed: Typed) -> None:
    notify = service_of(parts, "notify")
    asyncio.run(notify.run(_in_doubt))
    first, second = json.loads(typed("mail", "unknown", "--json"))
    assert (first["kind"], first["attendee_id"]) == ("rsvp.confirmed", "dana")
    assert first["error"] == "cut after the final dot"
    listed = typed("mail", "unknown")
    assert f"Message-ID {first['key']}; cut after the final dot" in listed
    assert listed.endswith("2 mails\n")
    assert typed("mail", "resolve", first["number"], "--arrived") == f"Mail {first['number']} counts as sent.\n"
    settled = json.loads(typed("mail", "resolve", second["number"], "--send-again", "--json"))
    assert settled == {"number": second["number"], "arrived": False}
    assert "Of every mail it is known" in typed("mail", "unknown")
    states = sa.select(mails.c.state).order_by(mails.c.number)
    kept = asyncio.run(notify.run.read(lambda store: list(store.sql.execute(states).scalars())))
    assert kept == ["sent", "retry"]


def test_a_mail_that_is_in_no_doubt_is_not_settled(parts: Mapping[str, Any], typed: Typed) -> None:
    asyncio.run(service_of(parts, "notify").run(_in_doubt))
    typed("mail", "resolve", 1, "--arrived")
    assert "only one that is `unknown`" in typed("mail", "resolve", 1, "--arrived", ends=1)
    assert "There is no mail 99." in typed("mail", "resolve", 99, "--arrived", ends=1)
    assert "--arrived" in typed("mail", "resolve", 1, ends=2)


def test_a_person_is_forgotten_by_address(parts: Mapping[str, Any], typed: Typed) -> None:
    rsvp = service_of(parts, "rsvp")

    async def dana_is_there() -> None:
        gathering = await rsvp.run(create_gathering, gathering_fields(now=rsvp.clock.now()), public_url=PUBLIC_URL)
        await rsvp.run(answer_rsvp, gathering.id, address("dana"), Told(name="Dana Reyes"))

    asyncio.run(dana_is_there())
    assert "Dana Reyes" in _rsvps(rsvp)
    assert "the other services follow" in typed("erase", "Dana@Example.org")
    assert "Dana Reyes" not in _rsvps(rsvp)
    assert typed("erase", "dana@example.org", ends=1) == "Nobody with that address is here.\n"
    assert "@" in typed("erase", "dana", ends=1)


def _rsvps(rsvp: Service) -> str:
    look: Callable[[Any], str] = lambda store: str(store.sql.execute(sa.text("SELECT * FROM rsvps")).all())  # noqa: E731
    return asyncio.run(rsvp.run.read(look))


def test_what_is_done_is_told_as_json_where_that_is_asked_for(
    parts: Mapping[str, Any], typed: Typed, tmp_path: Path
) -> None:
    rsvp = service_of(parts, "rsvp")
    made = json.loads(typed("key", "create", "--json"))
    assert made["key"] not in typed("key", "list", "--json")
    assert json.loads(typed("key", "revoke", made["id"], "--json")) == {"id": made["id"], "revoked": True}
    file = tmp_path / "gathering.json"
    fields = gathering_fields(now=rsvp.clock.now())
    told = {name: fields[name] for name in ("title", "kind", "format", "timezone")}
    file.write_text(json.dumps(told | {name: fields[name].isoformat() for name in ("starts_at", "ends_at")}))
    created = json.loads(typed("gathering", "create", str(file), "--json"))
    assert created["url"].endswith(f"/g/{created['slug']}")
    asyncio.run(rsvp.run(answer_rsvp, created["id"], address("dana"), Told(name="Dana Reyes")))
    assert json.loads(typed("erase", "dana@example.org", "--json")) == {"erased": True}
    asyncio.run(two_died(service_of(parts, "intro")))
    given_up = json.loads(typed("dead", "drop", "intro", STREAMS["intro"], 7, "--note", "a robot", "--json"))
    assert given_up == {"service": "intro", "stream": STREAMS["intro"], "sequence": 7, "note": "a robot"}
