"""The place for the SQL of what this service knows of introductions: who is in them, and what each is told."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from services.notify.domain.facts import Introduction, Side
from services.notify.store.tables import introduced, introductions
from shared.db import in_json, replace_row, upsert


class SqlIntroductions:
    """The introductions of the projection; rows are replaced whole."""

    def __init__(self, sql: sa.Connection) -> None:
        self._sql = sql

    def find(self, introduction_id: str) -> Introduction | None:
        found = sa.select(introductions).where(introductions.c.introduction_id == introduction_id)
        row = self._sql.execute(found.with_for_update()).first()
        return _introduction(row) if row else None

    def keep(self, introduction: Introduction) -> None:
        replace_row(
            self._sql,
            introductions,
            introduction_id=introduction.introduction_id,
            gathering_id=introduction.gathering_id,
            version=introduction.version,
            state=introduction.state,
            is_table=introduction.table,
            people=list(introduction.people),
            sides=[asdict(side) for side in introduction.sides],
            expires_at=introduction.expires_at,
        )
        self._sql.execute(
            sa.delete(introduced).where(
                introduced.c.introduction_id == introduction.introduction_id,
                introduced.c.attendee_id.not_in(introduction.people),
            )
        )
        pairs = [
            {
                "introduction_id": introduction.introduction_id,
                "attendee_id": who,
                "gathering_id": introduction.gathering_id,
            }
            for who in introduction.people
        ]
        if pairs:
            self._sql.execute(upsert(self._sql, introduced).on_conflict_do_nothing(), pairs)

    def quoting(self, gathering_id: str, spellings: Collection[str]) -> list[Introduction]:
        """Introductions at a gathering in which words stand, in one of their spellings."""
        rows = self._sql.execute(
            sa.select(introductions)
            .where(introductions.c.gathering_id == gathering_id, in_json(introductions.c.sides, spellings))
            .order_by(introductions.c.introduction_id)
            .with_for_update()
        )
        return [_introduction(row) for row in rows]

    def made_at(self, gathering_id: str, attendee_ids: Collection[str]) -> dict[str, list[Introduction]]:
        """The introductions and tables that were made, by attendee."""
        rows = self._sql.execute(
            sa.select(introductions, introduced.c.attendee_id)
            .join(introduced, introduced.c.introduction_id == introductions.c.introduction_id)
            .where(
                introduced.c.gathering_id == gathering_id,
                introduced.c.attendee_id.in_(attendee_ids),
                introductions.c.state == "made",
            )
            .order_by(introductions.c.introduction_id)
        )
        found: dict[str, list[Introduction]] = {}
        for row in rows:
            found.setdefault(row.attendee_id, []).append(_introduction(row))
        return found


def _introduction(row: Any) -> Introduction:
    return Introduction(
        introduction_id=row.introduction_id,
        gathering_id=row.gathering_id,
        version=row.version,
        state=row.state,
        people=tuple(row.people),
        sides=tuple(Side.from_json(side) for side in row.sides),
        expires_at=row.expires_at,
        table=row.is_table,
    )
