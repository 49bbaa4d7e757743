"""The place for the pages that anybody sees: what is coming up, a gathering with its form, its calendar file."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from services.rsvp.domain.addresses import read_address
from services.rsvp.domain.gatherings import Gathering, RsvpsClosed, check_open
from services.rsvp.entrance import Entrance
from services.rsvp.handlers.facts import url_of
from services.rsvp.handlers.rsvps import answer_rsvp
from services.rsvp.pages.forms import FIELDS_MOST, PART_MOST, RsvpForm, typed
from services.rsvp.pages.looks import PAGES, where
from services.rsvp.store.views import the_gathering, upcoming
from shared.calendar import MEDIA_TYPE, CalendarEvent, calendar_file, method_of
from shared.errors import TablematesError

UPCOMING_MOST = 50
GONE = ("gathering_cancelled", "gathering_over", "rsvps_closed")


def visitors_pages(entrance: Entrance) -> APIRouter:
    """/ and /g/{slug}."""
    routes = APIRouter(include_in_schema=False)
    run = entrance.run

    @routes.get("/")
    async def front() -> Response:
        found = await run.read(upcoming, entrance.clock.now(), UPCOMING_MOST)
        return PAGES.page("front.html", gatherings=found)

    @routes.get("/robots.txt")
    async def robots() -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /my/\nDisallow: /i/\nDisallow: /u/\nDisallow: /organise\n")

    @routes.get("/g/{slug}.ics")
    async def calendar(slug: str) -> Response:
        """Without the join link, which is for those who are going."""
        gathering = await run.read(the_gathering, slug)
        return calendar_response(gathering, public_url=entrance.public_url)

    @routes.get("/g/{slug}")
    async def gathering_page(slug: str) -> Response:
        gathering = await run.read(the_gathering, slug)
        return _gathering_page(entrance, gathering, RsvpForm())

    @routes.post("/g/{slug}")
    async def rsvp(slug: str, request: Request) -> Response:
        gathering = await run.read(the_gathering, slug)
        form = typed(await request.form(max_fields=FIELDS_MOST, max_part_size=PART_MOST))
        try:
            entrance.in_measure(request)
            received = await run(answer_rsvp, gathering.id, read_address(form.texts["email"].strip()), form.told())
        except TablematesError as refused:
            return _gathering_page(entrance, gathering, form, refused=refused)
        return RedirectResponse(f"/g/{gathering.slug}/received?status={received.status}", 303)

    @routes.get("/g/{slug}/received")
    async def received(
        slug: str, status: Annotated[Literal["pending", "going", "waitlisted", "declined"], Query()] = "pending"
    ) -> Response:
        return PAGES.page("received.html", gathering=await run.read(the_gathering, slug), answer=status)

    return routes


def _gathering_page(
    entrance: Entrance, gathering: Gathering, form: RsvpForm, *, refused: TablematesError | None = None
) -> Response:
    return PAGES.page(
        "gathering.html",
        status=refused.status if refused else 200,
        headers={"Cache-Control": "no-store"} if refused else None,
        gathering=gathering,
        form=form,
        refused=refused,
        closed=_closed(gathering, entrance),
    )


def _closed(gathering: Gathering, entrance: Entrance) -> TablematesError | None:
    """Why nobody can RSVP now, or nothing."""
    try:
        check_open(gathering, now=entrance.clock.now())
    except TablematesError as reason:
        return reason
    if gathering.room.free is not None and gathering.room.free <= 0 and not gathering.waiting_list:
        return RsvpsClosed("This gathering is full, and it keeps no waiting list.")
    return None


def calendar_response(gathering: Gathering, *, public_url: str, join_url: str = "") -> Response:
    """The calendar file of a gathering as a download."""
    event = CalendarEvent(
        gathering_id=gathering.id,
        sequence=gathering.version,
        stamp=gathering.updated_at or gathering.starts_at,
        title=gathering.title,
        starts_at=gathering.starts_at,
        ends_at=gathering.ends_at,
        timezone=gathering.timezone,
        place=where(gathering),
        description=gathering.description,
        url=url_of(gathering, public_url=public_url),
        join_url=join_url,
        cancelled=gathering.is_off,
    )
    kind = f"{MEDIA_TYPE}; charset=utf-8; method={method_of(event)}"
    saved_as = {
        "Content-Disposition": f'attachment; filename="{gathering.slug}.ics"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(calendar_file(event), media_type=kind, headers=saved_as)
