"""The place for what cannot happen any more: nobody is introduced to someone who will not be there."""

from services.intro.domain import introductions as rule
from services.intro.domain.gatherings import Gathering
from services.intro.domain.introductions import Introduction
from services.intro.handlers import Tx
from services.intro.handlers.rewording import say_anew
from services.intro.handlers.telling import forget_times, say_made, say_table_left
from services.intro.handlers.waiting import suggest_soon
from shared.contracts.intro import IntroductionWithdrawn, WithdrawalCause
from shared.ids import AttendeeId


def withdraw_of(
    tx: Tx, gathering: Gathering, attendee_id: str, *, cause: WithdrawalCause, made_too: bool = True
) -> list[Introduction]:
    """Takes somebody out of everything open; answers the tables that go on without them. Who is left alone is given
    others.

    What was made stays once the gathering is over, for then it happened; but nobody can cancel afterwards, so who is
    not coming was not there, however late we hear of it. `made_too=False` spares what was made in any case.
    """
    who, store = AttendeeId(attendee_id), tx.store.introductions
    store.stop_waiting(gathering.id, [attendee_id])
    happened = tx.now >= gathering.ends_at and cause not in ("not_coming", "no_consent")
    left: set[str] = set()
    go_on: list[Introduction] = []
    for introduction in store.open_of(gathering.id, attendee_id):
        spared = introduction.status == "made" and (happened or not made_too)
        if spared or _is_decided(tx, introduction):
            continue
        after = rule.without(introduction, who)
        store.save(after, stamp=gathering.stamp)
        if after.status == "withdrawn":
            left.update(seat.attendee_id for seat in after.seats if not seat.left and seat.answer != "pass")
        else:
            after = say_anew(tx, gathering, after)
            go_on.append(after)
        _say_left(tx, introduction, after, who, cause)
    suggest_soon(tx, gathering, left - {who})
    return go_on


def withdraw_everything(tx: Tx, gathering: Gathering) -> None:
    """The gathering is off. Everybody hears that from the cancellation itself, so nobody is told apart from it."""
    store = tx.store.introductions
    store.stop_waiting_at(gathering.id)
    for introduction in store.open_in(gathering.id):
        if _is_decided(tx, introduction):
            continue
        after = rule.withdrawn(introduction)
        store.save(after, stamp=gathering.stamp)
        _say_withdrawn(tx, after, "gathering_cancelled", people=introduction.people, tell=())


def _is_decided(tx: Tx, introduction: Introduction) -> bool:
    """A pass whose time is over: to the others it did not come about, and it stays so."""
    return introduction.status == "passed" and tx.now >= introduction.expires_at


def _say_left(tx: Tx, before: Introduction, after: Introduction, who: AttendeeId, cause: WithdrawalCause) -> None:
    if after.status == "withdrawn":
        # an erased person is named nowhere any more, not even as the one who left
        people = before.people if cause != "erased" else tuple(p for p in before.people if p != who)
        counting = tuple(p for p in rule.counting_on(before, now=tx.now) if p != who)
        _say_withdrawn(tx, after, cause, people=people, tell=counting)
    elif after.status == "made" and before.status != "made":
        say_made(tx, after)
    elif after.status == "made" or before.status != after.status or who in before.people:
        say_table_left(tx, after)


def _say_withdrawn(
    tx: Tx,
    introduction: Introduction,
    cause: WithdrawalCause,
    *,
    people: tuple[AttendeeId, ...],
    tell: tuple[AttendeeId, ...],
) -> None:
    forget_times(tx, introduction)
    tx.say(
        IntroductionWithdrawn(
            version=introduction.version,
            introduction_id=introduction.id,
            gathering_id=introduction.gathering_id,
            people=people,
            cause=cause,
            tell=tell,
        )
    )
