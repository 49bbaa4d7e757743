"""The place for the SQL about rounds: asked for, run, kept with their proof."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.intro.domain.rounds import Round
from services.intro.store.tables import rounds

LIGHT = [c for c in rounds.c if c.name not in ("edges", "certificate", "people")]


class SqlRounds:
    def __init__(self, sql: sa.Connection) -> None:
        self.sql = sql

    def ask(self, wanted: Round) -> None:
        row = {c.name: getattr(wanted, c.name) for c in rounds.c}
        row |= {"people": list(wanted.people), "report": dict(wanted.report), "certificate": dict(wanted.certificate)}
        self.sql.execute(rounds.insert().values(row))

    def get(self, round_id: str) -> Round | None:
        row = self.sql.execute(sa.select(rounds).where(rounds.c.id == round_id)).first()
        return Round(**{**row._asdict(), "people": tuple(row.people)}) if row else None

    def asked(self, gathering_id: str | None = None) -> list[Round]:
        """Rounds that wait to be run, oldest first."""
        where = [rounds.c.state == "asked"]
        if gathering_id:
            where.append(rounds.c.gathering_id == gathering_id)
        rows = self.sql.execute(sa.select(*LIGHT).where(*where).order_by(rounds.c.id))
        return [Round(**row._asdict()) for row in rows]

    def of(self, gathering_id: str, *, before: str = "", limit: int = 50) -> list[Round]:
        """A gathering's rounds, newest first, without their proof."""
        where = [rounds.c.gathering_id == gathering_id]
        if before:
            where.append(rounds.c.id < before)
        rows = self.sql.execute(sa.select(*LIGHT).where(*where).order_by(rounds.c.id.desc()).limit(limit))
        return [Round(**row._asdict()) for row in rows]

    def keep(self, done: Round) -> None:
        """What came of a round that was asked for."""
        changed: dict[str, Any] = {
            "state": done.state,
            "ran_at": done.ran_at,
            "seed": done.seed,
            "digest": done.digest,
            "people": list(done.people),
            "report": dict(done.report),
            "certificate": dict(done.certificate),
            "edges": done.edges,
        }
        self.sql.execute(sa.update(rounds).where(rounds.c.id == done.id).values(changed))

    def skip(self, round_id: str, *, now: datetime) -> None:
        self.sql.execute(sa.update(rounds).where(rounds.c.id == round_id).values(state="skipped", ran_at=now))

    def erase(self, gathering_ids: Sequence[str], attendee_id: str) -> None:
        """Puts nobody in the place of an erased person; the numbers stay, so the proof still holds."""
        for gathering_id in gathering_ids:
            rows = self.sql.execute(
                sa.select(rounds.c.id, rounds.c.people).where(rounds.c.gathering_id == gathering_id)
            )
            for row in rows.all():
                if attendee_id in row.people:
                    people = [f"erased-{n}" if person == attendee_id else person for n, person in enumerate(row.people)]
                    self.sql.execute(sa.update(rounds).where(rounds.c.id == row.id).values(people=people))
