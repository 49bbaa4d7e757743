"""Real lists through the API: previewed, imported, repeated, cut anywhere and resumed."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from services.rsvp.importing import CHUNK, import_list, read_list
from shared.contracts.rsvp import RsvpConfirmed, RsvpDeclined
from tests.data import shared_data
from tests.rsvp.served import Served

SERIES = (
    "bsdc_2012-08-04_big-sky-devcon.luma.csv",
    "bsdc_2013-06-22_big-sky-dev-con-2013.luma.csv",
    "bsdc_2014-06-07_big-sky-dev-con-2014.luma.csv",
)


async def imports(served: Served, gathering: dict[str, Any], raw: bytes, query: str = "", **headers: str) -> Any:
    path = f"/api/v1/gatherings/{gathering['id']}/import{query}"
    return await served.organiser("POST", path, content=raw, headers=headers)


async def test_a_real_series_imports_as_it_is_and_twice_is_once(served: Served) -> None:
    seen: dict[str, set[str]] = {}
    for name in SERIES:
        raw = shared_data("guest_lists", name).read_bytes()
        gathering = await served.a_gathering(title=name)
        preview = (await imports(served, gathering, raw, "?preview=true")).json()
        assert await served.roster(gathering) == {}
        report = (await imports(served, gathering, raw)).json()
        assert report == {**preview, "preview": False}
        assert report["format"] == "luma"
        assert report["statuses"] == report["listed"]
        said = len(await served.said())
        again = (await imports(served, gathering, raw)).json()
        assert again["effects"] == {"unchanged": report["people"]}
        assert len(await served.said()) == said
    for event in await served.said():
        if isinstance(event, RsvpConfirmed | RsvpDeclined):
            seen.setdefault(event.email, set()).add(event.attendee_id)
            assert event.asked_first
    assert {len(attendees) for attendees in seen.values()} == {1}


def meetup_events() -> dict[str, list[dict[str, Any]]]:
    """The stream's messages as JSON lines of the API, by event, in the order in which they came."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in shared_data("meetup_stream", "rsvps_2017-03-19.pseudo.jsonl").read_text().splitlines():
        said = json.loads(line)
        entry = {
            "email": f"member{said['member']['member_id']}@example.org",
            "name": said["member"]["member_name"],
            "response": "going" if said["response"] == "yes" else "declined",
            "guests": said["guests"],
            "updated_at": datetime.fromtimestamp(said["mtime"] / 1000, UTC).isoformat(),
        }
        found.setdefault(said["event"]["event_id"], []).append(entry)
    return found


@pytest.mark.slow
async def test_the_meetup_stream_ends_in_the_newest_state_of_each_rsvp(served: Served) -> None:
    """As it came, message by message or whole, and once more from its end: the busiest of its gatherings."""
    events = sorted(meetup_events().values(), key=lambda messages: -len(messages))[:25]
    for number, messages in enumerate(events):
        gathering = await served.a_gathering(title=f"Meetup {number}")
        parts = [messages] if number % 2 else [[message] for message in messages]
        for part in [*parts, messages[::-1]]:
            raw = "\n".join(json.dumps(message) for message in part).encode()
            assert (await imports(served, gathering, raw)).status_code == 200
        newest = {one["email"]: one for one in sorted(messages, key=lambda one: one["updated_at"])}
        roster = await served.roster(gathering)
        assert {rsvp["email"]: (rsvp["status"], rsvp["guests"]) for rsvp in roster.values()} == {
            email: (one["response"], one["guests"]) for email, one in newest.items()
        }


async def test_an_import_cut_anywhere_is_resumed_by_importing_again(served: Served) -> None:
    raw = many(CHUNK * 3 + 7)
    gathering = await served.a_gathering(capacity=120)
    guests = await read_list(raw)
    async for progress in import_list(served.parts.run, gathering["id"], guests):
        if progress.done > CHUNK:
            break
    assert len(await served.roster(gathering)) == CHUNK * 2
    report = (await imports(served, gathering, raw)).json()
    assert report["effects"] == {"unchanged": CHUNK * 2, "added": CHUNK + 7}
    whole = await served.a_gathering(title="In one go", capacity=120)
    await imports(served, whole, raw)
    cut, one_go = await served.roster(gathering), await served.roster(whole)
    assert {who: one["status"] for who, one in cut.items()} == {who: one["status"] for who, one in one_go.items()}
    assert Counter(one["status"] for one in cut.values()) == {"going": 120, "waitlisted": 37}


async def test_a_file_that_cannot_be_read_changes_nothing(served: Served) -> None:
    gathering = await served.a_gathering()
    for raw, status in (
        (b"", 422),
        (b"name\nDana\n", 422),
        (b'email,name\ndana@example.org,"Dana\n', 422),
        (b"\x89PNG", 422),
        (b"x" * 20_000_002, 413),
    ):
        answer = await imports(served, gathering, raw)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].endswith((".", "”", "that"))
    assert await served.roster(gathering) == {}


async def test_refused_rows_are_named_by_line_and_the_others_are_taken(served: Served) -> None:
    gathering = await served.a_gathering()
    raw = b"email,name,status\ndana@example.org,Dana,going\nnonsense,Sam,going\nana@example.org,Ana,perhaps so\n"
    report = (await imports(served, gathering, raw)).json()
    assert report["effects"] == {"added": 1, "refused": 2}
    assert [row["line"] for row in report["refused"]] == [3, 4]
    assert all(row["reason"] for row in report["refused"])


async def test_progress_is_streamed_to_who_asks_for_it(served: Served) -> None:
    gathering = await served.a_gathering()
    answer = await imports(served, gathering, many(CHUNK + 1), Accept="application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[:-1] == [{"done": CHUNK, "of": CHUNK + 1}, {"done": CHUNK + 1, "of": CHUNK + 1}]
    assert lines[-1]["effects"] == {"added": CHUNK + 1}


async def test_nothing_is_imported_into_what_is_not_there_or_over(served: Served) -> None:
    assert (await imports(served, {"id": "nowhere"}, many(3))).status_code == 404
    off = await served.a_gathering()
    await served.organiser("POST", f"/api/v1/gatherings/{off['id']}/cancel")
    assert (await imports(served, off, many(3))).json()["code"] == "gathering_cancelled"
    assert (await imports(served, off, many(3), "?preview=true")).json()["code"] == "gathering_cancelled"


def many(count: int) -> bytes:
    rows = [f"p{number:04}@example.org,Person {number}" for number in range(count)]
    return "\n".join(["email,name", *rows]).encode()
