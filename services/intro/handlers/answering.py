"""The place for answers: accept, pass or know, silent when repeated, and a pass that nobody else can see."""

from typing import Any

from services.intro.domain import introductions as rule
from services.intro.domain.gatherings import Gathering
from services.intro.domain.introductions import Answer, Introduction, IntroductionUnknown, PlaceTaken, Status
from services.intro.domain.proposals import room_of
from services.intro.handlers import Tx
from services.intro.handlers.acquainted import take_back
from services.intro.handlers.suggesting import locked
from services.intro.handlers.telling import say_made
from services.intro.handlers.waiting import suggest_soon
from shared.contracts.intro import IntroductionAccepted, IntroductionExpired, IntroductionPassed
from shared.ids import AttendeeId


def answer_introduction(tx: Tx, introduction_id: str, attendee_id: str, answer: Answer) -> Status:
    """Takes an answer and says what the one who gave it sees now.

    Raises IntroductionUnknown, AnswerTooLate, or PlaceTaken when a pass cannot be taken back any more.
    """
    who = AttendeeId(attendee_id)
    gathering, introduction = _locked(tx, introduction_id)
    after = rule.answered(introduction, who, answer, now=tx.now)
    if after is introduction:
        return rule.seen_by(after, who, now=tx.now)
    if after.knew_each_other:
        take_back(tx, gathering, introduction, after)
        return rule.seen_by(after, who, now=tx.now)
    if introduction.status == "passed" and after.status in rule.OCCUPYING:
        _check_places(tx, gathering, after)
    tx.store.introductions.save(after, stamp=gathering.stamp)
    _say_answered(tx, introduction, after, who)
    if after.status == "passed" and introduction.status != "passed":
        left = {seat.attendee_id for seat in after.seats if not seat.left and seat.answer != "pass"}
        suggest_soon(tx, gathering, left)
    return rule.seen_by(after, who, now=tx.now)


def expire_introduction(tx: Tx, introduction_id: str) -> None:
    """The time for answers is over: made by those who agreed, or it did not come about."""
    try:
        gathering, introduction = _locked(tx, introduction_id)
    except IntroductionUnknown:
        return
    after = rule.expired(introduction, now=tx.now)
    if after is introduction:
        return
    tx.store.introductions.save(after, stamp=gathering.stamp)
    if after.status == "made":
        say_made(tx, after)
        return
    tx.say(IntroductionExpired(**_facts(after)))
    suggest_soon(tx, gathering, {seat.attendee_id for seat in after.seats if seat.agrees})


def _locked(tx: Tx, introduction_id: str) -> tuple[Gathering, Introduction]:
    """The gathering first, then the introduction: everybody locks in this order."""
    gathering_id = tx.store.introductions.gathering_of(introduction_id)
    if gathering_id is None:
        raise IntroductionUnknown
    gathering = locked(tx, gathering_id)
    introduction = tx.store.introductions.get(introduction_id)
    if introduction is None:
        raise IntroductionUnknown
    return gathering, introduction


def _check_places(tx: Tx, gathering: Gathering, introduction: Introduction) -> None:
    taken = tx.store.introductions.occupied(gathering.id, introduction.people)
    rsvps = tx.store.coming.rsvps(gathering.id, introduction.people)
    if any(taken[person] >= room_of(gathering, rsvps[person]) for person in introduction.people):
        raise PlaceTaken


def _say_answered(tx: Tx, before: Introduction, after: Introduction, who: AttendeeId) -> None:
    if after.status == "made":
        say_made(tx, after)
    elif after.status == "passed":
        if before.status != "passed":
            tx.say(IntroductionPassed(**_facts(after)))
    elif after.seat_of(who).answer == "accept":
        tx.say(IntroductionAccepted(**_facts(after), by=who))


def _facts(introduction: Introduction) -> dict[str, Any]:
    return {
        "version": introduction.version,
        "introduction_id": introduction.id,
        "gathering_id": introduction.gathering_id,
        "people": introduction.people,
    }
