"""The place for answers: accept, pass or know, silent when repeated, and a pass that nobody else can see."""

from typing import Any

from services.intro.domain import introductions as rule
from services.intro.domain.gatherings import Gathering
from services.intro.domain.introductions import Answer, Introduction, IntroductionUnknown, Status
from services.intro.handlers import Tx
from services.intro.handlers.acquainted import take_back
from services.intro.handlers.suggesting import locked
from services.intro.handlers.telling import say_made
from services.intro.handlers.waiting import suggest_soon
from shared.contracts.intro import IntroductionAccepted, IntroductionExpired, IntroductionPassed
from shared.ids import AttendeeId


def answer_introduction(tx: Tx, introduction_id: str, attendee_id: str, answer: Answer) -> Status:
    """Takes an answer and says what the one who gave it sees now.

    A pass wakes nobody: until its time is over it looks to the others as if nothing was answered.

    Raises IntroductionUnknown, AnswerTooLate.
    """
    who = AttendeeId(attendee_id)
    gathering, introduction = _locked(tx, introduction_id)
    after = rule.answered(introduction, who, answer, now=tx.now)
    if after is introduction:
        return rule.seen_by(after, who, now=tx.now)
    if after.knew_each_other:
        take_back(tx, gathering, introduction, after)
        return rule.seen_by(after, who, now=tx.now)
    tx.store.introductions.save(after, stamp=gathering.stamp)
    _say_answered(tx, introduction, after, who)
    return rule.seen_by(after, who, now=tx.now)


def expire_introduction(tx: Tx, introduction_id: str) -> None:
    """The time for answers is over: made by those who agreed, or it did not come about, which a pass too becomes."""
    try:
        gathering, introduction = _locked(tx, introduction_id)
    except IntroductionUnknown:
        return
    after = rule.expired(introduction, now=tx.now)
    passed = after.status == "passed" and not rule.takes_places(after, now=tx.now)
    if after is introduction and not passed:
        return
    tx.store.introductions.save(after, stamp=gathering.stamp)
    if after.status == "made":
        say_made(tx, after)
        return
    if not passed:
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
