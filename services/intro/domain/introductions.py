"""The place for what becomes of an introduction: suggested, accepted, made, passed, expired, withdrawn.

Pairs and tables follow one rule. Somebody *agrees* by accepting, or by not having to be asked; it is made once
nobody is left to answer and two agree; it is passed once two cannot agree any more. A pass is never shown to the
others: until `expires_at` they see what they would see had nobody answered, then that it did not come about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from shared.errors import NotFound, TablematesError
from shared.ids import AttendeeId, GatheringId, IntroductionId, RoundId

Status = Literal["suggested", "accepted", "made", "passed", "expired", "withdrawn"]
Answer = Literal["accept", "pass", "know"]
"""`know`: we know each other already, so there is nothing to introduce."""

UNDECIDED: tuple[Status, ...] = ("suggested", "accepted", "passed")
"""May still change: a pass too can be taken back while there is time."""
OCCUPYING: tuple[Status, ...] = ("suggested", "accepted", "made")
"""Takes a place of each of its people; so does a pass while its time lasts, see `takes_places`."""
NEEDED = 2


class IntroductionUnknown(NotFound):
    """There is no such introduction for the holder of this link; open the one in the newest mail."""

    code = "introduction_unknown"


class AnswerTooLate(TablematesError):
    """This suggestion is not open any more, so the answer could not be taken."""

    code = "answer_too_late"
    status = 409


class KnownAtATable(TablematesError):
    """A table may hold somebody you know beside people you do not; pass if you would rather not sit there."""

    code = "known_at_a_table"
    status = 409


@dataclass(frozen=True, slots=True)
class Seat:
    """One person of an introduction; the reasons speak to this person about the others."""

    attendee_id: AttendeeId
    asked: bool = True
    answer: Answer | None = None
    left: bool = False
    reasons: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        return not self.left and (self.answer == "accept" or (not self.asked and self.answer is None))

    @property
    def is_waited_for(self) -> bool:
        return not self.left and self.asked and self.answer is None


@dataclass(frozen=True, slots=True)
class Introduction:
    """Two people, or a table of three to five. `components` are those of `Pair`: for the first seat and the second."""

    id: IntroductionId
    gathering_id: GatheringId
    seats: tuple[Seat, ...]
    expires_at: datetime
    status: Status = "suggested"
    version: int = 1
    score: int = 0
    opener: str = ""
    tip_by: AttendeeId | None = None
    round_id: RoundId | None = None
    components: Mapping[str, Any] = field(default_factory=dict)

    @property
    def people(self) -> tuple[AttendeeId, ...]:
        """Who is in it: of one that is made those who agreed, else everybody who has not left."""
        if self.status == "made":
            return tuple(seat.attendee_id for seat in self.seats if seat.agrees)
        return tuple(seat.attendee_id for seat in self.seats if not seat.left)

    @property
    def knew_each_other(self) -> bool:
        """Whether it was taken back because its people know each other already."""
        return self.status == "withdrawn" and any(seat.answer == "know" for seat in self.seats)

    def seat_of(self, attendee_id: str) -> Seat:
        """Raises IntroductionUnknown."""
        for seat in self.seats:
            if seat.attendee_id == attendee_id and not seat.left:
                return seat
        raise IntroductionUnknown


def settled(seats: tuple[Seat, ...], *, due: bool = False) -> Status:
    """What these answers come to; `due` when the time for answers is over."""
    agreed = sum(seat.agrees for seat in seats)
    waited_for = sum(seat.is_waited_for for seat in seats)
    if agreed + waited_for < NEEDED:
        return "passed"
    if not waited_for:
        return "made"
    if due:
        return "made" if agreed >= NEEDED else "expired"
    return "accepted" if any(seat.asked and seat.agrees for seat in seats) else "suggested"


def answered(introduction: Introduction, who: AttendeeId, answer: Answer, *, now: datetime) -> Introduction:
    """The introduction after an answer; itself when the answer is no news. Raises AnswerTooLate."""
    seat = introduction.seat_of(who)
    if seat.answer == answer or (introduction.status == "made" and seat.agrees and answer == "accept"):
        return introduction
    if introduction.status not in UNDECIDED or now >= introduction.expires_at:
        raise AnswerTooLate(_why_too_late(introduction, seat))
    if answer == "know":
        return recognised(introduction, who)
    seats = _with(introduction.seats, replace(seat, answer=answer))
    return replace(introduction, seats=seats, status=settled(seats), version=introduction.version + 1)


def recognised(introduction: Introduction, *who: AttendeeId) -> Introduction:
    """`who` of the two says that they know each other: taken back, which is no pass. Raises KnownAtATable."""
    if len(introduction.seats) > NEEDED:
        raise KnownAtATable
    seats = tuple(
        replace(s, answer="know") if s.attendee_id in who and s.answer != "pass" else s for s in introduction.seats
    )
    return replace(introduction, seats=seats, status="withdrawn", version=introduction.version + 1)


def _why_too_late(introduction: Introduction, seat: Seat) -> str:
    if introduction.status == "made" and seat.agrees:
        return "You have been introduced already; if you cannot come, change your RSVP and the others are told."
    if introduction.status == "withdrawn":
        return "This introduction cannot happen any more, so there is nothing left to answer."
    return "The time to answer this suggestion is over."


def expired(introduction: Introduction, *, now: datetime) -> Introduction:
    """After its time: made by those who agreed, or expired; itself where that was decided before."""
    if introduction.status not in ("suggested", "accepted") or now < introduction.expires_at:
        return introduction
    status = settled(introduction.seats, due=True)
    return replace(introduction, status=status, version=introduction.version + 1)


def without(introduction: Introduction, who: AttendeeId) -> Introduction:
    """After somebody left: a table goes on while two can still meet, everything else is withdrawn."""
    if introduction.status not in (*UNDECIDED, "made"):
        return introduction
    seat = introduction.seat_of(who)
    seats = _with(introduction.seats, replace(seat, left=True))
    still = sum(s.agrees or (s.is_waited_for and introduction.status != "made") for s in seats)
    alone = still < NEEDED or len(seats) == NEEDED
    status: Status = "withdrawn" if alone else introduction.status if introduction.status == "made" else settled(seats)
    return replace(introduction, seats=seats, status=status, version=introduction.version + 1)


def withdrawn(introduction: Introduction) -> Introduction:
    """Called off as a whole."""
    return replace(introduction, status="withdrawn", version=introduction.version + 1)


def takes_places(introduction: Introduction, *, now: datetime) -> bool:
    """Whether each of its people has one place less. After a pass too, until they would hear that it did not come
    about: somebody else in that place before then would tell the others of the pass.
    """
    return introduction.status in OCCUPYING or (introduction.status == "passed" and now < introduction.expires_at)


def counting_on(introduction: Introduction, *, now: datetime) -> tuple[AttendeeId, ...]:
    """Who is waiting for this to happen and was told of it: they accepted, or it was made.

    Somebody who accepted what another passed counts too: they do not know, and must not be able to tell.
    """
    if introduction.status == "made":
        return introduction.people
    if introduction.status in UNDECIDED and now < introduction.expires_at:
        return tuple(s.attendee_id for s in introduction.seats if not s.left and s.answer == "accept")
    return ()


def seen_by(introduction: Introduction, who: AttendeeId, *, now: datetime) -> Status:
    """The status as one of its people sees it: their own answer, never the others'."""
    seat = introduction.seat_of(who)
    if seat.answer == "pass":
        return "passed"
    if introduction.status == "made":
        return "made" if seat.agrees else "expired"
    if introduction.status == "withdrawn":
        return "withdrawn"
    if introduction.status == "expired" or now >= introduction.expires_at:
        return "expired"
    return "accepted" if seat.agrees else "suggested"


def occupying(introduction: Introduction) -> list[tuple[AttendeeId, AttendeeId]]:
    """Couples that say to the matcher whose places are taken: a table too takes one place of each of its people.

    (Of an odd table one person is named twice; that two of them are not introduced again is known elsewhere.)
    """
    people = sorted(introduction.people)
    couples = list(zip(people[::2], people[1::2], strict=False))
    return [*couples, (people[0], people[-1])] if len(people) % 2 and len(people) > 1 else couples


def _with(seats: tuple[Seat, ...], changed: Seat) -> tuple[Seat, ...]:
    return tuple(changed if seat.attendee_id == changed.attendee_id else seat for seat in seats)
