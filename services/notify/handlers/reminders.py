"""The place for reminders and follow-ups: one planned moment a gathering and offset, one mail a person, once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.notify.domain.deciding import pick_tip
from services.notify.domain.facts import Gathering, Place, Rsvp
from services.notify.domain.introducing import for_offset
from services.notify.domain.letters import Letter
from services.notify.domain.nearness import nearest
from services.notify.domain.timing import OFFSETS, Offset, TooLate, Wait, decide, planned_at
from services.notify.handlers.posting import Tx, forgotten_of, post
from shared.due import DueWork, plan, unplan_subject

AT_ONCE = 200
CONSIDERED = 200


def plan_reminders(tx: Tx, gathering: Gathering) -> None:
    """Plans the three offsets of a gathering, each in its own time zone."""
    for offset in OFFSETS:
        plan(tx, _work(offset, gathering, at=planned_at(offset, gathering)))


def unplan_reminders(tx: Tx, gathering_id: str) -> None:
    unplan_subject(tx, gathering_id, kinds=OFFSETS)


def _work(offset: Offset, gathering: Gathering, *, at: datetime, after: str = "") -> DueWork:
    return DueWork(
        key=f"{offset}:{gathering.gathering_id}:{gathering.start_version}",
        kind=offset,
        subject=gathering.gathering_id,
        at=at,
        data={"start_version": gathering.start_version, "after": after},
    )


def remind(tx: Tx, offset: Offset, gathering_id: str, *, start_version: int, after: str = "") -> None:
    """Writes to the next people who are going, and plans itself anew until all have been written to.

    A moment that was missed is made good at a waking hour or, when that is too late, recorded as skipped.
    """
    gathering = tx.store.picture.gathering(gathering_id, lock=True)
    if gathering is None or gathering.cancelled or gathering.start_version != start_version:
        return
    verdict = decide(offset, gathering, now=tx.now)
    if isinstance(verdict, Wait):
        plan(tx, _work(offset, gathering, at=verdict.until, after=after))
        return
    going = tx.store.picture.coming(gathering_id, ("going",), after=after, most=AT_ONCE)
    letters = _letters(tx, offset, gathering, going)
    if isinstance(verdict, TooLate):
        letters = [_skipped(letter, verdict.reason) for letter in letters]
    post(tx, letters)
    if len(going) == AT_ONCE:
        plan(tx, _work(offset, gathering, at=tx.now, after=going[-1].attendee_id))


def _skipped(letter: Letter, reason: str) -> Letter:
    return Letter(
        letter.kind, letter.to, letter.gathering_id, cause=letter.cause, version=letter.version, withheld=reason
    )


def _letters(tx: Tx, offset: Offset, gathering: Gathering, going: Sequence[Rsvp]) -> list[Letter]:
    picture = tx.store.picture
    absent = picture.absent(gathering.gathering_id) if offset != "reminder.before" else set()
    there = [rsvp for rsvp in going if rsvp.attendee_id not in absent]
    made = tx.store.introductions.made_at(gathering.gathering_id, [rsvp.attendee_id for rsvp in there])
    tips = picture.tips(gathering.gathering_id)
    meet = {who for introductions in made.values() for introduction in introductions for who in introduction.people}
    gone = forgotten_of(tx, meet.union(tip["attendee_id"] for tip in tips))
    to_come = _to_come(tx, gathering) if offset == "reconnect" else []
    letters = [
        for_offset(
            offset,
            gathering,
            rsvp,
            made=[one for one in made.get(rsvp.attendee_id, ()) if gone.isdisjoint(one.people)],
            absent=absent,
            following=_following(tx, rsvp, gathering, to_come),
            tip=pick_tip((tip for tip in tips if tip["attendee_id"] not in gone), reader=rsvp.attendee_id, salt=offset),
        )
        for rsvp in there
    ]
    return [letter for letter in letters if letter is not None]


def _to_come(tx: Tx, gathering: Gathering) -> Sequence[Gathering]:
    soon = tx.now + timedelta(hours=12)
    near = tx.store.picture.following(soon, country=gathering.place.country, most=CONSIDERED)
    return [other for other in near if other.gathering_id != gathering.gathering_id]


def _following(tx: Tx, rsvp: Rsvp, gathering: Gathering, to_come: Sequence[Gathering]) -> Gathering | None:
    """The next gathering near this person to which they have not answered yet."""
    if not to_come:
        return None
    answered = tx.store.picture.gatherings_of(rsvp.attendee_id)
    home = rsvp.place if rsvp.place != Place() else gathering.place
    return nearest([other for other in to_come if other.gathering_id not in answered], home)


def work_of(work: DueWork) -> dict[str, Any]:
    """What a due row says, as keyword arguments of `remind`."""
    return {"start_version": int(work.data["start_version"]), "after": str(work.data.get("after", ""))}
