"""The place for how far a service has read each stream: kept with the effects, and moved by compare-and-set."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from shared.prepared import Prepared
from shared.tables import parked, positions
from shared.transaction import Transaction

MOVE = Prepared(
    sa.update(positions)
    .where(positions.c.stream == sa.bindparam("_stream"), positions.c.position == sa.bindparam("_from"))
    .values(position=sa.bindparam("position"), updated_at=sa.bindparam("updated_at"), attempts=0)
    .returning(sa.exists().where(parked.c.stream == sa.bindparam("_stream")))
)
POSITION = Prepared(sa.select(positions.c.position).where(positions.c.stream == sa.bindparam("stream")))
BEGIN = Prepared.upsert(positions, lambda new: new.on_conflict_do_nothing())
COUNT = Prepared(
    sa.update(positions)
    .where(positions.c.stream == sa.bindparam("_stream"))
    .values(attempts=positions.c.attempts + 1)
    .returning(positions.c.attempts)
)
POSITIONS = Prepared(
    sa.select(positions.c.stream, positions.c.position).where(
        positions.c.stream.in_(sa.bindparam("streams", expanding=True))
    ),
    lists=["streams"],
)


class PositionMoved(Exception):
    """Another reader committed first; this batch must leave no trace."""


def open_position(tx: Transaction[Any], stream: str) -> int:
    """The committed position, 0 at the very first start: from the beginning, never from `$`."""
    found: int | None = tx.sql.execute(POSITION, {"stream": stream}).scalar()
    if found is None:
        tx.sql.execute(BEGIN, {"stream": stream, "position": 0, "updated_at": tx.now})
    return found or 0


def move_position(tx: Transaction[Any], stream: str, *, from_: int, to: int) -> bool:
    """Compare-and-set: the fence behind every lease. Answers whether entries of the stream are parked.

    Raises PositionMoved.
    """
    moved = {"_stream": stream, "_from": from_, "position": to, "updated_at": tx.now}
    some_parked: bool | None = tx.sql.execute(MOVE, moved).scalar()
    if some_parked is None:
        raise PositionMoved
    return bool(some_parked)


def rewind(tx: Transaction[Any], streams: Sequence[str]) -> None:
    """Reads streams from the beginning again; whoever reads now loses the race and starts over there."""
    tx.sql.execute(sa.update(positions).where(positions.c.stream.in_(streams)).values(position=0, updated_at=tx.now))


def how_far(store: Any, streams: Sequence[str]) -> dict[str, int]:
    """The committed position of each stream."""
    rows = store.sql.execute(POSITIONS, {"streams": streams})
    return dict.fromkeys(streams, 0) | {row.stream: row.position for row in rows}


def count_approach(tx: Transaction[Any], stream: str) -> int:
    """How often processes have begun at this position, this one included."""
    return int(tx.sql.execute(COUNT, {"_stream": stream}).scalar_one())
