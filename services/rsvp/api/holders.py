"""The place for what holders of a personal link do over HTTP: see, confirm, change, cancel, export, erase."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response, status

from services.rsvp.api.given import RsvpChanges
from services.rsvp.api.problems import problems
from services.rsvp.api.shown import MyData, MyRsvp, my_rsvp
from services.rsvp.entrance import Entrance
from services.rsvp.handlers.my import cancel_rsvp, change_rsvp, erase_attendee
from services.rsvp.handlers.rsvps import confirm_rsvp
from services.rsvp.saved import everything_kept
from services.rsvp.store.views import everything_of, mine
from shared.links import Link


def holders_api(entrance: Entrance) -> APIRouter:
    """Routes under /api/v1/my, with `Authorization: Bearer LINK-TOKEN`."""
    routes = APIRouter(
        prefix="/api/v1/my", tags=["holders of a personal link"], responses=problems(400, 401, 404, 409, 410, 422)
    )
    Holder = Annotated[Link, Depends(entrance.holder)]  # noqa: N806 - a type
    secured: dict[str, Any] = {"security": [{"link": []}]}

    async def shown(link: Link) -> MyRsvp:
        found = await entrance.run.read(mine, link.gathering_id, link.attendee_id)
        return my_rsvp(found, public_url=entrance.public_url, now=entrance.clock.now())

    @routes.get("/rsvp", summary="See my RSVP", openapi_extra=secured)
    async def see(link: Holder) -> MyRsvp:
        """The RSVP, its gathering, and how many wait before me."""
        return await shown(link)

    @routes.post("/rsvp/confirm", summary="Confirm my address", openapi_extra=secured)
    async def confirm(link: Holder) -> MyRsvp:
        """A pending RSVP gets its place, or its place in line. Confirming again changes nothing."""
        await entrance.run(confirm_rsvp, link.gathering_id, link.attendee_id)
        return await shown(link)

    @routes.patch("/rsvp", summary="Change my RSVP", openapi_extra=secured)
    async def change(link: Holder, given: RsvpChanges) -> MyRsvp:
        """What is left out stays as it is. `response: going` comes back after a cancellation, if there is a place."""
        await entrance.run(change_rsvp, link.gathering_id, link.attendee_id, given.changes())
        return await shown(link)

    @routes.delete("/rsvp", summary="Cancel my RSVP", openapi_extra=secured)
    async def cancel(link: Holder) -> MyRsvp:
        """My place goes to the first in line. Cancelling again changes nothing."""
        await entrance.run(cancel_rsvp, link.gathering_id, link.attendee_id)
        return await shown(link)

    @routes.get("/data", summary="Export everything kept of me", openapi_extra=secured)
    async def export(link: Holder) -> MyData:
        """All of my RSVPs, to whichever gathering."""
        kept = await entrance.run.read(everything_of, link.attendee_id)
        return MyData(**everything_kept(*kept, public_url=entrance.public_url))

    @routes.delete(
        "/data",
        summary="Erase everything kept of me",
        status_code=status.HTTP_204_NO_CONTENT,
        response_class=Response,
        openapi_extra=secured,
    )
    async def erase(link: Holder) -> None:
        """Every service forgets me, and one last mail says so. Lists I was on do not bring me back."""
        await entrance.run(erase_attendee, link.attendee_id)

    return routes
