"""The place for how it went: what people say afterwards, what is learnt from it, and forgetting that again."""

from collections.abc import Callable
from dataclasses import replace

from services.intro.domain.feedback import NOTHING_LEARNT, Belief
from services.intro.domain.introductions import IntroductionUnknown
from services.intro.domain.learning import believed, moved
from services.intro.domain.meetings import Said, check_may_say
from services.intro.handlers import Tx
from services.intro.handlers.suggesting import locked
from shared.contracts.intro import FeedbackGiven, MenteeSilent
from shared.ids import AttendeeId


def tell_how_it_went(tx: Tx, introduction_id: str, attendee_id: str, said: Said) -> None:
    """Keeps what somebody says of an introduction; saying the same again is no news, something else replaces it.

    Raises IntroductionUnknown or TooEarlyToSay.
    """
    who, store = AttendeeId(attendee_id), tx.store.introductions
    gathering_id = store.gathering_of(introduction_id)
    if gathering_id is None:
        raise IntroductionUnknown
    gathering = locked(tx, gathering_id)
    introduction = store.get(introduction_id)
    if introduction is None:
        raise IntroductionUnknown
    check_may_say(introduction, who, starts_at=gathering.starts_at, now=tx.now)
    if store.feedback_of(introduction_id, who) == said:
        return
    store.keep_feedback(introduction_id, who, said, now=tx.now)
    _learn(tx, who, lambda: believed(tx.store.learning.answers_of(who)))
    after = replace(introduction, version=introduction.version + 1)
    store.save(after, stamp=gathering.stamp)
    tx.say(
        FeedbackGiven(
            version=after.version,
            introduction_id=introduction.id,
            gathering_id=gathering_id,
            people=introduction.people,
            met=said.met,
        )
    )


def forget_what_was_learnt(tx: Tx, attendee_id: str) -> None:
    """The switch: nothing that somebody told us so far shapes their suggestions any more; what they tell next does."""
    tx.store.learning.forget(attendee_id, now=tx.now)
    _learn(tx, AttendeeId(attendee_id), lambda: NOTHING_LEARNT)


def _learn(tx: Tx, who: AttendeeId, believe: Callable[[], Belief]) -> None:
    """A person's belief is counted anew each time, so that a changed mind leaves nothing behind.

    One after the other: what somebody else told, or they themselves elsewhere, is read once it is written.
    """
    store = tx.store.learning
    everybodys = store.hold_everybodys()
    before, after = store.learnt_of(who), believe()
    store.keep_learnt(who, after)
    store.keep_everybodys(moved(everybodys, before=before, after=after))


def nudge_silent_mentee(tx: Tx, introduction_id: str, mentee: str) -> None:
    """A week after an introduction: a mentee who has said nothing of it yet is asked kindly."""
    store = tx.store.introductions
    gathering_id = store.gathering_of(introduction_id)
    gathering = tx.store.coming.lock(gathering_id) if gathering_id else None
    introduction = store.get(introduction_id)
    if gathering is None or introduction is None or mentee not in introduction.people:
        return
    if introduction.status == "made" and store.feedback_of(introduction_id, mentee) is None:
        after = replace(introduction, version=introduction.version + 1)
        store.save(after, stamp=gathering.stamp)
        tx.say(
            MenteeSilent(
                version=after.version,
                introduction_id=introduction.id,
                gathering_id=introduction.gathering_id,
                people=introduction.people,
                mentee=mentee,
            )
        )
