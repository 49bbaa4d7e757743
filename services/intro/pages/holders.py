"""The place for the page behind a suggestion's link. Opening it changes nothing, since mail scanners open every link;
the token in the path is the holder's own, so no other site can send its forms.
"""

import asyncio
from typing import Annotated, Any, Literal, cast, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from services.intro.domain.asking_why import sentence
from services.intro.domain.introductions import Answer
from services.intro.domain.meetings import GoodFor, Said
from services.intro.entrance import Entrance
from services.intro.handlers.answering import answer_introduction
from services.intro.handlers.meetings import forget_what_was_learnt, tell_how_it_went
from services.intro.pages.looks import PAGES
from services.intro.store.views import asked_why, learnt_of, mine, my_introduction
from shared.errors import InvalidInput, TablematesError
from shared.links import Link
from shared.pages import PRIVATE

Done = Literal["", "answered", "told", "forgotten"]
FIELDS_MOST = 20
PART_MOST = 4096
NAME_MOST = 320
NOTHING: dict[str, Any] = {"done": "", "chosen": "", "asked": "", "why": "", "refused": None}


def holders_pages(entrance: Entrance) -> APIRouter:
    """/i/{token}."""
    routes = APIRouter(prefix="/i/{token}", include_in_schema=False)

    @routes.get("")
    async def see(
        token: str, done: Annotated[Done, Query()] = "", answer: Annotated[str, Query(max_length=20)] = ""
    ) -> Response:
        chosen = answer if answer in get_args(Answer) else ""
        return await _page(entrance, token, entrance.link(token), done=done, chosen=chosen)

    @routes.post("")
    async def answer(token: str, request: Request) -> Response:
        link, form = entrance.link(token), await _form(request)
        introduction_id, given = str(form.get("introduction", "")), str(form.get("answer", ""))
        try:
            if given not in get_args(Answer):
                raise InvalidInput("Please choose one of the buttons.")
            await entrance.run.read(my_introduction, link, introduction_id, entrance.clock.now())
            await entrance.run(answer_introduction, introduction_id, link.attendee_id, cast("Answer", given))
        except TablematesError as refused:
            return await _page(entrance, token, link, refused=refused)
        return RedirectResponse(f"/i/{token}?done=answered", 303)

    _add_afterwards(routes, entrance)
    _add_why_not(routes, entrance)
    return routes


def _add_afterwards(routes: APIRouter, entrance: Entrance) -> None:
    """How it went, and having what was learnt from that forgotten."""

    @routes.post("/feedback")
    async def feedback(token: str, request: Request) -> Response:
        link, form = entrance.link(token), await _form(request)
        introduction_id = str(form.get("introduction", ""))
        try:
            said = _said(form)
            await entrance.run.read(my_introduction, link, introduction_id, entrance.clock.now())
            await entrance.run(tell_how_it_went, introduction_id, link.attendee_id, said)
        except TablematesError as refused:
            return await _page(entrance, token, link, refused=refused)
        return RedirectResponse(f"/i/{token}?done=told", 303)

    @routes.post("/forget")
    async def forget(token: str) -> Response:
        await entrance.run(forget_what_was_learnt, entrance.link(token).attendee_id)
        return RedirectResponse(f"/i/{token}?done=forgotten", 303)


def _add_why_not(routes: APIRouter, entrance: Entrance) -> None:
    """Why somebody who is coming was not suggested."""

    @routes.post("/why-not")
    async def why_not(token: str, request: Request) -> Response:
        link, person = entrance.link(token), str((await _form(request)).get("person", "")).strip()[:NAME_MOST]
        try:
            if not person:
                raise InvalidInput("Please say whom you mean.")
            asked = await entrance.run.read(asked_why, link, person)
        except TablematesError as refused:
            return await _page(entrance, token, link, refused=refused)
        why = await asyncio.to_thread(
            sentence, asked.round, asked.gathering, asked.asker, asked.other, proposed=asked.proposed, seen=asked.seen
        )
        return await _page(entrance, token, link, asked=person, why=why)


async def _page(
    entrance: Entrance, token: str, link: Link, *, refused: TablematesError | None = None, **told: str
) -> Response:
    now = entrance.clock.now()
    return PAGES.page(
        "introductions.html",
        status=refused.status if refused else 200,
        headers=PRIVATE,
        token=token,
        found=await entrance.run.read(mine, link, now),
        now=now,
        learnt=await entrance.run.read(learnt_of, link),
        may_ask=bool(link.gathering_id),
        **{**NOTHING, **told, "refused": refused},
    )


async def _form(request: Request) -> FormData:
    return await request.form(max_fields=FIELDS_MOST, max_part_size=PART_MOST)


def _said(form: FormData) -> Said:
    """Raises InvalidInput where nothing was chosen."""
    met, again = str(form.get("met", "")), str(form.get("again", ""))
    if met not in ("yes", "no"):
        raise InvalidInput("Please say whether you met.")
    named = (str(value) for value in form.getlist("good_for"))
    known = cast("tuple[GoodFor, ...]", tuple(dict.fromkeys(name for name in named if name in get_args(GoodFor))))
    return Said(met == "yes", {"yes": True, "no": False}.get(again) if met == "yes" else None, known)
