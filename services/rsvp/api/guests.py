"""The place for what organisers do over HTTP with who is coming: roster, check-in, tips."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from services.rsvp.api.given import CheckIn, TipApproval
from services.rsvp.api.organisers import SECURED, Cursor, Limit
from services.rsvp.api.problems import problems
from services.rsvp.api.public import Reference
from services.rsvp.api.shown import Roster, RsvpShown, rsvp_shown
from services.rsvp.domain.addresses import read_address
from services.rsvp.domain.rsvps import RsvpUnknown, Status
from services.rsvp.entrance import Entrance
from services.rsvp.handlers.attendance import approve_tip, check_in
from services.rsvp.handlers.my import cancel_rsvp
from services.rsvp.rosters import csv_download
from services.rsvp.store.views import roster, the_gathering
from shared.errors import InvalidInput
from shared.paging import key_of, page

ROSTER_ANSWERS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
RsvpId = Annotated[str, Path(max_length=64)]


def guests_api(entrance: Entrance) -> APIRouter:
    """Routes under /api/v1/gatherings/{id}, with `Authorization: Bearer KEY`."""
    routes = APIRouter(
        prefix="/api/v1/gatherings/{gathering_id}",
        tags=["organisers"],
        dependencies=[Depends(entrance.organiser)],
        responses=problems(400, 401, 404, 409, 413, 422),
    )
    run = entrance.run

    @routes.get(
        "/rsvps",
        response_model=Roster,
        summary="See who is coming",
        openapi_extra=SECURED,
        responses={**problems(), **ROSTER_ANSWERS},
    )
    async def who(
        gathering_id: Reference,
        request: Request,
        limit: Limit = 50,
        cursor: Cursor = None,
        status: Annotated[Status | None, Query(description="Only RSVPs with this status.")] = None,
    ) -> Any:
        """A page of JSON; with `Accept: text/csv` the whole roster as a table that can be imported again."""
        gathering = await run.read(the_gathering, gathering_id)
        if "text/csv" in request.headers.get("accept", ""):
            return csv_download(run, gathering.id, gathering.slug, status)
        found = await run.read(roster, gathering.id, key_of(cursor), limit + 1, status)
        paged = page(found, limit=limit, key=lambda rsvp: rsvp.id)
        return Roster(items=[rsvp_shown(one) for one in paged["items"]], next=paged["next"])

    @routes.post("/check-ins", summary="Check somebody in", openapi_extra=SECURED)
    async def check(gathering_id: Reference, given: CheckIn) -> RsvpShown:
        """By `email` or `rsvp_id`. Checking in again changes nothing; `checked_in: false` takes it back."""
        if bool(given.email) == bool(given.rsvp_id):
            raise InvalidInput("Say who was seen by exactly one of “email” and “rsvp_id”.")
        key = read_address(given.email).key if given.email else ""
        seen = await run(check_in, gathering_id, key=key, rsvp_id=given.rsvp_id, present=given.checked_in)
        return rsvp_shown(seen)

    @routes.put("/rsvps/{rsvp_id}/tip", summary="Approve somebody's tip", openapi_extra=SECURED)
    async def tip(gathering_id: Reference, rsvp_id: RsvpId, given: TipApproval) -> RsvpShown:
        """An approved tip may close the mails of others; `approved: false` takes it back."""
        return rsvp_shown(await run(approve_tip, gathering_id, rsvp_id, approved=given.approved))

    @routes.delete("/rsvps/{rsvp_id}", summary="Take somebody off the list", openapi_extra=SECURED)
    async def take_off(gathering_id: Reference, rsvp_id: RsvpId) -> RsvpShown:
        """Cancels the RSVP; the place goes to the first in line, and both are told."""
        gathering = await run.read(the_gathering, gathering_id)
        attendee_id = await run.read(_owner, gathering.id, rsvp_id)
        return rsvp_shown(await run(cancel_rsvp, gathering.id, attendee_id, by="organiser"))

    return routes


def _owner(store: Any, gathering_id: str, rsvp_id: str) -> str:
    found = store.rsvp(rsvp_id)
    if found is None or found.gathering_id != gathering_id:
        raise RsvpUnknown
    return str(found.attendee_id)
