"""The place for what the intro service's JSON looks like."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from services.intro.domain.coming import Rsvp
from services.intro.domain.introductions import Answer, Introduction, Status
from services.intro.domain.meetings import GoodFor, Said
from services.intro.store.views import Mine
from shared.ids import AttendeeId


class Given(BaseModel):
    """A request's body: unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid")


class AnswerGiven(Given):
    answer: Answer = Field(description="`know`: we know each other already, which is no pass, and holds for ever.")


class FeedbackGiven(Given):
    met: bool = Field(description="Did you meet?")
    again: bool | None = Field(default=None, description="Would you meet again?")
    good_for: list[GoodFor] = Field(default=[], max_length=7, description="What was it good for?")

    def said(self) -> Said:
        return Said(self.met, self.again if self.met else None, tuple(dict.fromkeys(self.good_for)))


class WhyNot(Given):
    person: str = Field(min_length=1, max_length=320, description="The address or the whole name of somebody you know.")


class Why(BaseModel):
    sentence: str


class AnswerTaken(BaseModel):
    id: str
    status: Status


class FeedbackTaken(BaseModel):
    id: str
    learnt: list[str] = Field(description="What we have learnt from all that you told us.")


class Learnt(BaseModel):
    sentences: list[str]


class ShownPerson(BaseModel):
    """Somebody you are introduced to, with what they agreed to show."""

    name: str
    role: str | None
    employer: str | None


class ShownGathering(BaseModel):
    id: str
    title: str
    url: str
    starts_at: datetime
    ends_at: datetime
    timezone: str


class MyIntroduction(BaseModel):
    id: str
    status: Status = Field(description="As you may see it: your own answer, and whether it came about.")
    answer: Answer | None
    acquainted: bool = Field(description="Taken back, since the two know each other already.")
    people: list[ShownPerson]
    reasons: list[str]
    opener: str
    tip: str | None
    expires_at: datetime
    gathering: ShownGathering
    feedback: FeedbackGiven | None

    @classmethod
    def of(cls, mine: Mine) -> Self:
        seat = mine.seat
        return cls(
            id=mine.introduction.id,
            status=mine.status,
            answer=seat.answer,
            acquainted=mine.status == "withdrawn" and mine.introduction.knew_each_other,
            people=[shown_person(rsvp) for rsvp in mine.others],
            reasons=list(seat.reasons),
            opener=mine.introduction.opener,
            tip=mine.tip,
            expires_at=mine.introduction.expires_at,
            gathering=ShownGathering.model_validate(mine.gathering, from_attributes=True),
            feedback=FeedbackGiven(met=mine.said.met, again=mine.said.again, good_for=list(mine.said.good_for))
            if mine.said
            else None,
        )


class MyIntroductions(BaseModel):
    items: list[MyIntroduction]


class ListedPerson(BaseModel):
    """Somebody on the organiser's own list."""

    name: str
    email: str


class ListedIntroduction(BaseModel):
    """An introduction as an organiser sees it."""

    id: str
    status: Status
    people: list[ListedPerson]
    round: str | None
    score: int
    reasons: list[str]

    @classmethod
    def of(cls, introduction: Introduction, rsvps: Mapping[AttendeeId, Rsvp]) -> Self:
        seats = [seat for seat in introduction.seats if not seat.left]
        return cls(
            id=introduction.id,
            status=introduction.status,
            people=[listed_person(rsvps.get(seat.attendee_id)) for seat in seats],
            round=introduction.round_id,
            score=introduction.score,
            reasons=list(dict.fromkeys(reason for seat in seats for reason in seat.reasons)),
        )


class Introductions(BaseModel):
    items: list[ListedIntroduction]
    next: str | None


class Rounds(BaseModel):
    items: list[dict[str, Any]]
    next: str | None


FORGOTTEN = ListedPerson(name="somebody who asked to be forgotten", email="")


def shown_person(rsvp: Rsvp) -> ShownPerson:
    return ShownPerson(name=rsvp.name, role=rsvp.shared_text("role"), employer=rsvp.shared_text("employer"))


def listed_person(rsvp: Rsvp | None) -> ListedPerson:
    if rsvp is None or rsvp.status == "erased":
        return FORGOTTEN
    return ListedPerson(name=rsvp.name, email=rsvp.email)
