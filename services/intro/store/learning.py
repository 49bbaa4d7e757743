"""The place for the SQL about what feedback has taught."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.intro.domain.feedback import Answer, Belief, Rated
from services.intro.domain.learning import answer
from services.intro.domain.meetings import Said
from services.intro.store.coming import belief
from services.intro.store.tables import attendees, community, introductions, seats
from shared.db import replace_row, upsert

ONLY = 1
"""The community's one row."""
_EVERYBODYS = sa.select(community.c.learnt).where(community.c.id == ONLY)


class SqlLearning:
    def __init__(self, sql: sa.Connection) -> None:
        self.sql = sql

    def answers_of(self, attendee_id: str) -> list[Answer]:
        """Everything somebody told us since they last had us forget it, of pairs whose components are known."""
        forgotten = sa.select(attendees.c.forgotten_at).where(attendees.c.id == attendee_id).scalar_subquery()
        rows = self.sql.execute(
            sa.select(seats.c.met, seats.c.again, seats.c.good_for, seats.c.number, introductions.c.components)
            .join(introductions, introductions.c.id == seats.c.introduction_id)
            .where(
                seats.c.attendee_id == attendee_id,
                seats.c.met.is_not(None),
                sa.or_(forgotten.is_(None), seats.c.told_at > forgotten),
            )
            .order_by(introductions.c.id)
        )
        return [
            answer(Said(row.met, row.again, tuple(row.good_for or ())), _of_seat(row.components, row.number))
            for row in rows
        ]

    def learnt_of(self, attendee_id: str) -> Belief:
        found = self.sql.execute(sa.select(attendees.c.learnt).where(attendees.c.id == attendee_id)).scalar()
        return belief(found or {})

    def keep_learnt(self, attendee_id: str, learnt: Belief) -> None:
        fresh = {"learnt": _json(learnt)}
        statement = upsert(self.sql, attendees).values(
            id=attendee_id, version=0, suppressed=False, erased=False, **fresh
        )
        self.sql.execute(statement.on_conflict_do_update(index_elements=["id"], set_=fresh))

    def forget(self, attendee_id: str, *, now: datetime) -> None:
        self.sql.execute(sa.update(attendees).where(attendees.c.id == attendee_id).values(forgotten_at=now))

    def everybodys(self) -> Belief:
        """What everybody's feedback together has taught."""
        return belief(self.sql.execute(_EVERYBODYS).scalar() or {})

    def hold_everybodys(self) -> Belief:
        """The same, held until the commit, from the first on."""
        self.sql.execute(upsert(self.sql, community).values(id=ONLY, learnt={}).on_conflict_do_nothing())
        return belief(self.sql.execute(_EVERYBODYS.with_for_update()).scalar_one())

    def keep_everybodys(self, learnt: Belief) -> None:
        replace_row(self.sql, community, id=ONLY, learnt=_json(learnt))

    def ratings_at(self, gathering_id: str) -> list[Rated]:
        """What was told of the introductions of a gathering by those who met."""
        rows = self.sql.execute(
            sa.select(seats.c.attendee_id, seats.c.again, introductions.c.score)
            .join(introductions, introductions.c.id == seats.c.introduction_id)
            .where(seats.c.gathering_id == gathering_id, seats.c.met, seats.c.again.is_not(None))
            .order_by(introductions.c.id, seats.c.attendee_id)
        )
        return [Rated(row.attendee_id, row.score, row.again) for row in rows]

    def answers_at(self, gathering_id: str) -> dict[str, int]:
        """How many told us of an introduction here, met, and would meet again."""
        counted = sa.func.count
        row = self.sql.execute(
            sa.select(
                counted(seats.c.met).label("told"),
                counted(sa.case((seats.c.met, 1))).label("met"),
                counted(sa.case((seats.c.again, 1))).label("again"),
            ).where(seats.c.gathering_id == gathering_id)
        ).one()
        return row._asdict()


def _of_seat(components: Mapping[str, Any], number: int) -> dict[str, int | None]:
    """How far each component was met for the person in a seat; nothing is known of tables."""
    return {name: met[number] for name, met in components.items() if number < len(met)}


def _json(learnt: Belief) -> dict[str, dict[str, float]]:
    return {"trials": dict(learnt.trials), "good": dict(learnt.good)}
