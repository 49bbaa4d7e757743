"""The place for the SQL about who is coming: gatherings, RSVPs, attendees, tips, organisers' keys."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from services.intro.domain.coming import Rsvp
from services.intro.domain.feedback import Belief
from services.intro.domain.gatherings import Gathering
from services.intro.store.tables import attendees, gatherings, organiser_keys, rsvps, tips
from shared.db import replace_row, upsert
from shared.ids import AttendeeId, GatheringId
from shared.outbox import KEPT_AFTER_ERASURE
from shared.prepared import Prepared
from shared.tables import parked

AT_ONCE = 500
"""Ids in one IN list."""

GATHERING = list(gatherings.c)
RSVP = [c for c in rsvps.c if c.name not in ("checked_in", "stamp")]


class SqlComing:
    def __init__(self, sql: sa.Connection) -> None:
        self.sql = sql

    def gathering(self, gathering_id: str) -> Gathering | None:
        row = self.sql.execute(sa.select(*GATHERING).where(gatherings.c.id == gathering_id)).first()
        return _gathering(row) if row else None

    def lock(self, gathering_id: str) -> Gathering | None:
        """The gathering, held until the commit; its stamp has grown by one."""
        row = self.sql.execute(_LOCK, {"gathering_id": gathering_id}).first()
        return _gathering(row) if row else None

    def keep_gathering(self, gathering: Gathering) -> None:
        row = {field: getattr(gathering, field) for field in _GATHERING_FIELDS}
        row["rounds_before"] = list(gathering.rounds_before)
        row["vocabulary"] = {word: list(same) for word, same in gathering.vocabulary.items()}
        replace_row(self.sql, gatherings, **row)

    def rsvp(self, gathering_id: str, attendee_id: str) -> Rsvp | None:
        row = self.sql.execute(_RSVP_OF, {"gathering_id": gathering_id, "attendee_id": attendee_id}).first()
        return read_rsvp(row) if row else None

    def rsvps(self, gathering_id: str, attendee_ids: Iterable[str]) -> dict[AttendeeId, Rsvp]:
        """The RSVPs of these people to a gathering; whoever has none is not in the answer."""
        found: dict[AttendeeId, Rsvp] = {}
        for ids in in_parts(attendee_ids):
            rows = self.sql.execute(
                with_attendee().where(rsvps.c.gathering_id == gathering_id, rsvps.c.attendee_id.in_(ids))
            )
            found.update((rsvp.attendee_id, rsvp) for rsvp in map(read_rsvp, rows))
        return found

    def find(self, gathering_id: str, whom: str) -> Rsvp | None:
        """The one person at a gathering with this address or whole name; nobody where several have it."""
        lowered = whom.casefold()
        named = sa.or_(sa.func.lower(rsvps.c.email) == lowered, sa.func.lower(rsvps.c.name) == lowered)
        rows = self.sql.execute(
            with_attendee().where(rsvps.c.gathering_id == gathering_id, rsvps.c.status != "erased", named).limit(2)
        ).all()
        return read_rsvp(rows[0]) if len(rows) == 1 else None

    def is_erased(self, attendee_id: str) -> bool:
        return bool(self.sql.execute(_ERASED, {"attendee_id": attendee_id}).scalar())

    def keep_rsvp(self, rsvp: Rsvp, *, stamp: int) -> None:
        row = {field: getattr(rsvp, field) for field in _RSVP_FIELDS}
        row |= {"share": list(rsvp.share), "profile": dict(rsvp.profile), "stamp": stamp}
        self.sql.execute(_KEEP_RSVP, row | {"checked_in": False})

    def check_in(self, gathering_id: str, attendee_id: str, here: bool) -> None:
        self.sql.execute(
            sa.update(rsvps)
            .where(rsvps.c.gathering_id == gathering_id, rsvps.c.attendee_id == attendee_id)
            .values(checked_in=here)
        )

    def suppress(self, attendee_id: str, *, suppressed: bool, version: int) -> bool:
        """Notes whether somebody may be written to; False when something newer is known already."""
        fresh = {"version": version, "suppressed": suppressed}
        statement = upsert(self.sql, attendees).values(id=attendee_id, erased=False, learnt={}, **fresh)
        done = self.sql.execute(
            statement.on_conflict_do_update(
                index_elements=["id"],
                set_=fresh,
                where=sa.and_(attendees.c.version < version, sa.not_(attendees.c.erased)),
            )
        )
        return bool(done.rowcount)

    def gatherings_of(self, attendee_id: str) -> list[GatheringId]:
        """Every gathering that somebody ever answered, in the order in which they are locked."""
        rows = self.sql.execute(
            sa.select(rsvps.c.gathering_id).where(rsvps.c.attendee_id == attendee_id).order_by(rsvps.c.gathering_id)
        )
        return [GatheringId(row.gathering_id) for row in rows]

    def who_is_going(self, gathering_id: str) -> list[AttendeeId]:
        rows = self.sql.execute(
            sa.select(rsvps.c.attendee_id).where(rsvps.c.gathering_id == gathering_id, rsvps.c.status == "going")
        )
        return [AttendeeId(row.attendee_id) for row in rows]

    def restamp(self, gathering_id: str, attendee_id: str, stamp: int) -> None:
        """Says that a person has to be read anew by whoever keeps an index of the gathering."""
        self.sql.execute(
            sa.update(rsvps)
            .where(rsvps.c.gathering_id == gathering_id, rsvps.c.attendee_id == attendee_id)
            .values(stamp=stamp)
        )

    def approve_tip(self, gathering_id: str, attendee_id: str, tip: str | None) -> None:
        """Keeps an approved tip; None takes the approval back."""
        here = (tips.c.gathering_id == gathering_id, tips.c.attendee_id == attendee_id)
        self.sql.execute(sa.delete(tips).where(*here))
        if tip:
            self.sql.execute(tips.insert().values(gathering_id=gathering_id, attendee_id=attendee_id, tip=tip))

    def tips(self, gathering_id: str) -> dict[AttendeeId, str]:
        rows = self.sql.execute(
            sa.select(tips.c.attendee_id, tips.c.tip)
            .where(tips.c.gathering_id == gathering_id)
            .order_by(tips.c.attendee_id)
        )
        return {row.attendee_id: row.tip for row in rows}

    def keep_key(self, key_id: str, sha256: str) -> None:
        statement = upsert(self.sql, organiser_keys).values(id=key_id, sha256=sha256, revoked=False)
        self.sql.execute(statement.on_conflict_do_nothing())

    def revoke_key(self, key_id: str) -> None:
        self.sql.execute(sa.update(organiser_keys).where(organiser_keys.c.id == key_id).values(revoked=True))

    def knows_key(self, sha256: str) -> bool:
        usable = sa.select(organiser_keys.c.id).where(
            organiser_keys.c.sha256 == sha256, sa.not_(organiser_keys.c.revoked)
        )
        return self.sql.execute(usable).first() is not None

    def erase_from(self, gathering_id: str, attendee_id: str, *, stamp: int) -> None:
        """Forgets what somebody told us for one gathering; an empty row tells every index to forget them too."""
        here = (rsvps.c.gathering_id == gathering_id, rsvps.c.attendee_id == attendee_id)
        nothing = {"name": "", "email": "", "introductions": False, "share": [], "profile": {}, "checked_in": False}
        self.sql.execute(sa.update(rsvps).where(*here).values(**nothing, status="erased", stamp=stamp))
        self.sql.execute(sa.delete(tips).where(tips.c.gathering_id == gathering_id, tips.c.attendee_id == attendee_id))

    def erase_parked(self, attendee_id: str) -> None:
        """Deletes entries that wait to be tried again and speak of an erased person, but not the erasures."""
        speaks = parked.c.body.contains(attendee_id, autoescape=True)
        self.sql.execute(sa.delete(parked).where(speaks, parked.c.type.not_in(KEPT_AFTER_ERASURE)))

    def erase_attendee(self, attendee_id: str, *, version: int) -> None:
        """Keeps nothing of somebody but that they are gone."""
        gone = {"version": version, "suppressed": True, "erased": True, "learnt": {}, "forgotten_at": None}
        replace_row(self.sql, attendees, id=attendee_id, **gone)


_GATHERING_FIELDS = [c.name for c in GATHERING]
_RSVP_FIELDS = [c.name for c in RSVP]


def with_attendee() -> sa.Select[Any]:
    """RSVPs, each with what holds for its holder everywhere: suppressed, and what feedback has taught."""
    suppressed = sa.func.coalesce(attendees.c.suppressed, sa.false()).label("suppressed")
    return sa.select(*RSVP, suppressed, attendees.c.learnt).select_from(
        rsvps.outerjoin(attendees, attendees.c.id == rsvps.c.attendee_id)
    )


_LOCK = Prepared(
    sa.update(gatherings)
    .where(gatherings.c.id == sa.bindparam("gathering_id"))
    .values(stamp=gatherings.c.stamp + 1)
    .returning(*GATHERING)
)
_RSVP_OF = Prepared(
    with_attendee().where(
        rsvps.c.gathering_id == sa.bindparam("gathering_id"), rsvps.c.attendee_id == sa.bindparam("attendee_id")
    )
)
_ERASED = Prepared(sa.select(attendees.c.erased).where(attendees.c.id == sa.bindparam("attendee_id")))
_KEEP_RSVP = Prepared.upsert(
    rsvps,
    lambda new: new.on_conflict_do_update(
        index_elements=["gathering_id", "attendee_id"],
        set_={name: new.excluded[name] for name in (*_RSVP_FIELDS, "stamp")},
    ),
)


def read_rsvp(row: Any) -> Rsvp:
    fields = {name: getattr(row, name) for name in _RSVP_FIELDS}
    fields["share"] = tuple(row.share)
    return Rsvp(**fields, suppressed=bool(row.suppressed), learnt=belief(row.learnt or {}))


def belief(stored: Mapping[str, Any]) -> Belief:
    """What feedback has taught, as it is kept."""
    return Belief(stored.get("trials", {}), stored.get("good", {}))


def in_parts(ids: Iterable[str]) -> Iterable[Collection[str]]:
    """Distinct ids, sorted, a few hundred at a time."""
    listed = sorted(set(ids))
    return [listed[i : i + AT_ONCE] for i in range(0, len(listed), AT_ONCE)]


def _gathering(row: Any) -> Gathering:
    fields = {name: getattr(row, name) for name in _GATHERING_FIELDS}
    fields["rounds_before"] = tuple(row.rounds_before)
    fields["vocabulary"] = {word: tuple(same) for word, same in (row.vocabulary or {}).items()}
    return Gathering(**fields)
