"""The place for a roster as a table: the CSV that an organiser downloads, and that can be imported again."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi.responses import Response, StreamingResponse

from services.rsvp.domain.cells import list_cell, safe_cell
from services.rsvp.domain.rsvps import Rsvp
from services.rsvp.store.views import questions, roster
from shared.transaction import Runner

COLUMNS = (
    "id", "email", "name", "status", "guests", "introductions", "checked_in", "created_at", "updated_at", "role",
    "employer", "stage", "interests", "goals", "asks", "offers", "pace", "reach", "city", "region", "country",
    "languages", "tip",
)  # fmt: skip
ANSWER = "answer: "
CHUNK = 500
CSV = "text/csv; charset=utf-8"


async def roster_as_csv(run: Runner[Any], gathering_id: str, status: str | None) -> AsyncIterator[bytes]:
    """The table piece by piece, every cell safe for a spreadsheet. It begins with a byte order mark for Excel."""
    asked = await run.read(questions, gathering_id)
    yield b"\xef\xbb\xbf" + _lines([[*COLUMNS, *(safe_cell(f"{ANSWER}{question}") for question in asked)]])
    after = ""
    while page := await run.read(roster, gathering_id, after, CHUNK, status):
        yield _lines([row_of(rsvp, asked) for rsvp in page])
        after = page[-1].id


def csv_download(run: Runner[Any], gathering_id: str, slug: str, status: str | None = None) -> Response:
    """The roster as a file to save."""
    headers = {"Content-Disposition": f'attachment; filename="{slug}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(roster_as_csv(run, gathering_id, status), media_type=CSV, headers=headers)


def row_of(rsvp: Rsvp, asked: Sequence[str]) -> list[str]:
    """One RSVP as cells. Consent that nobody gave or refused stays blank."""
    profile, place = rsvp.profile, rsvp.profile.place
    consent = "" if rsvp.asked_first else "yes" if rsvp.introductions else "no"
    cells = [
        rsvp.id,
        rsvp.email,
        rsvp.name,
        rsvp.status,
        str(rsvp.guests),
        consent,
        rsvp.checked_in_at.isoformat() if rsvp.checked_in_at else "",
        rsvp.created_at.isoformat() if rsvp.created_at else "",
        rsvp.updated_at.isoformat() if rsvp.updated_at else "",
        profile.role or "",
        profile.employer or "",
        profile.stage or "",
        *(list_cell(items) for items in (profile.interests, profile.goals, profile.asks, profile.offers)),
        profile.pace or "",
        profile.reach or "",
        *((place.city or "", place.region or "", place.country or "") if place else ("", "", "")),
        list_cell(profile.languages),
        profile.tip or "",
        *(rsvp.answers.get(question, "") for question in asked),
    ]
    return [safe_cell(cell) for cell in cells]


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
