"""Strings that break software survive every text field, byte for byte where text is expected and harmless elsewhere."""

import csv
import io
import json
from html.parser import HTMLParser
from typing import Any

import icalendar
import pytest

from shared.calendar import carried
from tests.data import shared_data
from tests.rsvp.served import Served

NAUGHTY: list[str] = [text for text in json.loads(shared_data("naughty_strings", "blns.json").read_text()) if text]
RUN_BY_A_SPREADSHEET = ("=", "+", "-", "@", "\t", "\r")
EACH = 40


def profile_of(text: str) -> dict[str, Any]:
    return {
        "role": text,
        "employer": text,
        "stage": text,
        "interests": [text, "zines"],
        "goals": [text],
        "asks": [text],
        "offers": [text],
        "place": {"city": text, "region": text, "country": text},
        "tip": text,
    }


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, len(NAUGHTY), EACH))
async def test_what_people_write_comes_back_as_it_was(served: Served, start: int) -> None:
    """By the API, by the roster as CSV, and by importing that roster again."""
    gathering = await served.a_gathering(confirm_addresses=False)
    strings = NAUGHTY[start : start + EACH]
    for number, text in enumerate(strings):
        answer = await served.rsvps(
            gathering,
            f"p{number}",
            name=text,
            introductions=True,
            profile=profile_of(text),
            answers={"What else?": text},
        )
        assert answer.status_code == 201, (text, answer.text)

    roster = await served.roster(gathering)
    for number, text in enumerate(strings):
        stored = roster[f"p{number}"]
        assert (stored["name"], stored["answers"]) == (text, {"What else?": text})
        assert stored["profile"] == profile_of(text)

    path = f"/api/v1/gatherings/{gathering['id']}"
    table = (await served.organiser("GET", f"{path}/rsvps", headers={"Accept": "text/csv"})).content
    cells = [cell for row in csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(RUN_BY_A_SPREADSHEET)]

    other = await served.a_gathering(title="Another")
    report = await served.organiser("POST", f"/api/v1/gatherings/{other['id']}/import", content=table)
    assert report.json()["effects"] == {"added": len(strings)}
    again = await served.roster(other)
    for who, stored in roster.items():
        for field in ("name", "profile", "answers", "status", "guests", "introductions", "share"):
            assert again[who][field] == stored[field], (who, field)
    said = len(await served.said())
    report = await served.organiser("POST", f"{path}/import", content=table)
    assert report.json()["effects"] == {"unchanged": len(strings)}
    assert len(await served.said()) == said


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, len(NAUGHTY), EACH))
async def test_what_organisers_write_is_shown_and_never_run(served: Served, start: int) -> None:
    """On the page, behind the personal link, in the calendar file."""
    for text in NAUGHTY[start : start + EACH]:
        if not text.strip():
            continue
        gathering = await served.a_gathering(
            title=text, description=text, place={"name": text}, confirm_addresses=False
        )
        page = await served.http.get(f"/g/{gathering['slug']}", headers={"Accept": "text/html"})
        _shows(page.text, text)
        await served.rsvps(gathering, "dana", name=text, introductions=True, profile=profile_of(text))
        token = await served.token(gathering, "dana")
        mine = await served.http.get(f"/my/{token}", headers={"Accept": "text/html"})
        _shows(mine.text, text)

        file = (await served.http.get(f"/g/{gathering['slug']}.ics")).content
        assert all(len(line) <= 75 for line in file.split(b"\r\n"))
        [event] = icalendar.Calendar.from_ical(file).walk("VEVENT")
        assert str(event["summary"]) == carried(text).removeprefix("\ufeff")


class Read(HTMLParser):
    """A page as a browser takes it: its headings' text, and what it would run or load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.heading, self.dangerous, self._in_heading = "", list[str](), False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_heading = self._in_heading or tag == "h1"
        if tag in {"script", "img", "iframe", "object", "embed", "base", "math", "video"}:
            self.dangerous.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style" or (value or "").strip().lower().startswith("javascript:"):
                self.dangerous.append(f"{name}={value}")

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = self._in_heading and tag != "h1"

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.heading += data


def _shows(page: str, text: str) -> None:
    read = Read(page)
    assert read.heading == text
    # what stands in a form's value is only text, whatever it says
    assert [one for one in read.dangerous if not one.startswith("value=")] == []
