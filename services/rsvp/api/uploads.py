"""The place for lists that come in over HTTP: guests, previewed or imported with their progress; who knows whom."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from services.rsvp.acquaintances import AcquaintedReport, read_couples, take_couples
from services.rsvp.api.organisers import SECURED
from services.rsvp.api.problems import problems
from services.rsvp.api.public import Reference
from services.rsvp.domain.guest_lists import GuestList
from services.rsvp.domain.guest_lists.decoding import MAX_BYTES
from services.rsvp.entrance import Entrance
from services.rsvp.importing import ImportReport, Progress, import_list, preview_list, read_list, report
from shared.errors import TablematesError
from shared.web import body_within, problem_of

JSON_LINES = "application/x-ndjson"
IMPORT_BODY = {
    "requestBody": {
        "required": True,
        "description": "A guest list as CSV, in the columns of the tool it comes from, or RSVPs as JSON lines.",
        "content": {kind: {"schema": {"type": "string"}} for kind in ("text/csv", JSON_LINES)},
    }
}
ACQUAINTED_BODY = {
    "requestBody": {
        "required": True,
        "description": 'A table with two columns of e-mail addresses, or JSON lines like `["ana@…", "bo@…"]`.',
        "content": {kind: {"schema": {"type": "string"}} for kind in ("text/csv", JSON_LINES)},
    }
}


def uploads_api(entrance: Entrance) -> APIRouter:
    """POST /api/v1/gatherings/{id}/import and …/acquainted, with `Authorization: Bearer KEY`."""
    routes = APIRouter(
        prefix="/api/v1/gatherings/{gathering_id}",
        tags=["organisers"],
        dependencies=[Depends(entrance.organiser)],
        responses=problems(400, 401, 404, 409, 413, 422),
    )
    run = entrance.run

    @routes.post(
        "/import",
        response_model=ImportReport,
        summary="Import a guest list",
        openapi_extra={**SECURED, **IMPORT_BODY},
    )
    async def import_(
        gathering_id: Reference,
        request: Request,
        preview: Annotated[bool, Query(description="Only say what would happen.")] = False,
        filename: Annotated[str, Query(max_length=200)] = "",
    ) -> Any:
        """The file is read whole before the first row is stored; rows that cannot be taken are named by line and
        reason. Importing again changes nothing. With `Accept: application/x-ndjson` the progress is streamed as
        `{"done", "of"}`, a line each, and the report is the last line.
        """
        guests = await read_list(await body_within(request, MAX_BYTES + 1), filename=filename)
        if preview:
            return await preview_list(run, entrance.clock, gathering_id, guests)
        steps = import_list(run, gathering_id, guests)
        progress = await anext(steps)
        if JSON_LINES in request.headers.get("accept", ""):
            return StreamingResponse(_lines(guests, progress, steps), media_type=JSON_LINES)
        async for later in steps:
            progress = later
        return report(guests, progress.outcomes, preview=False)

    @routes.post(
        "/acquainted",
        summary="Say who knows whom already",
        openapi_extra={**SECURED, **ACQUAINTED_BODY},
    )
    async def acquainted(
        gathering_id: Reference,
        request: Request,
        preview: Annotated[bool, Query(description="Only say what would happen.")] = False,
    ) -> AcquaintedReport:
        """Two people who know each other already are never introduced to each other, here or anywhere. The list may
        come before its people do; an open suggestion between two of them is taken back. Again it changes nothing.
        """
        return await take_couples(run, gathering_id, await read_couples(await request.body()), preview=preview)

    return routes


async def _lines(guests: GuestList, first: Progress, steps: AsyncIterator[Progress]) -> AsyncIterator[str]:
    progress = first
    try:
        yield _line(progress)
        async for progress in steps:
            yield _line(progress)
    except TablematesError as error:
        yield json.dumps(problem_of(error)) + "\n"
    else:
        yield report(guests, progress.outcomes, preview=False).model_dump_json() + "\n"


def _line(progress: Progress) -> str:
    return json.dumps({"done": progress.done, "of": progress.of}) + "\n"
