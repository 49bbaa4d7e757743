"""The place for the SQL of what this service knows of gatherings, people and RSVPs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.notify.domain.facts import Gathering, Person, Place, Rsvp
from services.notify.store.tables import (
    erased,
    gatherings,
    introduced,
    introductions,
    organiser_keys,
    people,
    rsvps,
    tips,
)
from shared.db import replace_row, upsert
from shared.outbox import KEPT_AFTER_ERASURE
from shared.prepared import Prepared
from shared.tables import parked

_GATHERING = sa.select(gatherings.c.facts).where(gatherings.c.gathering_id == sa.bindparam("gathering_id"))
_FACTS = {False: Prepared(_GATHERING), True: Prepared(_GATHERING.with_for_update())}
"""By whether the row is locked."""

_RSVP = sa.select(rsvps, people.c.email, people.c.name, people.c.place).join(
    people, people.c.attendee_id == rsvps.c.attendee_id
)

_asked = sa.select(sa.bindparam("attendee_id", type_=people.c.attendee_id.type).label("attendee_id")).subquery("asked")
_KNOWN_OF = Prepared(
    sa.select(rsvps, people.c.email, people.c.name, people.c.place, erased.c.attendee_id.is_not(None).label("erased"))
    .select_from(_asked)
    .outerjoin(erased, erased.c.attendee_id == _asked.c.attendee_id)
    .outerjoin(
        rsvps,
        sa.and_(rsvps.c.attendee_id == _asked.c.attendee_id, rsvps.c.gathering_id == sa.bindparam("gathering_id")),
    )
    .outerjoin(people, people.c.attendee_id == rsvps.c.attendee_id)
    .order_by(rsvps.c.rsvp_id.desc())
    .limit(1)
)
_TOLD = ("email", "name", "place", "heard_at")


def _person_kept(*anew: str) -> Prepared:
    """Adds a person, or gives who is known these values anew; answers the row as it is then."""
    return Prepared.upsert(
        people,
        lambda new: new.on_conflict_do_update(
            index_elements=["attendee_id"], set_={name: new.excluded[name] for name in anew}
        ).returning(people),
    )


_KEEP_PERSON, _MEET_PERSON = _person_kept(*_TOLD), _person_kept("attendee_id")
_KEEP_RSVP = Prepared.upsert(
    rsvps,
    lambda new: new.on_conflict_do_update(
        index_elements=["rsvp_id"], set_={"version": new.excluded.version, "status": new.excluded.status}
    ),
)
_TIPS = Prepared(sa.select(tips).where(tips.c.gathering_id == sa.bindparam("gathering_id")))
_ERASED = Prepared(
    sa.select(erased.c.attendee_id).where(erased.c.attendee_id.in_(sa.bindparam("ids", expanding=True))), lists=["ids"]
)


class SqlPicture:
    """The projection; rows are replaced whole."""

    def __init__(self, sql: sa.Connection) -> None:
        self._sql = sql
        self._seen: dict[str, Gathering] = {}  # a batch of events is mostly about one gathering

    def gathering(self, gathering_id: str, *, lock: bool = False) -> Gathering | None:
        if not lock and gathering_id in self._seen:
            return self._seen[gathering_id]
        facts = self._sql.execute(_FACTS[lock], {"gathering_id": gathering_id}).scalar()
        if facts is None:
            return None
        gathering = Gathering.from_context(facts)
        if not lock:
            self._seen[gathering_id] = gathering
        return gathering

    def keep_gathering(self, gathering: Gathering) -> None:
        self._seen.pop(gathering.gathering_id, None)
        replace_row(
            self._sql,
            gatherings,
            gathering_id=gathering.gathering_id,
            version=gathering.version,
            starts_at=gathering.starts_at,
            ends_at=gathering.ends_at,
            cancelled=gathering.cancelled,
            country=gathering.place.country,
            facts=gathering.as_context(),
        )

    def following(self, after: datetime, *, country: str | None, most: int) -> Sequence[Gathering]:
        """Gatherings to come in a country (or anywhere, for None), soonest first."""
        near = () if country is None else (gatherings.c.country == country,)
        rows = self._sql.execute(
            sa.select(gatherings.c.facts)
            .where(gatherings.c.starts_at > after, gatherings.c.cancelled.is_(False), *near)
            .order_by(gatherings.c.starts_at, gatherings.c.gathering_id)
            .limit(most)
        )
        return [Gathering.from_context(facts) for facts in rows.scalars()]

    def person(self, attendee_id: str, *, lock: bool = False) -> Person | None:
        found = sa.select(people).where(people.c.attendee_id == attendee_id)
        row = self._sql.execute(found.with_for_update() if lock else found).first()
        return _person(row) if row else None

    def hold_person(self, attendee_id: str, *, now: datetime) -> Person | None:
        nobody = {"email": "", "name": "", "place": {}, "heard_at": now, "muted": [], "address_version": 0}
        new = upsert(self._sql, people).values(attendee_id=attendee_id, **nobody)
        self._sql.execute(new.on_conflict_do_nothing(index_elements=["attendee_id"]))
        person = self.person(attendee_id, lock=True)
        return person if person and person.email else None

    def people(self, attendee_ids: Collection[str]) -> dict[str, Person]:
        found = sa.select(people).where(people.c.attendee_id.in_(attendee_ids)).order_by(people.c.attendee_id)
        rows = self._sql.execute(found.with_for_update(read=True, key_share=True))
        return {row.attendee_id: _person(row) for row in rows}

    def people_at(self, email: str) -> Sequence[Person]:
        rows = self._sql.execute(sa.select(people).where(sa.func.lower(people.c.email) == email.lower()))
        return [_person(row) for row in rows]

    def keep_person(self, rsvp: Rsvp, *, now: datetime) -> Person:
        """Name and address as last told; wishes stay as they are, and are answered with the rest.

        Who is known already stays as they are until the address is confirmed: anybody can write it into a form.
        """
        told = {"email": rsvp.email, "name": rsvp.name, "place": rsvp.place.as_json(), "heard_at": now}
        new = {"attendee_id": rsvp.attendee_id, "muted": [], "address_version": 0, **told}
        keep = _MEET_PERSON if rsvp.status == "pending" else _KEEP_PERSON
        return _person(self._sql.execute(keep, new).one())

    def keep_wishes(self, person: Person) -> None:
        self._sql.execute(
            sa.update(people)
            .where(people.c.attendee_id == person.attendee_id)
            .values(suppressed=person.suppressed, muted=sorted(person.muted), address_version=person.address_version)
        )

    def home_of(self, attendee_id: str) -> Place:
        place = self._sql.execute(sa.select(people.c.place).where(people.c.attendee_id == attendee_id)).scalar()
        return Place(**place) if place else Place()

    def known_of(self, gathering_id: str, attendee_id: str) -> tuple[Rsvp | None, bool]:
        """A person's RSVP to a gathering, and whether the person was erased.

        Ids are in the order of time, so the last of several is what counts. Without the person there is none.
        """
        row = self._sql.execute(_KNOWN_OF, {"gathering_id": gathering_id, "attendee_id": attendee_id}).one()
        return _rsvp(row) if row.rsvp_id and row.email else None, bool(row.erased)

    def rsvps_of(self, gathering_id: str, attendee_ids: Collection[str]) -> dict[str, Rsvp]:
        rows = self._sql.execute(
            _RSVP.where(rsvps.c.gathering_id == gathering_id, rsvps.c.attendee_id.in_(attendee_ids))
        )
        return {row.attendee_id: _rsvp(row) for row in rows}

    def gatherings_of(self, attendee_id: str) -> set[str]:
        """Gatherings that a person has answered in any way."""
        return set(
            self._sql.execute(sa.select(rsvps.c.gathering_id).where(rsvps.c.attendee_id == attendee_id)).scalars()
        )

    def coming(
        self, gathering_id: str, statuses: Collection[str], *, after: str = "", most: int | None = None
    ) -> Sequence[Rsvp]:
        """RSVPs with these statuses in the order of attendee ids, beyond one of them."""
        rows = self._sql.execute(
            _RSVP.where(rsvps.c.gathering_id == gathering_id, rsvps.c.status.in_(statuses), rsvps.c.attendee_id > after)
            .order_by(rsvps.c.attendee_id)
            .limit(most)
        )
        return [_rsvp(row) for row in rows]

    def absent(self, gathering_id: str) -> set[str]:
        """Where people were checked in at the door: those who were not. Elsewhere nobody."""
        rows = self._sql.execute(
            sa.select(rsvps.c.attendee_id, rsvps.c.checked_in).where(rsvps.c.gathering_id == gathering_id)
        ).all()
        if not any(row.checked_in for row in rows):
            return set()
        return {row.attendee_id for row in rows if not row.checked_in}

    def keep_rsvp(self, rsvp: Rsvp) -> None:
        names = ("rsvp_id", "gathering_id", "attendee_id", "version", "status")
        self._sql.execute(_KEEP_RSVP, {name: getattr(rsvp, name) for name in names})

    def check_in(self, rsvp_id: str, checked_in: bool) -> None:
        self._sql.execute(sa.update(rsvps).where(rsvps.c.rsvp_id == rsvp_id).values(checked_in=checked_in))

    def tips(self, gathering_id: str) -> Sequence[Mapping[str, str]]:
        rows = self._sql.execute(_TIPS, {"gathering_id": gathering_id})
        return [{"attendee_id": row.attendee_id, "text": row.tip} for row in rows]

    def tips_of(self, attendee_id: str) -> list[tuple[str, str]]:
        """Somebody's approved tips, each with its gathering."""
        rows = self._sql.execute(sa.select(tips).where(tips.c.attendee_id == attendee_id))
        return [(row.gathering_id, row.tip) for row in rows]

    def keep_tip(self, gathering_id: str, attendee_id: str, tip: str | None) -> None:
        """Keeps an approved tip; None takes it back."""
        if tip is not None:
            replace_row(self._sql, tips, gathering_id=gathering_id, attendee_id=attendee_id, tip=tip)
            return
        self._sql.execute(sa.delete(tips).where(tips.c.gathering_id == gathering_id, tips.c.attendee_id == attendee_id))

    def keep_key(self, key_id: str, sha256: str) -> None:
        new = upsert(self._sql, organiser_keys).values(key_id=key_id, sha256=sha256, revoked=False)
        self._sql.execute(new.on_conflict_do_nothing())

    def revoke_key(self, key_id: str) -> None:
        """Revoked for good, also where its creation is heard of later."""
        new = upsert(self._sql, organiser_keys).values(key_id=key_id, sha256="", revoked=True)
        self._sql.execute(new.on_conflict_do_update(index_elements=["key_id"], set_={"revoked": True}))

    def knows_key(self, sha256: str) -> bool:
        found = sa.select(organiser_keys.c.key_id).where(
            organiser_keys.c.sha256 == sha256, organiser_keys.c.revoked.is_(False)
        )
        return self._sql.execute(found).first() is not None

    def is_erased(self, attendee_id: str) -> bool:
        return bool(self.erased_of((attendee_id,)))

    def erased_of(self, attendee_ids: Collection[str]) -> set[str]:
        return set(self._sql.execute(_ERASED, {"ids": list(attendee_ids)}).scalars())

    def forget_rsvp(self, rsvp_id: str) -> None:
        self._sql.execute(sa.delete(rsvps).where(rsvps.c.rsvp_id == rsvp_id))

    def forget_person(self, attendee_id: str, *, now: datetime) -> None:
        """Deletes everything but the id, which keeps late events from bringing the person back."""
        theirs = sa.select(introduced.c.introduction_id).where(introduced.c.attendee_id == attendee_id)
        numbers = self._sql.execute(theirs).scalars().all()
        for table in (introductions, introduced):
            self._sql.execute(sa.delete(table).where(table.c.introduction_id.in_(numbers)))
        for table in (rsvps, tips, people):
            self._sql.execute(sa.delete(table).where(table.c.attendee_id == attendee_id))
        speaks = parked.c.body.contains(attendee_id, autoescape=True)
        self._sql.execute(sa.delete(parked).where(speaks, parked.c.type.not_in(KEPT_AFTER_ERASURE)))
        self._sql.execute(upsert(self._sql, erased).values(attendee_id=attendee_id, at=now).on_conflict_do_nothing())


def _person(row: Any) -> Person:
    return Person(
        attendee_id=row.attendee_id,
        email=row.email,
        name=row.name,
        suppressed=row.suppressed,
        muted=frozenset(row.muted),
        address_version=row.address_version,
        place=Place(**row.place),
    )


def _rsvp(row: Any) -> Rsvp:
    return Rsvp(
        rsvp_id=row.rsvp_id,
        gathering_id=row.gathering_id,
        attendee_id=row.attendee_id,
        version=row.version,
        status=row.status,
        email=row.email,
        name=row.name,
        place=Place(**row.place),
        checked_in=row.checked_in,
    )
