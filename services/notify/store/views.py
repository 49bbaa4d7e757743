"""The place for what is only read: the delivery log, the mails nobody is sure of, the numbers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.notify.domain.facts import Person
from services.notify.store.tables import gatherings, mails
from shared.metrics import Numbers

STATES = ("pending", "sending", "sent", "retry", "failed", "unknown", "superseded")

_LOGGED = (
    mails.c.number,
    mails.c.key,
    mails.c.kind,
    mails.c.attendee_id,
    mails.c.gathering_id,
    mails.c.name,
    mails.c.email,
    mails.c.state,
    mails.c.created_at,
    mails.c.next_at,
    mails.c.sent_at,
    mails.c.claims,
    mails.c.error,
)


def gathering_named(store: Any, reference: str) -> str | None:
    """A gathering's id, by id or slug; None where there is none."""
    by_slug = gatherings.c.facts["slug"].as_string() == reference
    chosen = sa.select(gatherings.c.gathering_id).where(sa.or_(gatherings.c.gathering_id == reference, by_slug))
    found: str | None = store.sql.execute(chosen).scalar()
    return found


def delivery_log(
    store: Any, gathering_id: str, *, after: int, limit: int, state: str | None = None, kind: str | None = None
) -> Sequence[dict[str, Any]]:
    """Mails about one gathering in the order in which they were written, up to `limit + 1` beyond a number."""
    narrowed = [mails.c.state == state] if state else []
    narrowed += [mails.c.kind == kind] if kind else []
    rows = store.sql.execute(
        sa.select(*_LOGGED)
        .where(mails.c.gathering_id == gathering_id, mails.c.number > after, *narrowed)
        .order_by(mails.c.number)
        .limit(limit + 1)
    )
    return [row._asdict() for row in rows]


def unknown_mails(store: Any) -> Sequence[dict[str, Any]]:
    """Mails of which nobody knows whether they arrived, oldest first, with what is known."""
    rows = store.sql.execute(sa.select(*_LOGGED).where(mails.c.state == "unknown").order_by(mails.c.number))
    return [row._asdict() for row in rows]


def mail_numbers(store: Any, now: datetime) -> Numbers:
    """Mails by state, and how long the oldest has waited."""
    counted = store.sql.execute(sa.select(mails.c.state, sa.func.count()).group_by(mails.c.state)).all()
    by_state = dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in counted}
    open_ = sa.text("mails.state IN ('pending', 'sending', 'retry')")
    oldest = store.sql.execute(sa.select(sa.func.min(mails.c.created_at)).where(open_)).scalar()
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    return {
        "tablemates_mails": [({"state": state}, count) for state, count in by_state.items()],
        "tablemates_mail_oldest_waiting_seconds": [({}, age)],
    }


def pending(store: Any) -> dict[str, int]:
    """What the service is about to do of itself."""
    open_ = sa.text("mails.state IN ('pending', 'sending', 'retry')")
    return {"mails to send": store.sql.execute(sa.select(sa.func.count()).select_from(mails).where(open_)).scalar_one()}


def knows_key(store: Any, fingerprint: str) -> bool:
    return bool(store.picture.knows_key(fingerprint))


def wishes_of(store: Any, attendee_id: str) -> Person | None:
    """What a person wants to hear; None for somebody who is not known, or not any more."""
    person: Person | None = store.picture.person(attendee_id)
    return person
