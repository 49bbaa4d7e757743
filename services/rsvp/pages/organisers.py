"""The place for organisers' pages: signing in, gatherings, and the one behind each gathering."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.rsvp.domain.gatherings import Gathering, IntroductionRules
from services.rsvp.domain.rsvps import Status
from services.rsvp.entrance import Entrance
from services.rsvp.handlers.attendance import approve_tip, check_in
from services.rsvp.handlers.gatherings import cancel_gathering, change_gathering, create_gathering
from services.rsvp.pages.forms import FIELDS_MOST, PART_MOST
from services.rsvp.pages.gathering_forms import GatheringForm, of_gathering, typed_gathering, zones
from services.rsvp.pages.looks import PAGES
from services.rsvp.rosters import csv_download
from services.rsvp.store.views import all_gatherings, roster, the_gathering, tips, with_counts
from shared.elsewhere import check_same_site
from shared.errors import TablematesError, Unauthorised
from shared.organisers import COOKIE, SIGNED_IN_FOR
from shared.pages import PRIVATE
from shared.paging import key_of, page

PER_PAGE = 50
LISTED_MOST = 200
DONE = {
    "created": "The gathering is there. Share its address, or upload a guest list below.",
    "changed": "Saved. Everybody who is coming hears of what matters to them.",
    "cancelled": "The gathering is cancelled, and everybody is told.",
    "tip": "Saved.",
}


def signing_in(entrance: Entrance) -> APIRouter:
    """/organise, where a key becomes a cookie, and a cookie is given back."""
    routes = APIRouter(prefix="/organise", include_in_schema=False)

    @routes.get("")
    async def front(request: Request) -> Response:
        try:
            await entrance.organiser(request)
        except Unauthorised:
            return sign_in_page()
        found = await entrance.run.read(all_gatherings, "", LISTED_MOST)
        return PAGES.page("organise.html", headers=PRIVATE, gatherings=found, now=entrance.clock.now())

    @routes.post("/sign-in", dependencies=[Depends(check_same_site)])
    async def sign_in(request: Request) -> Response:
        entrance.in_measure(request)
        key = (await request.form(max_fields=2, max_part_size=1024)).get("key", "")
        if not isinstance(key, str) or not await entrance.is_key(key):
            return sign_in_page(status=401, refused="This key is not known here, or it was revoked.")
        answer = RedirectResponse("/organise", 303)
        answer.set_cookie(
            COOKIE,
            entrance.organisers.cookie(key, now=entrance.clock.now()),
            max_age=int(SIGNED_IN_FOR.total_seconds()),
            path="/",
            httponly=True,
            samesite="strict",
            secure=entrance.public_url.startswith("https:"),
        )
        return answer

    @routes.post("/sign-out", dependencies=[Depends(check_same_site)])
    async def sign_out() -> Response:
        answer = RedirectResponse("/organise", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    return routes


def sign_in_page(*, status: int = 200, refused: str = "") -> Response:
    """Where an organiser pastes a key."""
    return PAGES.page("sign_in.html", status=status, headers=PRIVATE, refused=refused)


def problem_page(request: Request, status: int, document: dict[str, Any]) -> Response:
    """A problem for somebody in a browser; an organiser who is not signed in is asked to."""
    if status == 401 and request.url.path.startswith("/organise"):
        return sign_in_page(status=status, refused="Please sign in; it lasts for twelve hours.")
    return PAGES.problem(request, status, document)


def organisers_pages(entrance: Entrance) -> APIRouter:
    """/organise/new and /organise/g/{slug}."""
    routes = APIRouter(
        prefix="/organise",
        include_in_schema=False,
        dependencies=[Depends(entrance.organiser), Depends(check_same_site)],
    )
    run, url = entrance.run, entrance.public_url

    @routes.get("/new")
    async def blank() -> Response:
        return form_page(GatheringForm())

    @routes.post("/new")
    async def create(request: Request) -> Response:
        form = await _form(request)
        try:
            fields = form.fields()
            fields["introductions"] = IntroductionRules(**fields["introductions"])
            created = await run(create_gathering, fields, public_url=url)
        except TablematesError as refused:
            return form_page(form, refused=refused)
        return _shown(created, "created")

    @routes.get("/g/{slug}/edit")
    async def edit(slug: str) -> Response:
        gathering = await run.read(the_gathering, slug)
        return form_page(of_gathering(gathering), gathering=gathering)

    @routes.post("/g/{slug}/edit")
    async def save(slug: str, request: Request) -> Response:
        form = await _form(request)
        try:
            changed = await run(change_gathering, slug, form.fields(), public_url=url)
        except TablematesError as refused:
            return form_page(form, gathering=await run.read(the_gathering, slug), refused=refused)
        return _shown(changed, "changed")

    @routes.post("/g/{slug}/cancel")
    async def cancel(slug: str, request: Request) -> Response:
        reason = (await request.form(max_fields=2, max_part_size=4096)).get("reason", "")
        cancelled = await run(cancel_gathering, slug, reason=str(reason)[:300], public_url=url)
        return _shown(cancelled, "cancelled")

    _add_guests(routes, entrance)
    return routes


def _add_guests(routes: APIRouter, entrance: Entrance) -> None:
    """Who is coming to a gathering: the roster, the door, the tips."""
    run = entrance.run

    @routes.get("/g/{slug}")
    async def one(
        slug: str,
        status: Annotated[Status | None, Query()] = None,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        done: Annotated[str, Query(max_length=20)] = "",
    ) -> Response:
        gathering, counted = await run.read(with_counts, slug)
        found = await run.read(roster, gathering.id, key_of(cursor), PER_PAGE + 1, status)
        return PAGES.page(
            "organised.html",
            headers=PRIVATE,
            gathering=gathering,
            counted=counted,
            roster=page(found, limit=PER_PAGE, key=lambda rsvp: rsvp.id),
            chosen=status,
            tips=await run.read(_tips, gathering.id),
            done=DONE.get(done, ""),
            now=entrance.clock.now(),
            public_url=entrance.public_url,
        )

    @routes.get("/g/{slug}/roster.csv")
    async def download(slug: str) -> Response:
        gathering = await run.read(the_gathering, slug)
        return csv_download(run, gathering.id, gathering.slug)

    @routes.post("/g/{slug}/check-in")
    async def check(slug: str, request: Request) -> Response:
        form = await request.form(max_fields=4, max_part_size=1024)
        seen = await run(check_in, slug, rsvp_id=str(form.get("rsvp_id", "")), present="undo" not in form)
        return RedirectResponse(f"/organise/g/{slug}?{form.get('back', '')}#{seen.id}", 303)

    @routes.post("/g/{slug}/tip")
    async def tip(slug: str, request: Request) -> Response:
        form = await request.form(max_fields=4, max_part_size=1024)
        await run(approve_tip, slug, str(form.get("rsvp_id", "")), approved="undo" not in form)
        return RedirectResponse(f"/organise/g/{slug}?done=tip#tips", 303)


def form_page(
    form: GatheringForm, *, gathering: Gathering | None = None, refused: TablematesError | None = None
) -> Response:
    """The form of a new gathering, or of one that is there."""
    return PAGES.page(
        "gathering_form.html",
        status=refused.status if refused else 200,
        headers=PRIVATE,
        form=form,
        gathering=gathering,
        refused=refused,
        zones=zones(),
    )


async def _form(request: Request) -> GatheringForm:
    return typed_gathering(await request.form(max_fields=FIELDS_MOST, max_part_size=PART_MOST))


def _shown(gathering: Gathering, done: str) -> Response:
    return RedirectResponse(f"/organise/g/{gathering.slug}?done={done}", 303)


def _tips(store: Any, gathering_id: str) -> list[Any]:
    return list(tips(store, gathering_id))
