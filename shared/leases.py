"""The place for sharing work among replicas: each stream has one owner at a time, and a dead one's go to the rest."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import sqlalchemy as sa

from shared.prepared import Prepared
from shared.tables import leases
from shared.transaction import Transaction

LEASE, RENEW_SECONDS = timedelta(seconds=3), 1.0
LEASE_ALONE, RENEW_ALONE_SECONDS = timedelta(seconds=9), 3.0
"""For who is the only one: nobody is there who could take over, and a transaction is what rest costs most of."""
MEMBER = "member:"

# Over, or so far ahead that the wall clock must have jumped back since: nobody would wait an hour for it.
_RUN_OUT = sa.or_(leases.c.until <= sa.bindparam("_now"), leases.c.until > sa.bindparam("_far"))
_HELD = Prepared(sa.select(leases.c.name, leases.c.owner).where(sa.not_(_RUN_OUT)))
_RENEW = Prepared(
    sa.update(leases)
    .where(
        leases.c.name.in_(sa.bindparam("names", expanding=True)),
        leases.c.owner == sa.bindparam("_owner"),
        sa.not_(_RUN_OUT),
    )
    .values(until=sa.bindparam("_until"))
    .returning(leases.c.name),
    lists=["names"],
)
_CLAIM = Prepared.upsert(
    leases,
    lambda new: new.on_conflict_do_update(
        index_elements=["name"],
        set_={"owner": new.excluded.owner, "until": new.excluded.until},
        where=sa.or_(leases.c.owner == new.excluded.owner, _RUN_OUT),
    ),
)


@dataclass(frozen=True, slots=True)
class Share:
    """What an owner holds, and after how many seconds it has to be renewed."""

    names: set[str]
    renew_after: float


def hold(tx: Transaction[Any], names: Sequence[str], owner: str) -> Share:
    """Renews this owner's leases, takes a fair share of the free ones and gives away what is above it.

    Owners are known by a lease on their own name.
    """
    member = MEMBER + owner
    held = {row.name: row.owner for row in tx.sql.execute(_HELD, _moment(tx))} | {member: owner}
    owners = sum(name.startswith(MEMBER) for name in held)
    lease, renew_after = (LEASE, RENEW_SECONDS) if owners > 1 else (LEASE_ALONE, RENEW_ALONE_SECONDS)
    share = math.ceil(len(names) / owners)
    mine = _mixed(name for name in names if held.get(name) == owner)
    _give_back(tx, mine[share:], owner)
    free = [name for name in _mixed(names) if name not in held]
    wanted = [member, *mine[:share], *free[: max(0, share - len(mine))]]
    renewed = _renew(tx, wanted, owner, lease)
    taken = _take(tx, [name for name in wanted if name not in renewed], owner, lease)
    return Share({*renewed, *taken} - {member}, renew_after)


def give_back_everything(tx: Transaction[Any], owner: str) -> None:
    """A clean stop: others need not wait for the leases to run out."""
    tx.sql.execute(sa.delete(leases).where(leases.c.owner == owner))


def _mixed(names: Iterable[str]) -> list[str]:
    """In an order that has nothing to do with what is in the streams: no replica is left with all of the quiet ones."""
    return sorted(names, key=lambda name: crc32(name.encode()))


def _renew(tx: Transaction[Any], names: Sequence[str], owner: str, lease: timedelta) -> set[str]:
    """Those that were this owner's still, by one statement: most of the time there is nothing else to do."""
    given = {"names": names, "_owner": owner, "_until": tx.now + lease, **_moment(tx)}
    return set(tx.sql.execute(_RENEW, given).scalars())


def _take(tx: Transaction[Any], names: Iterable[str], owner: str, lease: timedelta) -> list[str]:
    claim = {"owner": owner, "until": tx.now + lease, **_moment(tx)}
    return [name for name in names if tx.sql.execute(_CLAIM, {"name": name, **claim}).rowcount]


def _moment(tx: Transaction[Any]) -> dict[str, datetime]:
    return {"_now": tx.now, "_far": tx.now + 2 * LEASE_ALONE}


def _give_back(tx: Transaction[Any], names: Sequence[str], owner: str) -> None:
    if names:
        tx.sql.execute(sa.delete(leases).where(leases.c.name.in_(names), leases.c.owner == owner))
