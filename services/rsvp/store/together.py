"""The place for what RSVPs of one commit share: looked up together before the first, written after the last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from services.rsvp.domain.gatherings import Gathering
from services.rsvp.domain.rsvps import Attendee, Rsvp
from services.rsvp.domain.slugs import is_an_id
from services.rsvp.ports import Answered, Expected
from services.rsvp.store import rows
from services.rsvp.store.tables import answers, attendees, gatherings, rsvps
from shared.prepared import Prepared


def _among(statement: Any, **columns: sa.Column[Any]) -> Prepared:
    chosen = [column.in_(given(name, expanding=True)) for name, column in columns.items()]
    return Prepared(statement.where(*chosen), lists=list(columns))


# Locked in the order of their ids, so that two transactions do not wait for each other.
_LOCKED = sa.select(gatherings).order_by(gatherings.c.id).with_for_update()
_BY_ID, _BY_SLUG = _among(_LOCKED, ids=gatherings.c.id), _among(_LOCKED, slugs=gatherings.c.slug)
_ATTENDEES = _among(sa.select(attendees), keys=attendees.c.key)
_RSVPS = _among(sa.select(rsvps), attendees=rsvps.c.attendee_id, gatherings=rsvps.c.gathering_id)
_ANSWERS = _among(sa.select(answers), digests=answers.c.key)
_ADD = {table: Prepared.rows(table) for table in (attendees, rsvps, answers)}
"""In the order in which they refer to each other."""
_SAVE_ROOM = Prepared(sa.update(gatherings).where(gatherings.c.id == given("_id")))


@dataclass(slots=True)
class Together:
    """What several RSVPs need to know, and what they leave to be written. None is of what was not there."""

    gatherings: dict[str, Gathering | None]
    """By the references that were expected."""
    attendees: dict[str, Attendee | None]
    """By the keys of the addresses that were expected."""
    rsvps: dict[tuple[str, str], Rsvp]
    """Of these attendees to these gatherings, by the ids of both."""
    answers: dict[str, Answered | None]
    """By the digests that were expected."""
    added: dict[sa.Table, list[Mapping[str, Any]]] = field(default_factory=lambda: {table: [] for table in _ADD})
    rooms: dict[str, Gathering] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How much was left to be written so far."""
        return sum(map(len, self.added.values())) + len(self.rooms)

    def person_at(self, gathering_id: str, key: str) -> tuple[Attendee | None, Rsvp | None]:
        attendee = self.attendees[key]
        return attendee, self.rsvps.get((gathering_id, attendee.id)) if attendee else None

    def add_attendee(self, attendee: Attendee, *, now: datetime) -> None:
        self.attendees[attendee.key] = attendee
        self.added[attendees].append(rows.attendee_to_row(attendee) | {"created_at": now})

    def add_rsvp(self, rsvp: Rsvp) -> None:
        self.rsvps[rsvp.gathering_id, rsvp.attendee_id] = rsvp
        self.added[rsvps].append(rows.rsvp_to_row(rsvp))

    def remember_answer(self, key: str, answered: Answered, *, now: datetime) -> None:
        self.answers[key] = answered
        self.added[answers].append(rows.answer_to_row(key, answered) | {"created_at": now})

    def save_room(self, gathering: Gathering) -> None:
        self.rooms[gathering.id] = gathering
        for reference in {gathering.id, gathering.slug} & self.gatherings.keys():
            self.gatherings[reference] = gathering

    def write(self, sql: sa.Connection) -> None:
        for table, waiting in self.added.items():
            if waiting:
                sql.execute(_ADD[table], waiting)
        for room in self.rooms.values():
            sql.execute(_SAVE_ROOM, {"_id": room.id, "taken": room.taken, "line": room.line})


def look_ahead(sql: sa.Connection, expected: Sequence[Expected]) -> Together:
    """Locks the gatherings, and then looks up who and what is expected there."""
    found = _gatherings(sql, {one.reference for one in expected})
    people = _attendees(sql, {one.key for one in expected})
    digests = {
        one.answered_at(gathering.id) for one in expected if one.answered_at and (gathering := found[one.reference])
    }
    return Together(found, people, _rsvps(sql, people.values(), found.values()), _answers(sql, digests))


def _gatherings(sql: sa.Connection, references: set[str]) -> dict[str, Gathering | None]:
    ids = {reference for reference in references if is_an_id(reference)}
    by_id = {row["id"]: rows.gathering_in(row) for row in _rows(sql, _BY_ID, ids=ids)}
    by_slug = {row["slug"]: rows.gathering_in(row) for row in _rows(sql, _BY_SLUG, slugs=references - ids)}
    return dict.fromkeys(references) | by_id | by_slug


def _attendees(sql: sa.Connection, keys: set[str]) -> dict[str, Attendee | None]:
    return dict.fromkeys(keys) | {row["key"]: rows.attendee_in(row) for row in _rows(sql, _ATTENDEES, keys=keys)}


def _rsvps(
    sql: sa.Connection, people: Iterable[Attendee | None], places: Iterable[Gathering | None]
) -> dict[tuple[str, str], Rsvp]:
    emails = {attendee.id: attendee.email for attendee in people if attendee}
    found = _rows(sql, _RSVPS, attendees=set(emails), gatherings={place.id for place in places if place})
    return {
        (row["gathering_id"], row["attendee_id"]): rows.rsvp_in(row, email=emails[row["attendee_id"]]) for row in found
    }


def _answers(sql: sa.Connection, digests: set[str]) -> dict[str, Answered | None]:
    return dict.fromkeys(digests) | {row["key"]: rows.answer_in(row) for row in _rows(sql, _ANSWERS, digests=digests)}


def _rows(sql: sa.Connection, statement: Prepared, **among: set[str]) -> Iterable[Mapping[Any, Any]]:
    if not all(among.values()):
        return []
    return sql.execute(statement, {name: _filled_up(sorted(values)) for name, values in among.items()}).mappings()


def _filled_up(values: list[str]) -> list[str]:
    """To a power of two, with the last one again: else a statement of each length would be compiled and kept."""
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values))
