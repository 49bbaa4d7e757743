"""The place for the unsubscribe page and its one click (RFC 8058): looking changes nothing, a button does."""

from contextlib import suppress
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from services.notify.domain.kinds import TOPICS, Topic
from services.notify.entrance import Entrance
from services.notify.handlers.addresses import prefer, restore
from services.notify.handlers.addresses import suppress as suppress_mail
from services.notify.store.views import wishes_of
from shared.pages import PRIVATE, Pages

_TOPIC_WORDS = {
    "reminders": "A reminder the day before, with whom I will meet",
    "followups": "Follow-ups after a gathering, and the next one near me",
}
PAGES = Pages(Path(__file__).parent)


def wishes_pages(entrance: Entrance) -> APIRouter:
    router = APIRouter(tags=["unsubscribe"])

    @router.get(
        "/u/{token}", operation_id="showWishes", summary="What somebody wants to hear", response_class=HTMLResponse
    )
    async def show(token: str) -> Response:
        """A page with a button; opening it changes nothing, since mail scanners open every link."""
        return await _page(entrance, entrance.unsubscriber(token).attendee_id)

    @router.post("/u/{token}", operation_id="unsubscribe", summary="One-click unsubscribe (RFC 8058)")
    async def change(token: str, request: Request) -> Response:
        """`List-Unsubscribe=One-Click` ends all mail at once. The page's own form also restores, or keeps wishes."""
        attendee_id = entrance.unsubscriber(token).attendee_id
        form = await _form(request)
        await _do(entrance, attendee_id, form)
        if "text/html" in request.headers.get("accept", "") and "List-Unsubscribe" not in form:
            return await _page(entrance, attendee_id, done=True)
        return PlainTextResponse("You get no more mail from us.\n" if "action" not in form else "Done.\n")

    return router


async def _form(request: Request) -> FormData:
    """The form, empty for a body that is none: a click is a click, however the provider writes it."""
    with suppress(HTTPException, ValueError, UnicodeDecodeError):
        return await request.form(max_fields=20, max_part_size=1024)
    return FormData()


async def _do(entrance: Entrance, attendee_id: str, form: FormData) -> None:
    action = form.get("action", "unsubscribe")
    if action == "restore":
        await entrance.run(restore, attendee_id)
    elif action == "save":
        muted: list[Topic] = [topic for topic in TOPICS if topic not in form.getlist("topic")]
        await entrance.run(prefer, attendee_id, muted=muted)
    else:
        await entrance.run(suppress_mail, attendee_id, "unsubscribed")


async def _page(entrance: Entrance, attendee_id: str, *, done: bool = False) -> Response:
    person = await entrance.run.read(wishes_of, attendee_id)
    topics = [
        {"name": topic, "words": _TOPIC_WORDS[topic], "on": person is not None and topic not in person.muted}
        for topic in TOPICS
    ]
    return PAGES.page("wishes.html", headers=PRIVATE, person=person, topics=topics, done=done)
