"""The place for the SQL about introductions, their seats, the pairs that may never be repeated, and who waits."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.intro.domain.introductions import OCCUPYING, Introduction, Seat
from services.intro.domain.meetings import Said
from services.intro.domain.words import said
from services.intro.store.coming import in_parts
from services.intro.store.tables import introductions, pairs, seats, waiting
from shared.db import upsert
from shared.ids import AttendeeId, IntroductionId
from shared.leaving_rows import LeavingRows
from shared.prepared import Prepared
from shared.tables import outbox

INTRODUCTION = [c for c in introductions.c if c.name not in ("created_at", "stamp")]
_FIELDS = [c.name for c in INTRODUCTION]

Couple = tuple[AttendeeId, AttendeeId]
ACQUAINTED = "acquainted"
"""What stands in `pairs` in place of an introduction, for two who know each other already."""

_WAIT = Prepared.rows(waiting, unless_there=True)


class SqlIntroductions:
    def __init__(self, store: LeavingRows) -> None:
        self._store = store

    @property
    def sql(self) -> sa.Connection:
        return self._store.sql

    def get(self, introduction_id: str) -> Introduction | None:
        return next(iter(self._read(introductions.c.id == introduction_id)), None)

    def gathering_of(self, introduction_id: str) -> str | None:
        """Where an introduction belongs, so that its gathering can be locked before it is read."""
        found = sa.select(introductions.c.gathering_id).where(introductions.c.id == introduction_id)
        return self.sql.execute(found).scalar()

    def open_of(self, gathering_id: str, attendee_id: str) -> list[Introduction]:
        """What somebody who leaves leaves behind: everything of theirs that is undecided or made."""
        mine = sa.select(seats.c.introduction_id).where(
            seats.c.attendee_id == attendee_id, seats.c.gathering_id == gathering_id, sa.not_(seats.c.left)
        )
        return self._read(introductions.c.id.in_(mine), introductions.c.status.in_((*OCCUPYING, "passed")))

    def open_in(self, gathering_id: str) -> list[Introduction]:
        return self._read(
            introductions.c.gathering_id == gathering_id, introductions.c.status.in_((*OCCUPYING, "passed"))
        )

    def all_of(self, attendee_id: str, gathering_id: str | None = None) -> list[Introduction]:
        """Every introduction of somebody, oldest first."""
        mine = sa.select(seats.c.introduction_id).where(seats.c.attendee_id == attendee_id)
        if gathering_id:
            mine = mine.where(seats.c.gathering_id == gathering_id)
        return self._read(introductions.c.id.in_(mine))

    def _read(self, *where: Any) -> list[Introduction]:
        rows = self.sql.execute(sa.select(*INTRODUCTION).where(*where).order_by(introductions.c.id)).all()
        return read_introductions(self.sql, rows)

    def add(self, proposed: Sequence[Introduction], *, stamp: int, now: datetime) -> None:
        """New introductions; the pairs must have been claimed for them before."""
        if not proposed:
            return
        rows = [{**_row(made), "created_at": now, "stamp": stamp} for made in proposed]
        self.sql.execute(introductions.insert(), rows)
        self.sql.execute(
            seats.insert(), [_seat(made, number) for made in proposed for number in range(len(made.seats))]
        )

    def save(self, introduction: Introduction, *, stamp: int) -> None:
        """The new state of an introduction and its seats."""
        changed = {"status": introduction.status, "version": introduction.version, "stamp": stamp}
        self.sql.execute(sa.update(introductions).where(introductions.c.id == introduction.id).values(changed))
        for seat in introduction.seats:
            self.sql.execute(
                sa.update(seats)
                .where(seats.c.introduction_id == introduction.id, seats.c.attendee_id == seat.attendee_id)
                .values(answer=seat.answer, left=seat.left)
            )

    def reword(self, introduction: Introduction) -> None:
        """Keeps what is said of an introduction now."""
        self.sql.execute(
            sa.update(introductions).where(introductions.c.id == introduction.id).values(opener=introduction.opener)
        )
        for seat in introduction.seats:
            self.sql.execute(
                sa.update(seats)
                .where(seats.c.introduction_id == introduction.id, seats.c.attendee_id == seat.attendee_id)
                .values(reasons=list(seat.reasons))
            )

    def claim(self, couples: Iterable[Couple], *, gathering_id: str, introduction_id: str) -> bool:
        """Takes pairs for an introduction, all or none. False when any of them was ever proposed before."""
        rows = [
            {"a": min(couple), "b": max(couple), "gathering_id": gathering_id, "introduction_id": introduction_id}
            for couple in sorted(couples, key=sorted)
        ]
        statement = upsert(self.sql, pairs).values(rows).on_conflict_do_nothing().returning(pairs.c.a)
        if len(self.sql.execute(statement).all()) == len(rows):
            return True
        self.sql.execute(sa.delete(pairs).where(pairs.c.introduction_id == introduction_id))
        return False

    def forbid(self, couple: Couple, *, gathering_id: str) -> None:
        """People who know each other already; the fence that keeps them apart is the same as after a proposal."""
        a, b = sorted(couple)
        row = {"a": a, "b": b, "gathering_id": gathering_id, "introduction_id": ACQUAINTED}
        self.sql.execute(upsert(self.sql, pairs).values(row).on_conflict_do_nothing())

    def between(self, one: str, other: str) -> list[Introduction]:
        """What these two were ever proposed for."""
        mine = sa.select(seats.c.introduction_id).where(seats.c.attendee_id == one)
        theirs = sa.select(seats.c.introduction_id).where(seats.c.attendee_id == other)
        return self._read(introductions.c.id.in_(mine), introductions.c.id.in_(theirs))

    def taken(self, couples: Iterable[Couple]) -> set[Couple]:
        """Which of these (a < b) were ever proposed."""
        wanted = set(couples)
        people = {person for couple in wanted for person in couple}
        found: set[Couple] = set()
        for ids in in_parts(people):
            rows = self.sql.execute(sa.select(pairs.c.a, pairs.c.b).where(pairs.c.a.in_(ids)))
            found.update((row.a, row.b) for row in rows)
        return found & wanted

    def occupied(self, gathering_id: str, attendee_ids: Iterable[str], *, now: datetime) -> Counter[str]:
        """How many places of each of these people are taken at a gathering."""
        counted: Counter[str] = Counter()
        for ids in in_parts(attendee_ids):
            rows = self.sql.execute(
                sa.select(seats.c.attendee_id, sa.func.count())
                .join(introductions, introductions.c.id == seats.c.introduction_id)
                .where(
                    seats.c.attendee_id.in_(ids),
                    seats.c.gathering_id == gathering_id,
                    sa.not_(seats.c.left),
                    taking_places(now),
                )
                .group_by(seats.c.attendee_id)
            )
            counted.update({row[0]: row[1] for row in rows})
        return counted

    def wait_for_suggestions(self, gathering_id: str, attendee_ids: Iterable[str], *, since: datetime) -> None:
        rows = [{"gathering_id": gathering_id, "attendee_id": i, "since": since} for i in sorted(set(attendee_ids))]
        self._store.leave(_WAIT, rows)

    def stop_waiting(self, gathering_id: str, attendee_ids: Iterable[str]) -> set[str]:
        """Takes people off the list; answers who of them was on it."""
        was: set[str] = set()
        for ids in in_parts(attendee_ids):
            gone = sa.delete(waiting).where(waiting.c.gathering_id == gathering_id, waiting.c.attendee_id.in_(ids))
            was.update(self.sql.execute(gone.returning(waiting.c.attendee_id)).scalars())
        return was

    def stop_waiting_at(self, gathering_id: str) -> None:
        self.sql.execute(sa.delete(waiting).where(waiting.c.gathering_id == gathering_id))

    def keep_feedback(self, introduction_id: str, attendee_id: str, told: Said, *, now: datetime) -> None:
        self.sql.execute(
            sa.update(seats)
            .where(seats.c.introduction_id == introduction_id, seats.c.attendee_id == attendee_id)
            .values(met=told.met, again=told.again, good_for=list(told.good_for), told_at=now)
        )

    def feedback_of(self, introduction_id: str, attendee_id: str) -> Said | None:
        row = self.sql.execute(
            sa.select(seats.c.met, seats.c.again, seats.c.good_for).where(
                seats.c.introduction_id == introduction_id, seats.c.attendee_id == attendee_id
            )
        ).first()
        return Said(row.met, row.again, tuple(row.good_for or ())) if row and row.met is not None else None

    def erase(self, attendee_id: str, gathering_id: str) -> None:
        """Deletes somebody's seats, whole introductions where only one is left, and words that spoke of them."""
        mine = sa.select(seats.c.introduction_id).where(
            seats.c.attendee_id == attendee_id, seats.c.gathering_id == gathering_id
        )
        ids = list(self.sql.execute(mine).scalars())
        for part in in_parts(ids):
            self.sql.execute(
                sa.delete(seats).where(seats.c.introduction_id.in_(part), seats.c.attendee_id == attendee_id)
            )
            self.sql.execute(sa.update(seats).where(seats.c.introduction_id.in_(part)).values(reasons=[]))
            self.sql.execute(
                sa.update(introductions).where(introductions.c.id.in_(part)).values(opener="", components={})
            )
            lonely = (
                sa.select(seats.c.introduction_id)
                .where(seats.c.introduction_id.in_(part))
                .group_by(seats.c.introduction_id)
                .having(sa.func.count() < 2)
            )
            alone = list(self.sql.execute(lonely).scalars())
            self.sql.execute(sa.delete(seats).where(seats.c.introduction_id.in_(alone)))
            self.sql.execute(sa.delete(introductions).where(introductions.c.id.in_(alone)))
        self.sql.execute(
            sa.delete(waiting).where(waiting.c.attendee_id == attendee_id, waiting.c.gathering_id == gathering_id)
        )

    def erase_tip(self, attendee_id: str, gathering_id: str, tip: str | None) -> None:
        """Takes an erased person's tip out of others' introductions, and out of what was said of those."""
        words = said(tip or "", 160)
        quoted = introductions.c.opener.contains(words, autoescape=True) if words else sa.false()
        here = introductions.c.gathering_id == gathering_id
        theirs = sa.or_(introductions.c.tip_by == attendee_id, quoted)
        ids = list(self.sql.execute(sa.select(introductions.c.id).where(here, theirs)).scalars())
        self.sql.execute(sa.update(introductions).where(here, quoted).values(opener=""))
        self.sql.execute(
            sa.update(introductions).where(here, introductions.c.tip_by == attendee_id).values(tip_by=None)
        )
        for part in in_parts(ids):
            for row in self.sql.execute(sa.select(outbox).where(outbox.c.subject.in_(part))).all():
                self.sql.execute(
                    sa.update(outbox)
                    .where(outbox.c.stream == row.stream, outbox.c.sequence == row.sequence)
                    .values(body=_without_tip(row.body, words))
                )

    def erase_pairs(self, attendee_id: str) -> None:
        self.sql.execute(sa.delete(pairs).where(sa.or_(pairs.c.a == attendee_id, pairs.c.b == attendee_id)))


def taking_places(now: datetime) -> sa.ColumnElement[bool]:
    """`takes_places` of the domain, in SQL."""
    hidden = sa.and_(introductions.c.status == "passed", introductions.c.expires_at > now)
    return sa.or_(introductions.c.status.in_(OCCUPYING), hidden)


def read_introductions(sql: sa.Connection, rows: Sequence[Any]) -> list[Introduction]:
    """Rows of `introductions` with their seats, in the order given."""
    sitting: dict[str, list[Seat]] = {}
    for ids in in_parts(row.id for row in rows):
        found = sql.execute(
            sa.select(seats).where(seats.c.introduction_id.in_(ids)).order_by(seats.c.introduction_id, seats.c.number)
        )
        for row in found:
            seat = Seat(AttendeeId(row.attendee_id), row.asked, row.answer, row.left, tuple(row.reasons))
            sitting.setdefault(row.introduction_id, []).append(seat)
    return [
        Introduction(**{name: getattr(row, name) for name in _FIELDS}, seats=tuple(sitting.get(row.id, ())))
        for row in rows
    ]


def _without_tip(body: str, quoted: str) -> str:
    """An event as it was, but for the tip."""
    envelope = json.loads(body)
    for side in envelope["data"].get("sides", ()):
        side["tip"] = None
        if quoted and quoted in side["opener"]:
            side["opener"] = ""
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))


def _row(introduction: Introduction) -> dict[str, Any]:
    row = {name: getattr(introduction, name) for name in _FIELDS}
    return row | {"components": dict(introduction.components)}


def _seat(introduction: Introduction, number: int) -> dict[str, Any]:
    seat = introduction.seats[number]
    return {
        "introduction_id": IntroductionId(introduction.id),
        "attendee_id": seat.attendee_id,
        "gathering_id": introduction.gathering_id,
        "number": number,
        "asked": seat.asked,
        "answer": seat.answer,
        "left": seat.left,
        "reasons": list(seat.reasons),
    }
