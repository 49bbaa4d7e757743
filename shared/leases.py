"""The place for sharing work among replicas: each stream has one owner at a time, and a dead one's go to the rest."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import sqlalchemy as sa

from shared.prepared import Prepared
from shared.tables import leases
from shared.transaction import Transaction

LEASE = timedelta(seconds=3)
RENEW_SECONDS = 1.0
MEMBER = "member:"

# Over, or so far ahead that the wall clock must have jumped back since: nobody would wait an hour for it.
_RUN_OUT = sa.or_(leases.c.until <= sa.bindparam("_now"), leases.c.until > sa.bindparam("_far"))
_HELD = Prepared(sa.select(leases.c.name, leases.c.owner).where(sa.not_(_RUN_OUT)))
_CLAIM = Prepared.upsert(
    leases,
    lambda new: new.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": new.excluded.owner, "until": new.excluded.until},
        where=sa.or_(leases.c.owner == new.excluded.owner, _RUN_OUT),
    ),
)


def hold(tx: Transaction[Any], names: Sequence[str], owner: str) -> set[str]:
    """Renews this owner's leases, takes a fair share of the free ones and gives away what is above it.

    Answers the names held for the next `LEASE`. Owners are known by a lease on their own name.
    """
    _take(tx, [MEMBER + owner], owner)
    rows = tx.sql.execute(_HELD, _moment(tx)).all()
    members = {row.name for row in rows if row.name.startswith(MEMBER)}
    share = math.ceil(len(names) / max(1, len(members)))
    mine = _mixed(row.name for row in rows if row.owner == owner and row.name in names)
    taken = {row.name for row in rows if row.owner != owner}
    keep = mine[:share]
    _give_back(tx, mine[share:], owner)
    free = [name for name in _mixed(names) if name not in taken and name not in mine]
    return set(_take(tx, keep + free[: share - len(keep)], owner))


def give_back_everything(tx: Transaction[Any], owner: str) -> None:
    """A clean stop: others need not wait for the leases to run out."""
    tx.sql.execute(sa.delete(leases).where(leases.c.owner == owner))


def _mixed(names: Iterable[str]) -> list[str]:
    """In an order that has nothing to do with what is in the streams: no replica is left with all of the quiet ones."""
    return sorted(names, key=lambda name: crc32(name.encode()))


def _take(tx: Transaction[Any], names: Iterable[str], owner: str) -> list[str]:
    claim = {"owner": owner, "until": tx.now + LEASE, **_moment(tx)}
    return [name for name in names if tx.sql.execute(_CLAIM, {"name": name, **claim}).rowcount]


def _moment(tx: Transaction[Any]) -> dict[str, datetime]:
    return {"_now": tx.now, "_far": tx.now + 2 * LEASE}


def _give_back(tx: Transaction[Any], names: Sequence[str], owner: str) -> None:
    if names:
        tx.sql.execute(sa.delete(leases).where(leases.c.name.in_(names), leases.c.owner == owner))
