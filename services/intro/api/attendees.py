"""The place for what attendees do with their introductions by the link in their mail."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, status

from services.intro.api.words import (
    AnswerGiven,
    AnswerTaken,
    FeedbackGiven,
    FeedbackTaken,
    Learnt,
    MyIntroduction,
    MyIntroductions,
    Why,
    WhyNot,
)
from services.intro.domain.asking_why import sentence
from services.intro.entrance import Entrance
from services.intro.handlers.answering import answer_introduction
from services.intro.handlers.meetings import forget_what_was_learnt, tell_how_it_went
from services.intro.store.views import asked_why, learnt_of, mine, my_introduction
from shared.links import Link


def attendees_api(entrance: Entrance) -> APIRouter:
    """Routes under /api/v1/my/introductions, for the holder of a personal link."""
    routes = APIRouter(prefix="/api/v1/my/introductions", tags=["attendees"])
    holder = Annotated[Link, Depends(entrance.holder)]

    @routes.get("")
    async def my_introductions(link: holder) -> MyIntroductions:
        """Suggestions and introductions, newest first; a pass of somebody else is never shown."""
        found = await entrance.run.read(mine, link, entrance.clock.now())
        return MyIntroductions(items=[MyIntroduction.of(shown) for shown in found])

    @routes.get("/learnt")
    async def learnt(link: holder) -> Learnt:
        """What your feedback has taught us about you, in words."""
        return Learnt(sentences=await entrance.run.read(learnt_of, link))

    @routes.delete("/learnt", status_code=status.HTTP_204_NO_CONTENT)
    async def forget(link: holder) -> None:
        """The switch: forget it. What you tell us from now on counts again."""
        await entrance.run(forget_what_was_learnt, link.attendee_id)

    @routes.post("/why-not")
    async def why_not(given: WhyNot, link: holder) -> Why:
        """Why somebody you know is coming was not suggested to you; it tells nothing that they did not share."""
        asked = await entrance.run.read(asked_why, link, given.person)
        said = await asyncio.to_thread(
            sentence, asked.round, asked.gathering, asked.asker, asked.other, proposed=asked.proposed, seen=asked.seen
        )
        return Why(sentence=said)

    @routes.get("/{introduction_id}")
    async def one(introduction_id: str, link: holder) -> MyIntroduction:
        found = await entrance.run.read(my_introduction, link, introduction_id, entrance.clock.now())
        return MyIntroduction.of(found)

    @routes.post("/{introduction_id}/answer")
    async def answer(introduction_id: str, given: AnswerGiven, link: holder) -> AnswerTaken:
        """Accept, pass, or say that you know each other; the same again is no news, and another answer counts while
        the suggestion is open.
        """
        await entrance.run.read(my_introduction, link, introduction_id, entrance.clock.now())
        status = await entrance.run(answer_introduction, introduction_id, link.attendee_id, given.answer)
        return AnswerTaken(id=introduction_id, status=status)

    @routes.post("/{introduction_id}/feedback")
    async def feedback(introduction_id: str, given: FeedbackGiven, link: holder) -> FeedbackTaken:
        """Did you meet, would you meet again, what was it good for. It stays here and shapes your next suggestions."""
        await entrance.run.read(my_introduction, link, introduction_id, entrance.clock.now())
        await entrance.run(tell_how_it_went, introduction_id, link.attendee_id, given.said())
        return FeedbackTaken(id=introduction_id, learnt=await entrance.run.read(learnt_of, link))

    return routes
