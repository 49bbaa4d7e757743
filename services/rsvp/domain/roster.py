"""The place for writing a gathering's roster as CSV, so that a spreadsheet may open it and we can read it back."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from services.rsvp.domain.cells import list_cell, safe_cell
from services.rsvp.domain.profiles import Place
from services.rsvp.domain.rsvps import Rsvp

COLUMNS = (
    "id", "email", "name", "status", "guests", "introductions", "share", "checked_in", "created_at", "updated_at",
    "role", "employer", "stage", "interests", "goals", "asks", "offers", "pace", "at_most", "reach", "city", "region",
    "country", "languages", "tip",
)  # fmt: skip
ANSWER_PREFIX = "Answer: "


def header(questions: Sequence[str]) -> str:
    """The first line: a column for every question that was answered, behind our own."""
    return _line([*COLUMNS, *(f"{ANSWER_PREFIX}{question}" for question in questions)])


def line_of(rsvp: Rsvp, questions: Sequence[str]) -> str:
    """One RSVP. Consent that nobody gave or refused stays blank."""
    profile, place = rsvp.profile, rsvp.profile.place or Place()
    consent = "" if rsvp.asked_first else "yes" if rsvp.introductions else "no"
    return _line([
        rsvp.id, rsvp.email, rsvp.name, rsvp.status, str(rsvp.guests), consent, list_cell(rsvp.share),
        _time(rsvp.checked_in_at), _time(rsvp.created_at), _time(rsvp.updated_at), profile.role or "",
        profile.employer or "", profile.stage or "", list_cell(profile.interests), list_cell(profile.goals),
        list_cell(profile.asks), list_cell(profile.offers), profile.pace or "", str(profile.at_most or ""),
        profile.reach or "",
        place.city or "", place.region or "", place.country or "", list_cell(profile.languages), profile.tip or "",
        *(rsvp.answers.get(question, "") for question in questions),
    ])  # fmt: skip


def _line(cells: Iterable[str]) -> str:
    """Every cell stands in quotes, so that no separator a spreadsheet may assume begins a cell inside an answer."""
    line = io.StringIO(newline="")
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(map(safe_cell, cells))
    return line.getvalue()


def _time(time: datetime | None) -> str:
    return time.isoformat() if time else ""
