"""The place for the rsvp service's store in SQL: every statement that the use cases run."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from services.rsvp.domain.acquainted import Couple
from services.rsvp.domain.capacity import Waiting
from services.rsvp.domain.gatherings import Gathering
from services.rsvp.domain.keys import OrganiserKey
from services.rsvp.domain.rsvps import Attendee, Rsvp
from services.rsvp.domain.slugs import is_an_id
from services.rsvp.ports import Answered, Expected
from services.rsvp.store import rows
from services.rsvp.store.tables import (
    acquainted,
    answers,
    attendees,
    forgotten,
    gatherings,
    organiser_keys,
    rsvps,
    uploads,
)
from services.rsvp.store.together import Together, look_ahead
from shared.db import upsert
from shared.prepared import Prepared
from shared.tables import parked

LINE_PAGE = 50
AT_ONCE = 300
"""Values in one IN list."""

_GATHERING_BY_ID = sa.select(gatherings).where(gatherings.c.id == given("reference"))
_GATHERING_BY_SLUG = sa.select(gatherings).where(gatherings.c.slug == given("reference"))
_GATHERING = {
    (True, False): Prepared(_GATHERING_BY_ID),
    (True, True): Prepared(_GATHERING_BY_ID.with_for_update()),
    (False, False): Prepared(_GATHERING_BY_SLUG),
    (False, True): Prepared(_GATHERING_BY_SLUG.with_for_update()),
}
"""By whether the reference is an id, and whether the row is locked."""

_SAVE_GATHERING = Prepared(sa.update(gatherings).where(gatherings.c.id == given("_id")))
_ATTENDEE_WITH_ID = sa.select(attendees).where(attendees.c.id == given("attendee_id"))
_ATTENDEE = {False: Prepared(_ATTENDEE_WITH_ID), True: Prepared(_ATTENDEE_WITH_ID.with_for_update())}
"""By whether the row is locked."""
_ATTENDEE_WITH_KEY = Prepared(sa.select(attendees).where(attendees.c.key == given("key")))
_ADD_ATTENDEE = Prepared.upsert(attendees, lambda new: new.on_conflict_do_nothing(index_elements=["key"]))
_SAVE_ATTENDEE = Prepared(sa.update(attendees).where(attendees.c.id == given("_id")))
_FORGOTTEN = Prepared(sa.select(forgotten.c.digest).where(forgotten.c.digest == given("digest")))
_PERSON_AT = Prepared(
    sa.select(attendees, rsvps)
    .set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)
    .select_from(
        attendees.outerjoin(
            rsvps, sa.and_(rsvps.c.attendee_id == attendees.c.id, rsvps.c.gathering_id == given("gathering_id"))
        )
    )
    .where(attendees.c.key == given("key"))
)
_RSVPS = sa.select(rsvps, attendees.c.email.label("email")).join(attendees, attendees.c.id == rsvps.c.attendee_id)
_RSVP = Prepared(_RSVPS.where(rsvps.c.id == given("rsvp_id")))
_RSVP_OF = Prepared(
    _RSVPS.where(rsvps.c.gathering_id == given("gathering_id"), rsvps.c.attendee_id == given("attendee_id"))
)
_RSVPS_OF = _RSVPS.where(rsvps.c.attendee_id == given("attendee_id")).order_by(rsvps.c.gathering_id)
_SAVE_RSVP = Prepared(sa.update(rsvps).where(rsvps.c.id == given("_id")))
_LINE = (
    sa.select(rsvps.c.id, rsvps.c.guests, rsvps.c.place_in_line)
    .where(
        rsvps.c.gathering_id == given("gathering_id"),
        rsvps.c.status == "waitlisted",
        rsvps.c.guests < given("most"),
        rsvps.c.place_in_line > given("after"),
    )
    .order_by(rsvps.c.place_in_line)
    .limit(LINE_PAGE)
)
_UNCONFIRMED = _RSVPS.where(rsvps.c.status == "pending", rsvps.c.created_at < given("before"))
_ANSWERED = Prepared(sa.select(answers.c.body, answers.c.answer).where(answers.c.key == given("key")))
_KEY = sa.select(organiser_keys).where(organiser_keys.c.id == given("key_id"))
_ADD_RSVP = Prepared(sa.insert(rsvps))
_ADD_ANSWER = Prepared(sa.insert(answers))
_EVERY_PARTY = 2**31 - 1
_COUPLE = (acquainted.c.a, acquainted.c.b)
_COUPLES = sa.select(*_COUPLE, acquainted.c.a_id, acquainted.c.b_id)
_SAVE_COUPLE = Prepared.upsert(
    acquainted,
    lambda new: new.on_conflict_do_update(
        index_elements=["a", "b"], set_={name: new.excluded[name] for name in ("a_id", "b_id", "gathering_id")}
    ),
)


class SqlStore:
    """The Store in ports.py, within one transaction."""

    def __init__(self, sql: sa.Connection) -> None:
        self._sql = sql
        self._together: Together | None = None

    @property
    def sql(self) -> sa.Connection:
        """For whatever was not looked up already; what waits is written first, and nothing waits any more."""
        if self._together is not None:
            self.flush()
        return self._sql

    @property
    def waiting(self) -> int:
        return self._together.waiting if self._together else 0

    def expect(self, expected: Sequence[Expected]) -> None:
        self._together = look_ahead(self.sql, expected)

    def flush(self) -> None:
        together, self._together = self._together, None
        if together:
            together.write(self._sql)

    def gathering(self, reference: str, *, locked: bool = False) -> Gathering | None:
        if self._together and reference in self._together.gatherings:
            return self._together.gatherings[reference]
        found = _GATHERING[is_an_id(reference), locked]
        return next(map(rows.gathering_in, self.sql.execute(found, {"reference": reference}).mappings()), None)

    def add_gathering(self, gathering: Gathering) -> bool:
        statement = upsert(self.sql, gatherings).values(rows.gathering_to_row(gathering))
        return bool(self.sql.execute(statement.on_conflict_do_nothing(index_elements=["slug"])).rowcount)

    def save_gathering(self, gathering: Gathering) -> None:
        self.sql.execute(_SAVE_GATHERING, rows.gathering_to_row(gathering) | {"_id": gathering.id})

    def save_room(self, gathering: Gathering) -> None:
        if self._together:
            self._together.save_room(gathering)
            return
        self.sql.execute(_SAVE_GATHERING, {"_id": gathering.id, "taken": gathering.taken, "line": gathering.line})

    def attendee(self, attendee_id: str, *, locked: bool = False) -> Attendee | None:
        found = self.sql.execute(_ATTENDEE[locked], {"attendee_id": attendee_id}).mappings()
        return next(map(rows.attendee_in, found), None)

    def attendee_with(self, key: str) -> Attendee | None:
        return next(map(rows.attendee_in, self.sql.execute(_ATTENDEE_WITH_KEY, {"key": key}).mappings()), None)

    def person_at(self, gathering_id: str, key: str) -> tuple[Attendee | None, Rsvp | None]:
        if self._together and key in self._together.attendees:
            return self._together.person_at(gathering_id, key)
        row = self.sql.execute(_PERSON_AT, {"gathering_id": gathering_id, "key": key}).mappings().first()
        if row is None:
            return None, None
        attendee = rows.attendee_in({name.removeprefix("attendees_"): row[name] for name in row})
        if row["rsvps_id"] is None:
            return attendee, None
        rsvp = {name.removeprefix("rsvps_"): row[name] for name in row if name.startswith("rsvps_")}
        return attendee, rows.rsvp_in(rsvp, email=attendee.email)

    def add_attendee(self, attendee: Attendee, *, now: datetime) -> Attendee:
        if self._together and attendee.key in self._together.attendees:
            self._together.add_attendee(attendee, now=now)
            return attendee
        added = self.sql.execute(_ADD_ATTENDEE, rows.attendee_to_row(attendee) | {"created_at": now}).rowcount
        return attendee if added else (self.attendee_with(attendee.key) or attendee)

    def save_links(self, attendee: Attendee) -> None:
        changed = {"links_since": attendee.links_since, "links": attendee.links}
        self.sql.execute(_SAVE_ATTENDEE, {"_id": attendee.id, **changed})

    def save_suppressed(self, attendee: Attendee) -> None:
        changed = {name: getattr(attendee, name) for name in ("version", "suppressed", "address_version")}
        self.sql.execute(_SAVE_ATTENDEE, {"_id": attendee.id, **changed})

    def delete_attendee(self, attendee_id: str) -> None:
        self.sql.execute(sa.delete(attendees).where(attendees.c.id == attendee_id))

    def drop_parked(self, attendee_id: str) -> None:
        self.sql.execute(sa.delete(parked).where(parked.c.body.contains(attendee_id, autoescape=True)))

    def rsvp(self, rsvp_id: str) -> Rsvp | None:
        return next(self._rsvps(_RSVP, rsvp_id=rsvp_id), None)

    def rsvp_of(self, gathering_id: str, attendee_id: str) -> Rsvp | None:
        return next(self._rsvps(_RSVP_OF, gathering_id=gathering_id, attendee_id=attendee_id), None)

    def rsvps_of(self, attendee_id: str) -> Sequence[Rsvp]:
        return list(self._rsvps(_RSVPS_OF, attendee_id=attendee_id))

    def _rsvps(self, statement: sa.Executable, **values: object) -> Iterator[Rsvp]:
        for row in self.sql.execute(statement, values).mappings():
            yield rows.rsvp_in(row, email=row["email"])

    def add_rsvp(self, rsvp: Rsvp) -> None:
        if self._together:
            self._together.add_rsvp(rsvp)
            return
        self.sql.execute(_ADD_RSVP, rows.rsvp_to_row(rsvp))

    def save_rsvp(self, rsvp: Rsvp) -> None:
        self.sql.execute(_SAVE_RSVP, rows.rsvp_to_row(rsvp) | {"_id": rsvp.id})

    def delete_rsvp(self, rsvp_id: str) -> None:
        self.sql.execute(sa.delete(rsvps).where(rsvps.c.id == rsvp_id))

    def line(self, gathering_id: str, *, most: int | None) -> Iterator[Waiting]:
        values = {"gathering_id": gathering_id, "most": _EVERY_PARTY if most is None else most, "after": 0}
        while page := self.sql.execute(_LINE, values).all():
            for row in page:
                yield Waiting(row.id, row.guests + 1)
            values["after"] = page[-1].place_in_line

    def somebody_waits(self, gathering_id: str, *, most: int) -> bool:
        values = {"gathering_id": gathering_id, "most": most, "after": 0}
        return self.sql.execute(_LINE.limit(1), values).first() is not None

    def unconfirmed(self, before: datetime, *, most: int) -> Sequence[Rsvp]:
        return list(self._rsvps(_UNCONFIRMED.order_by(rsvps.c.created_at).limit(most), before=before))

    def answered(self, key: str) -> Answered | None:
        if self._together and key in self._together.answers:
            return self._together.answers[key]
        return next(map(rows.answer_in, self.sql.execute(_ANSWERED, {"key": key}).mappings()), None)

    def remember_answer(self, key: str, answered: Answered, *, now: datetime) -> None:
        if self._together:
            self._together.remember_answer(key, answered, now=now)
            return
        self.sql.execute(_ADD_ANSWER, rows.answer_to_row(key, answered) | {"created_at": now})

    def forget_answers(self, before: datetime) -> int:
        return int(self.sql.execute(sa.delete(answers).where(answers.c.created_at < before)).rowcount)

    def forgotten(self, digests: Sequence[str]) -> frozenset[str]:
        statement = sa.select(forgotten.c.digest).where(forgotten.c.digest.in_(digests))
        return frozenset(self.sql.execute(statement).scalars())

    def is_forgotten(self, digest: str) -> bool:
        return self.sql.execute(_FORGOTTEN, {"digest": digest}).first() is not None

    def remember_forgotten(self, digest: str, *, now: datetime) -> None:
        statement = upsert(self.sql, forgotten).values(digest=digest, at=now)
        self.sql.execute(statement.on_conflict_do_nothing(index_elements=["digest"]))

    def welcome_back(self, digest: str) -> None:
        self.sql.execute(sa.delete(forgotten).where(forgotten.c.digest == digest))

    def ids_of(self, keys: Sequence[str], *, locked: bool = False) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(keys), AT_ONCE):
            chosen = attendees.c.key.in_(keys[start : start + AT_ONCE])
            wanted = sa.select(attendees.c.key, attendees.c.id).where(chosen).order_by(attendees.c.id)
            rows = self.sql.execute(wanted.with_for_update(read=True, key_share=True) if locked else wanted)
            found.update({row.key: row.id for row in rows})
        return found

    def couples_of(self, digests: Sequence[str], *, locked: bool = False) -> list[Couple]:
        found: dict[tuple[str, str], Couple] = {}
        for start in range(0, len(digests), AT_ONCE):
            part = digests[start : start + AT_ONCE]
            chosen = _COUPLES.where(sa.or_(acquainted.c.a.in_(part), acquainted.c.b.in_(part)))
            wanted = chosen.order_by(*_COUPLE)
            rows = self.sql.execute(wanted.with_for_update() if locked else wanted)
            found.update({(row.a, row.b): Couple(*row) for row in rows})
        return list(found.values())

    def save_couple(self, couple: Couple, gathering_id: str) -> None:
        row = {"a": couple.a, "b": couple.b, "a_id": couple.a_id, "b_id": couple.b_id, "gathering_id": gathering_id}
        self.sql.execute(_SAVE_COUPLE, row)

    def lose_sight_of(self, digest: str) -> None:
        for side, seen in ((acquainted.c.a, acquainted.c.a_id), (acquainted.c.b, acquainted.c.b_id)):
            self.sql.execute(sa.update(acquainted).where(side == digest).values({seen: None}))

    def forget_couples(self, digest: str) -> None:
        self.sql.execute(sa.delete(acquainted).where(sa.or_(acquainted.c.a == digest, acquainted.c.b == digest)))

    def drop_unseen_couples(self, before: datetime) -> None:
        over = sa.select(gatherings.c.id).where(gatherings.c.ends_at < before)
        unseen = sa.or_(acquainted.c.a_id.is_(None), acquainted.c.b_id.is_(None))
        self.sql.execute(sa.delete(acquainted).where(unseen, acquainted.c.gathering_id.in_(over)))

    def add_upload(self, upload_id: str, gathering_id: str, raw: bytes, *, now: datetime) -> None:
        row = {"id": upload_id, "gathering_id": gathering_id, "raw": raw, "created_at": now}
        self.sql.execute(uploads.insert(), row)

    def take_upload(self, upload_id: str, gathering_id: str) -> bytes | None:
        which = sa.and_(uploads.c.id == upload_id, uploads.c.gathering_id == gathering_id)
        found = self.sql.execute(sa.select(uploads.c.raw).where(which)).scalar()
        self.sql.execute(sa.delete(uploads).where(which))
        return found

    def drop_uploads(self, before: datetime) -> None:
        self.sql.execute(sa.delete(uploads).where(uploads.c.created_at <= before))

    def add_key(self, key: OrganiserKey) -> None:
        self.sql.execute(organiser_keys.insert(), rows.key_to_row(key))

    def key(self, key_id: str) -> OrganiserKey | None:
        return next(map(rows.key_in, self.sql.execute(_KEY, {"key_id": key_id}).mappings()), None)

    def save_key(self, key: OrganiserKey) -> None:
        self.sql.execute(sa.update(organiser_keys).where(organiser_keys.c.id == key.id).values(rows.key_to_row(key)))
