"""The place for what time does here: what was never confirmed goes, and so do old records."""

from datetime import timedelta

import structlog

from services.rsvp.domain.addresses import digest_of
from services.rsvp.domain.rsvps import PENDING_KEPT
from services.rsvp.handlers.my import forget_person, remove_rsvp
from services.rsvp.ports import Store
from shared.due import DueWork, plan
from shared.transaction import Transaction

log = structlog.get_logger()

EVERY = timedelta(hours=1)
ANSWERS_KEPT = timedelta(days=7)
UPLOADS_KEPT = timedelta(hours=1)
AT_ONCE = 20
EXPIRE = "rsvp.expire"
FORGET_ANSWERS = "answers.forget"
DROP_UPLOADS = "uploads.drop"
DROP_COUPLES = "acquainted.drop"
KINDS = (EXPIRE, FORGET_ANSWERS, DROP_UPLOADS, DROP_COUPLES)


def plan_housekeeping(tx: Transaction[Store]) -> None:
    """Has everything done once now; from then on each plans its own next time."""
    for kind in KINDS:
        plan(tx, DueWork(kind, kind, "housekeeping", tx.now, {}))


def expire_unconfirmed(tx: Transaction[Store], work: DueWork) -> None:
    """RSVPs that waited a week for their address to be confirmed are deleted, with people of whom nothing is left.

    Some at a time: each scans the outbox for what was said of the person.
    """
    expired = tx.store.unconfirmed(tx.now - PENDING_KEPT, most=AT_ONCE)
    for rsvp in expired:
        if not remove_rsvp(tx, rsvp, only_pending=True):
            continue  # its owner was quicker
        attendee = tx.store.attendee(rsvp.attendee_id)
        if attendee is not None and not tx.store.rsvps_of(attendee.id):
            tx.store.lose_sight_of(digest_of(attendee.key))
            forget_person(tx, attendee.id, version=attendee.version + 1, requested=False)
        log.info("rsvp.expired", rsvp_id=rsvp.id, gathering_id=rsvp.gathering_id)
    _again(tx, work, timedelta() if len(expired) == AT_ONCE else EVERY)


def forget_old_answers(tx: Transaction[Store], work: DueWork) -> None:
    """Idempotency records are kept a week."""
    tx.store.forget_answers(tx.now - ANSWERS_KEPT)
    _again(tx, work, EVERY)


def drop_old_uploads(tx: Transaction[Store], work: DueWork) -> None:
    """Guest lists that nobody said yes to are kept an hour."""
    tx.store.drop_uploads(tx.now - UPLOADS_KEPT)
    _again(tx, work, EVERY)


def drop_unseen_couples(tx: Transaction[Store], work: DueWork) -> None:
    """What a list says of people who did not come is of no use once the gathering is over."""
    tx.store.drop_unseen_couples(tx.now)
    _again(tx, work, EVERY)


def _again(tx: Transaction[Store], work: DueWork, after: timedelta) -> None:
    plan(tx, DueWork(work.key, work.kind, work.subject, tx.now + after, {}))
