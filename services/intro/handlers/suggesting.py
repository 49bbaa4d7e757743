"""The place for proposals becoming introductions: checked again inside the transaction that keeps them."""

from collections.abc import Collection, Sequence

from services.intro.domain.expiry import LATE_ROUND_AFTER
from services.intro.domain.gatherings import Gathering, GatheringUnknown, round_to_come
from services.intro.domain.introductions import OCCUPYING, Introduction
from services.intro.domain.proposals import Proposal, fits, introduction, room_of
from services.intro.handlers import Tx
from services.intro.handlers.telling import say_proposed
from shared import due
from shared.due import DueWork
from shared.ids import AttendeeId, RoundId

ROUND, LATE = "round", "late"


def keep_suggestions(tx: Tx, gathering_id: str, proposals: Sequence[Proposal], *, served: Collection[str]) -> bool:
    """Keeps what was found for people who waited. False when something had changed in between: match anew.

    Nothing is kept for somebody who does not wait any more, so two matchers at once do no harm.
    """
    gathering = tx.store.coming.lock(gathering_id)
    if gathering is None or not gathering.introduces(tx.now):
        tx.store.introductions.stop_waiting_at(gathering_id)
        return True
    waited = tx.store.introductions.stop_waiting(gathering_id, served)
    wanted = [proposal for proposal in proposals if waited.intersection(proposal.people)]
    lost = propose(tx, gathering, wanted, round_id=None)
    disappointed = waited.intersection(person for proposal in lost for person in proposal.people)
    tx.store.introductions.wait_for_suggestions(gathering_id, disappointed, since=tx.now)
    _see_to(tx, gathering, waited - {person for proposal in wanted for person in proposal.people})
    return not lost


def _see_to(tx: Tx, gathering: Gathering, unserved: set[str]) -> None:
    """Plans a round soon when somebody has nobody and no round is to come: it finds a way, or names them."""
    if not unserved or round_to_come(gathering, tx.now):
        return
    has = tx.store.introductions.occupied(gathering.id, unserved, now=tx.now)
    if any(has[person] == 0 for person in unserved):
        key, at = f"{ROUND}:{gathering.id}:{LATE}", tx.now + LATE_ROUND_AFTER
        due.plan(tx, DueWork(key, ROUND, gathering.id, at, {"before": LATE}))


def propose(tx: Tx, gathering: Gathering, proposals: Sequence[Proposal], *, round_id: RoundId | None) -> list[Proposal]:
    """Keeps and says every proposal that still holds; answers those that do not.

    The gathering is locked. Going, consent, suppression and places are looked at again; that no pair is ever
    proposed twice, in whatever gathering, is the store's unique constraint.
    """
    store, people = tx.store, {person for proposal in proposals for person in proposal.people}
    rsvps = store.coming.rsvps(gathering.id, people)
    taken = store.introductions.occupied(gathering.id, people, now=tx.now)
    room = {who: room_of(gathering, r) - taken[who] for who, r in rsvps.items() if r.may_be_introduced}
    tips = store.coming.tips(gathering.id)
    kept: list[Introduction] = []
    lost: list[Proposal] = []
    for proposal in proposals:
        new_id = tx.new_id()
        if not fits(proposal, room) or not _claimed(tx, gathering, proposal, new_id):
            lost.append(proposal)
            continue
        made = introduction(
            proposal, id=new_id, gathering=gathering, rsvps=rsvps, tippers=tips.keys(), round_id=round_id, now=tx.now
        )
        kept.append(made)
        _take_places(room, made)
    store.introductions.add(kept, stamp=gathering.stamp, now=tx.now)
    for made in kept:
        say_proposed(tx, made, rsvps, tips)
    return lost


def _claimed(tx: Tx, gathering: Gathering, proposal: Proposal, introduction_id: str) -> bool:
    return tx.store.introductions.claim(proposal.couples, gathering_id=gathering.id, introduction_id=introduction_id)


def _take_places(room: dict[AttendeeId, int], made: Introduction) -> None:
    if made.status in OCCUPYING:
        for person in made.people:
            room[person] -= 1


def locked(tx: Tx, gathering_id: str) -> Gathering:
    """The gathering, held until the commit. Raises GatheringUnknown."""
    gathering = tx.store.coming.lock(gathering_id)
    if gathering is None:
        raise GatheringUnknown
    return gathering
