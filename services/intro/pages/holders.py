"""The place for the page behind a suggestion's link. Opening it changes nothing, since mail scanners open every link;
the token in the path is the holder's own, so no other site can send its forms.
"""

from typing import Annotated, Literal, cast, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.intro.domain.introductions import Answer
from services.intro.domain.meetings import GoodFor, Said
from services.intro.entrance import Entrance
from services.intro.handlers.answering import answer_introduction
from services.intro.handlers.meetings import forget_what_was_learnt, tell_how_it_went
from services.intro.pages.looks import PAGES
from services.intro.store.views import learnt_of, mine, my_introduction
from shared.errors import InvalidInput, TablematesError
from shared.links import Link
from shared.pages import PRIVATE

Done = Literal["", "answered", "told", "forgotten"]
FIELDS_MOST = 20
PART_MOST = 4096


def holders_pages(entrance: Entrance) -> APIRouter:
    """/i/{token}."""
    routes = APIRouter(prefix="/i/{token}", include_in_schema=False)

    async def page(
        token: str, link: Link, *, done: Done = "", chosen: str = "", refused: TablematesError | None = None
    ) -> Response:
        now = entrance.clock.now()
        found = await entrance.run.read(mine, link, now)
        return PAGES.page(
            "introductions.html",
            status=refused.status if refused else 200,
            headers=PRIVATE,
            token=token,
            found=found,
            now=now,
            learnt=await entrance.run.read(learnt_of, link),
            done=done,
            chosen=chosen if chosen in get_args(Answer) else "",
            refused=refused,
        )

    @routes.get("")
    async def see(
        token: str, done: Annotated[Done, Query()] = "", answer: Annotated[str, Query(max_length=20)] = ""
    ) -> Response:
        return await page(token, entrance.link(token), done=done, chosen=answer)

    @routes.post("")
    async def answer(token: str, request: Request) -> Response:
        link = entrance.link(token)
        form = await request.form(max_fields=FIELDS_MOST, max_part_size=PART_MOST)
        introduction_id, given = str(form.get("introduction", "")), str(form.get("answer", ""))
        try:
            if given not in get_args(Answer):
                raise InvalidInput("Please choose one of the buttons.")
            await entrance.run.read(my_introduction, link, introduction_id, entrance.clock.now())
            await entrance.run(answer_introduction, introduction_id, link.attendee_id, cast("Answer", given))
        except TablematesError as refused:
            return await page(token, link, refused=refused)
        return RedirectResponse(f"/i/{token}?done=answered", 303)

    @routes.post("/feedback")
    async def feedback(token: str, request: Request) -> Response:
        link = entrance.link(token)
        form = await request.form(max_fields=FIELDS_MOST, max_part_size=PART_MOST)
        introduction_id = str(form.get("introduction", ""))
        try:
            said = _said(
                str(form.get("met", "")), str(form.get("again", "")), [str(v) for v in form.getlist("good_for")]
            )
            await entrance.run.read(my_introduction, link, introduction_id, entrance.clock.now())
            await entrance.run(tell_how_it_went, introduction_id, link.attendee_id, said)
        except TablematesError as refused:
            return await page(token, link, refused=refused)
        return RedirectResponse(f"/i/{token}?done=told", 303)

    @routes.post("/forget")
    async def forget(token: str) -> Response:
        await entrance.run(forget_what_was_learnt, entrance.link(token).attendee_id)
        return RedirectResponse(f"/i/{token}?done=forgotten", 303)

    return routes


def _said(met: str, again: str, good_for: list[str]) -> Said:
    """Raises InvalidInput where nothing was chosen."""
    if met not in ("yes", "no"):
        raise InvalidInput("Please say whether you met.")
    known = cast("tuple[GoodFor, ...]", tuple(dict.fromkeys(name for name in good_for if name in get_args(GoodFor))))
    return Said(met == "yes", {"yes": True, "no": False}.get(again) if met == "yes" else None, known)
