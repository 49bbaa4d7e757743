"""The place for what the intro service says on `intro.events`."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.envelope import EventData, Part

WithdrawalCause = Literal["not_coming", "gathering_cancelled", "erased", "no_consent", "suppressed"]

State = Literal["suggested", "accepted", "made", "passed", "expired", "withdrawn"]


class ShownPerson(Part):
    """What one person agreed that the others may see of them."""

    attendee_id: str
    name: str
    role: str | None = None
    employer: str | None = None


class Side(Part):
    """An introduction as one of its people reads it: who, why in sentences, and how to start."""

    attendee_id: str
    others: tuple[ShownPerson, ...]
    reasons: tuple[str, ...]
    opener: str
    tip: str | None = None
    asked: bool = Field(default=True, description="Whether this person is asked before anything is made.")


class IntroductionFacts(EventData):
    """An introduction and its people."""

    subject_of: ClassVar[str] = "introduction_id"

    introduction_id: str
    gathering_id: str
    people: tuple[str, ...] = Field(description="Attendee ids.")


class IntroductionSuggested(IntroductionFacts):
    """Two or more people are proposed to one another; each asked side gets one mail."""

    wire_type: ClassVar[str] = "tablemates.introduction.suggested.v1"
    sides: tuple[Side, ...]
    expires_at: datetime
    round_id: str | None = None


class IntroductionAccepted(IntroductionFacts):
    """One of the people said yes; the others are not told yet."""

    wire_type: ClassVar[str] = "tablemates.introduction.accepted.v1"
    by: str


class IntroductionMade(IntroductionFacts):
    """Everybody agreed, or had agreed before: the introduction mail goes to all of them."""

    wire_type: ClassVar[str] = "tablemates.introduction.made.v1"
    sides: tuple[Side, ...]
    round_id: str | None = None


class TableMade(IntroductionFacts):
    """A table of three to five was set: its mail goes to all of them."""

    wire_type: ClassVar[str] = "tablemates.table.made.v1"
    sides: tuple[Side, ...]
    round_id: str | None = None


class IntroductionPassed(IntroductionFacts):
    """Somebody passed. Who it was is never said: not here, not to the other."""

    wire_type: ClassVar[str] = "tablemates.introduction.passed.v1"


class IntroductionExpired(IntroductionFacts):
    """Nobody passed, and not everybody answered in time."""

    wire_type: ClassVar[str] = "tablemates.introduction.expired.v1"


class IntroductionWithdrawn(IntroductionFacts):
    """The introduction cannot happen any more; `tell` are those who were counting on it."""

    wire_type: ClassVar[str] = "tablemates.introduction.withdrawn.v1"
    cause: WithdrawalCause
    tell: tuple[str, ...] = ()


class IntroductionUnneeded(IntroductionFacts):
    """Its people know each other already, so there is nothing to introduce; `tell` those who were counting on it."""

    wire_type: ClassVar[str] = "tablemates.introduction.unneeded.v1"
    tell: tuple[str, ...] = ()


class RoundRan(EventData):
    """A whole gathering was matched; the numbers of the organiser's report."""

    wire_type: ClassVar[str] = "tablemates.round.ran.v1"
    subject_of: ClassVar[str] = "round_id"

    round_id: str
    gathering_id: str
    people: int
    suggested: int
    left_out: int


class FeedbackGiven(IntroductionFacts):
    """Somebody said how an introduction went; what they said stays with the intro service."""

    wire_type: ClassVar[str] = "tablemates.introduction.feedback_given.v1"
    met: bool


class MenteeSilent(IntroductionFacts):
    """A mentee has not said how the first contact went: a nudge is due."""

    wire_type: ClassVar[str] = "tablemates.introduction.mentee_silent.v1"
    mentee: str


class TableLeft(IntroductionFacts):
    """One of a table is not coming; `people` are those who still meet.

    It carries the whole of the table as it is now: what was said of it before is emptied where it named somebody who
    was erased, and then this is all that a reader gets to hear.
    """

    wire_type: ClassVar[str] = "tablemates.table.left.v1"
    sides: tuple[Side, ...] = ()
    state: State = "made"
    expires_at: datetime | None = Field(default=None, description="Until when it can be answered, if it is not made.")
