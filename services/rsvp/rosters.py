"""The place for a roster as a file: read page by page, for an organiser's browser or for the command line."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import Response, StreamingResponse

from services.rsvp.domain.roster import header, line_of
from services.rsvp.store.views import questions, roster
from shared.transaction import Runner

CHUNK = 500
CSV = "text/csv; charset=utf-8"
BYTE_ORDER_MARK = "\ufeff"
"""Tells Excel that it is UTF-8."""


async def roster_as_csv(run: Runner[Any], gathering_id: str, status: str | None = None) -> AsyncIterator[str]:
    """The table piece by piece, every cell safe for a spreadsheet; it can be imported again."""
    asked = await run.read(questions, gathering_id)
    yield BYTE_ORDER_MARK + header(asked)
    after = ""
    while page := await run.read(roster, gathering_id, after, CHUNK, status):
        yield "".join(line_of(rsvp, asked) for rsvp in page)
        after = page[-1].id


def csv_download(run: Runner[Any], gathering_id: str, slug: str, status: str | None = None) -> Response:
    """The roster as a file to save."""
    headers = {"Content-Disposition": f'attachment; filename="{slug}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(roster_as_csv(run, gathering_id, status), media_type=CSV, headers=headers)
