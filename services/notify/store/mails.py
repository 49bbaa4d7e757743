"""The place for the SQL of mails: added once, claimed by one, settled by compare-and-set."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.notify.domain.facts import Person
from services.notify.domain.letters import Letter
from services.notify.domain.outcomes import WAITING
from services.notify.ports import MailRow
from services.notify.store.mail_statements import (
    ADD,
    CLAIM,
    CLAIMABLE,
    EMPTY,
    NEXT_AT,
    RENEW,
    UNDER_WAY,
    is_open,
    settling,
    superseding,
)
from services.notify.store.tables import mails
from shared import tracing
from shared.db import in_json
from shared.leaving_rows import LeavingRows

FINAL_BUT_UNKNOWN = ("sent", "failed", "superseded")
ANY_VERSION = 2**31 - 1
_NAMES = tuple(column.name for column in mails.c)
assert tuple(field.name for field in fields(MailRow)) == _NAMES, "a row is read by the order of its columns"


class SqlMails:
    """The mails' rows."""

    def __init__(self, store: LeavingRows) -> None:
        self._store = store

    @property
    def _sql(self) -> sa.Connection:
        return self._store.sql

    def add(self, letters: Iterable[Letter], *, now: datetime) -> int:
        """Adds what is not there yet; the same mail again is no news. Answers how many were offered."""
        rows = [_row(letter, now) for letter in letters]
        self._store.leave(ADD, rows)
        return len(rows)

    def find(self, number: int, *, lock: bool = False) -> MailRow | None:
        found = sa.select(mails).where(mails.c.number == number)
        row = self._sql.execute(found.with_for_update() if lock else found).first()
        return _mail(row) if row else None

    def find_by_key(self, key: str) -> MailRow | None:
        row = self._sql.execute(sa.select(mails).where(mails.c.key == key)).first()
        return _mail(row) if row else None

    def claimable(self, now: datetime, *, most: int) -> Sequence[tuple[MailRow, Person | None]]:
        """What may be handed over now, with its person's wishes as they are at this moment."""
        rows = self._sql.execute(CLAIMABLE, {"now": now, "most": most}).all()
        return [(_mail(row), _wishes(row)) for row in rows]

    def claim(self, numbers: Sequence[int], *, owner: str, until: datetime) -> dict[int, int]:
        """Takes rows for one owner; answers those that nobody else took, and how often each was claimed by now."""
        if not numbers:
            return {}
        taken = self._sql.execute(CLAIM, {"numbers": list(numbers), "_owner": owner, "_until": until})
        return {row.number: row.claims for row in taken}

    def renew(self, numbers: Sequence[int], *, owner: str, until: datetime) -> None:
        if numbers:
            self._sql.execute(RENEW, {"numbers": list(numbers), "_owner": owner, "_until": until})

    def under_way(self) -> list[MailRow]:
        """Rows in `sending`, whoever sends them."""
        return [_mail(row) for row in self._sql.execute(UNDER_WAY)]

    def settle(
        self,
        number: int,
        *,
        states: Collection[str],
        values: Mapping[str, Any],
        owner: str | None = None,
        claims: int | None = None,
    ) -> bool:
        """Changes a row that is in one of these states, of this owner and so often claimed where that is given. False
        when it is not.
        """
        if values.get("state") in FINAL_BUT_UNKNOWN:
            values = {**values, "context": {}}
        fence = {name: value for name, value in (("owner", owner), ("claims", claims)) if value is not None}
        which = {"_number": number, "_states": list(states), **{f"_{name}": value for name, value in fence.items()}}
        return bool(self._sql.execute(settling(tuple(values), tuple(fence)), {**values, **which}).rowcount)

    def next_at(self) -> datetime | None:
        """When the next mail may be handed over, the past for one that may be already."""
        return self._sql.execute(NEXT_AT).scalar()

    def supersede(
        self,
        kinds: Collection[str],
        *,
        why: str,
        attendee_id: str | None = None,
        gathering_id: str | None = None,
        reference: str | None = None,
        below: int | None = None,
    ) -> Sequence[MailRow]:
        """Takes back and answers mails that are not handed over yet, all or those of a version below one; one that is
        under way is not tried again.
        """
        offered = {"attendee_id": attendee_id, "gathering_id": gathering_id, "reference": reference}
        narrowed = {name: value for name, value in offered.items() if value is not None}
        which = {f"_{name}": value for name, value in narrowed.items()}
        asked = {"_kinds": sorted(kinds), "_why": why, "_newest": ANY_VERSION if below is None else below - 1, **which}
        found = self._sql.execute(superseding(tuple(narrowed)), asked)
        if rows := [row for row in found if row.state == "superseded"]:
            self._sql.execute(EMPTY, {"numbers": [row.number for row in rows], "context": {}})
        return [_mail(row) for row in rows]

    def waiting_of(self, attendee_id: str) -> Sequence[MailRow]:
        return self._waiting(mails.c.attendee_id == attendee_id)

    def waiting_about(self, reference: str) -> Sequence[MailRow]:
        return self._waiting(mails.c.reference == reference)

    def _waiting(self, which: Any) -> Sequence[MailRow]:
        return self._held(which, is_open(mails), mails.c.state != "sending")

    def _held(self, *which: Any) -> Sequence[MailRow]:
        """Until the commit: their facts are written anew as a whole."""
        rows = self._sql.execute(sa.select(mails).where(*which).order_by(mails.c.number).with_for_update())
        return [_mail(row) for row in rows]

    def close(self, number: int, *, why: str) -> None:
        """Takes one mail back that is not handed over yet."""
        self.settle(number, states=WAITING, values={"state": "superseded", "error": why})

    def heard_of(self, reference: str, kinds: Collection[str], *, waiting: bool = False) -> set[str]:
        """Who was, or may have been, handed a mail of these kinds about something; `waiting`: or still will be."""
        states = ("sending", "sent", "unknown", *(WAITING if waiting else ()))
        rows = self._sql.execute(
            sa.select(mails.c.attendee_id).where(
                mails.c.reference == reference,
                mails.c.kind.in_(kinds),
                mails.c.state.in_(states),
            )
        )
        return set(rows.scalars())

    def rewrite(self, number: int, context: Mapping[str, Any]) -> None:
        self._sql.execute(sa.update(mails).where(mails.c.number == number).values(context=dict(context)))

    def naming(self, attendee_id: str) -> Sequence[MailRow]:
        """Mails to others whose facts name this person and that are not final."""
        return self._held(
            mails.c.state.in_(("pending", "sending", "retry", "unknown")),
            sa.cast(mails.c.context, sa.Text).contains(attendee_id, autoescape=True),
            mails.c.attendee_id != attendee_id,
        )

    def quoting(self, gathering_id: str, spellings: Collection[str]) -> Sequence[MailRow]:
        """Mails about a gathering in which words stand, in one of their spellings; what is final has no words."""
        return self._held(mails.c.gathering_id == gathering_id, in_json(mails.c.context, spellings))

    def forget(self, attendee_id: str, *, but: Collection[str] = ()) -> None:
        """Empties every row of a person, but for some kinds; what is not handed over yet never will be.

        The key stays, and says nothing.
        """
        theirs = sa.and_(mails.c.attendee_id == attendee_id, mails.c.kind.not_in(but))
        self._sql.execute(sa.update(mails).where(theirs).values(email="", name="", context={}, error=""))
        # after that, for which whoever is settling one of them was waited for
        self._sql.execute(
            sa.update(mails).where(theirs, mails.c.state.in_((*WAITING, "unknown"))).values(state="superseded")
        )


def _row(letter: Letter, now: datetime) -> dict[str, Any]:
    cause = tracing.current()
    return {
        "key": letter.key,
        "kind": letter.kind,
        "attendee_id": letter.to.attendee_id,
        "gathering_id": letter.gathering_id,
        "cause": letter.cause,
        "version": letter.version,
        "reference": letter.reference,
        "own_action": letter.own_action,
        "email": letter.to.email,
        "name": letter.to.name,
        "context": {} if letter.withheld else dict(letter.context),
        "state": "superseded" if letter.withheld else "pending",
        "created_at": now,
        "next_at": now,
        "expires_at": letter.expires_at,
        "attempts": 0,
        "claims": 0,
        "owner": "",
        "error": letter.withheld,
        "traceparent": cause.traceparent,
        "correlation_id": cause.correlation_id,
    }


def _mail(row: Any) -> MailRow:
    return MailRow(*row[: len(_NAMES)])


def _wishes(row: Any) -> Person | None:
    if row.muted is None:
        return None
    return Person(row.attendee_id, row.email, row.name, row.suppressed, frozenset(row.muted))
