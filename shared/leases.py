"""The place for sharing work among replicas: each stream has one owner at a time, and a dead one's go to the rest."""

import math
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from shared.db import upsert
from shared.tables import leases
from shared.transaction import Transaction

LEASE = timedelta(seconds=3)
RENEW_SECONDS = 1.0
MEMBER = "member:"


def hold(tx: Transaction[Any], names: Sequence[str], owner: str) -> set[str]:
    """Renews this owner's leases, takes a fair share of the free ones and gives away what is above it.

    Answers the names held for the next `LEASE`. Owners are known by a lease on their own name.
    """
    until = tx.now + LEASE
    _take(tx, [MEMBER + owner], owner, until)
    rows = tx.sql.execute(sa.select(leases).where(sa.not_(_run_out(tx)))).all()
    members = {row.name for row in rows if row.name.startswith(MEMBER)}
    share = math.ceil(len(names) / max(1, len(members)))
    mine = sorted(row.name for row in rows if row.owner == owner and row.name in names)
    taken = {row.name for row in rows if row.owner != owner}
    keep = mine[:share]
    _give_back(tx, mine[share:], owner)
    free = [name for name in sorted(names) if name not in taken and name not in mine]
    return set(_take(tx, keep + free[: share - len(keep)], owner, until))


def give_back_everything(tx: Transaction[Any], owner: str) -> None:
    """A clean stop: others need not wait for the leases to run out."""
    tx.sql.execute(sa.delete(leases).where(leases.c.owner == owner))


def _take(tx: Transaction[Any], names: Iterable[str], owner: str, until: Any) -> list[str]:
    held = []
    for name in names:
        claim = upsert(tx.sql, leases).values(name=name, owner=owner, until=until)
        claim = claim.on_conflict_do_update(
            index_elements=["name"],
            set_={"owner": owner, "until": until},
            where=sa.or_(leases.c.owner == owner, _run_out(tx)),
        )
        if tx.sql.execute(claim).rowcount:
            held.append(name)
    return held


def _run_out(tx: Transaction[Any]) -> sa.ColumnElement[bool]:
    """Over, or so far ahead that the wall clock must have jumped back since: nobody would wait an hour for it."""
    return sa.or_(leases.c.until <= tx.now, leases.c.until > tx.now + 2 * LEASE)


def _give_back(tx: Transaction[Any], names: Sequence[str], owner: str) -> None:
    if names:
        tx.sql.execute(sa.delete(leases).where(leases.c.name.in_(names), leases.c.owner == owner))
