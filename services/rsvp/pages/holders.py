"""The place for the pages behind a personal link. Opening one changes nothing, since mail scanners open every link;
the token in the path is the holder's own, so no other site can send these forms.
"""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.rsvp.entrance import Entrance
from services.rsvp.handlers.my import cancel_rsvp, change_rsvp, erase_attendee
from services.rsvp.handlers.rsvps import confirm_rsvp
from services.rsvp.pages.forms import FIELDS_MOST, PART_MOST, RsvpForm, of_rsvp, typed
from services.rsvp.pages.looks import PAGES
from services.rsvp.pages.visitors import calendar_response
from services.rsvp.saved import everything_kept
from services.rsvp.store.views import Mine, everything_of, mine
from shared.errors import TablematesError
from shared.links import Link
from shared.pages import PRIVATE

Done = Literal["", "confirmed", "changed", "cancelled", "back"]


def holders_pages(entrance: Entrance) -> APIRouter:
    """/my/{token}."""
    routes = APIRouter(prefix="/my/{token}", include_in_schema=False)
    run = entrance.run

    async def page(
        token: str, link: Link, *, done: Done = "", form: RsvpForm | None = None, refused: TablematesError | None = None
    ) -> Response:
        found: Mine = await run.read(mine, link.gathering_id, link.attendee_id)
        return PAGES.page(
            "my.html",
            status=refused.status if refused else 200,
            headers=PRIVATE,
            token=token,
            mine=found,
            over=entrance.clock.now() >= found.gathering.ends_at,
            form=form or of_rsvp(found.rsvp),
            opened=form is not None,
            done=done,
            refused=refused,
        )

    async def act(token: str, done: Done, handler: Any, *details: Any, form: RsvpForm | None = None) -> Response:
        link = entrance.link(token)
        try:
            await run(handler, link.gathering_id, link.attendee_id, *details)
        except TablematesError as refused:
            return await page(token, link, form=form, refused=refused)
        return RedirectResponse(f"/my/{token}?done={done}", 303)

    @routes.get("")
    async def see(token: str, done: Annotated[Done, Query()] = "") -> Response:
        return await page(token, entrance.link(token), done=done)

    @routes.post("")
    @routes.post("/confirm")
    async def confirm(token: str) -> Response:
        return await act(token, "confirmed", confirm_rsvp)

    @routes.post("/change")
    async def change(token: str, request: Request) -> Response:
        form = typed(await request.form(max_fields=FIELDS_MOST, max_part_size=PART_MOST))
        try:
            changes = form.changes()
        except TablematesError as refused:
            return await page(token, entrance.link(token), form=form, refused=refused)
        return await act(token, "changed", change_rsvp, changes, form=form)

    @routes.post("/cancel")
    async def cancel(token: str) -> Response:
        return await act(token, "cancelled", cancel_rsvp)

    @routes.post("/back")
    async def back(token: str) -> Response:
        return await act(token, "back", change_rsvp, {"response": "going"})

    _add_data(routes, entrance)
    return routes


def _add_data(routes: APIRouter, entrance: Entrance) -> None:
    """What is kept of a person, to take away or to have erased."""
    run = entrance.run

    @routes.get("/data")
    async def export(token: str) -> Response:
        link = entrance.link(token)
        found = await run.read(everything_of, link.attendee_id)
        kept = everything_kept(*found, public_url=entrance.public_url)
        headers = {**PRIVATE, "Content-Disposition": 'attachment; filename="my-data.json"'}
        return Response(json.dumps(kept, indent=2, ensure_ascii=False), media_type="application/json", headers=headers)

    @routes.get("/calendar.ics")
    async def calendar(token: str) -> Response:
        link = entrance.link(token)
        found = await run.read(mine, link.gathering_id, link.attendee_id)
        join_url = found.gathering.join_url if found.rsvp.status == "going" else None
        return calendar_response(found.gathering, public_url=entrance.public_url, join_url=join_url or "")

    @routes.post("/erase")
    async def erase(token: str) -> Response:
        await run(erase_attendee, entrance.link(token).attendee_id)
        return PAGES.page("erased.html", headers=PRIVATE)
