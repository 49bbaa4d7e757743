"""The place for what organisers tell: gatherings, when their rounds run, approved tips, and keys."""

from services.intro.domain.gatherings import Gathering, rounds
from services.intro.handlers import Tx
from services.intro.handlers.suggesting import ROUND
from services.intro.handlers.withdrawing import withdraw_everything
from shared import due
from shared.contracts.rsvp import (
    GatheringCancelled,
    GatheringFacts,
    OrganiserKeyCreated,
    OrganiserKeyRevoked,
    TipApproved,
)
from shared.due import DueWork
from shared.ids import GatheringId


def note_gathering(tx: Tx, event: GatheringFacts) -> None:
    """Keeps a gathering as it is now, and plans its rounds anew; what is older than we know is no news.

    What is heard again puts the row right, should that be wrong, and nothing follows from it.
    """
    store = tx.store.coming
    before = store.lock(event.gathering_id)
    if before and before.version > event.version:
        return
    gathering = _gathering(event, stamp=before.stamp if before else 1)
    store.keep_gathering(gathering)
    if before and before.version == event.version:
        return
    plan_rounds(tx, gathering)
    if gathering.cancelled and before and not before.cancelled:
        withdraw_everything(tx, gathering)
    elif gathering.introduces(tx.now) and before and not before.introduces(tx.now):
        tx.store.introductions.wait_for_suggestions(gathering.id, store.who_is_going(gathering.id), since=tx.now)
        tx.wake("suggest")


def _gathering(event: GatheringFacts, *, stamp: int) -> Gathering:
    rules = event.introductions
    return Gathering(
        id=GatheringId(event.gathering_id),
        version=event.version,
        title=event.title,
        url=event.url,
        kind=event.kind,
        format=event.format,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        closes_at=event.rsvp_closes_at,
        timezone=event.timezone,
        mode=rules.mode,
        per_person=rules.per_person,
        rounds_before=rules.rounds_before,
        allow_same_employer=rules.allow_same_employer,
        tables=rules.tables,
        vocabulary=rules.vocabulary,
        cancelled=isinstance(event, GatheringCancelled),
        stamp=stamp,
    )


def plan_rounds(tx: Tx, gathering: Gathering) -> None:
    """The due table holds exactly the gathering's rounds that are still to come."""
    due.unplan_subject(tx, gathering.id, kinds=(ROUND,))
    for before, at in rounds(gathering):
        if at > tx.now:
            due.plan(tx, DueWork(f"{ROUND}:{gathering.id}:{before}", ROUND, gathering.id, at, {"before": before}))


def note_tip(tx: Tx, event: TipApproved) -> None:
    """An organiser approved a tip, or took the approval back; it closes mails from now on."""
    if tx.store.coming.is_erased(event.attendee_id):
        return
    tx.store.coming.lock(event.gathering_id)
    tx.store.coming.approve_tip(event.gathering_id, event.attendee_id, event.tip if event.approved else None)


def note_key(tx: Tx, event: OrganiserKeyCreated) -> None:
    tx.store.coming.keep_key(event.key_id, event.sha256)


def revoke_key(tx: Tx, event: OrganiserKeyRevoked) -> None:
    tx.store.coming.revoke_key(event.key_id)
