"""The place for writing a gathering's roster as CSV, so that a spreadsheet may open it and we can read it back."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.rsvp.domain.cells import list_cell, safe_cell
from services.rsvp.domain.profiles import Place, Profile

COLUMNS = (
    "id", "email", "name", "status", "guests", "introductions", "checked_in", "created_at", "updated_at", "role",
    "employer", "stage", "interests", "goals", "asks", "offers", "pace", "reach", "city", "region", "country",
    "languages", "tip",
)  # fmt: skip
ANSWER_PREFIX = "Answer: "


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One attendee's RSVP as an organiser gets it."""

    id: str
    email: str
    name: str
    status: str
    guests: int = 0
    introductions: bool | None = None
    checked_in: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    profile: Profile = field(default_factory=Profile)
    answers: Mapping[str, str] = field(default_factory=dict)


def write_roster(rows: Sequence[RosterRow]) -> Iterator[str]:
    """The roster line by line: a header, then a row an attendee, and a column for every question answered.

    Every cell stands in quotes, so that no separator a spreadsheet may assume begins a cell inside an answer.
    """
    questions = tuple(dict.fromkeys(question for row in rows for question in row.answers))
    yield _line([*COLUMNS, *(f"{ANSWER_PREFIX}{question}" for question in questions)])
    for row in rows:
        yield _line([*_cells(row), *(row.answers.get(question, "") for question in questions)])


def _cells(row: RosterRow) -> list[str]:
    profile, place = row.profile, row.profile.place or Place()
    return [
        row.id, row.email, row.name, row.status, str(row.guests), _yes_or_no(row.introductions),
        _yes_or_no(row.checked_in), _time(row.created_at), _time(row.updated_at), profile.role or "",
        profile.employer or "", profile.stage or "", list_cell(profile.interests), list_cell(profile.goals),
        list_cell(profile.asks), list_cell(profile.offers), profile.pace or "", profile.reach or "",
        place.city or "", place.region or "", place.country or "", list_cell(profile.languages), profile.tip or "",
    ]  # fmt: skip


def _line(cells: list[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(map(safe_cell, cells))
    return line.getvalue()


def _yes_or_no(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"


def _time(time: datetime | None) -> str:
    return time.isoformat() if time else ""
