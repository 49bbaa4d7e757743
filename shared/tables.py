"""The place for the tables that every service has beside its own: outbox, positions, parked entries, due work."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

GROUND = sa.MetaData()


class UtcTime(TypeDecorator[datetime]):
    """An aware instant: timestamptz on PostgreSQL, sortable ISO text in UTC on SQLite."""

    impl = sa.String(32)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.String(32))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return _in_utc(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        return value.astimezone(UTC)  # type: ignore[no-any-return]


@lru_cache(maxsize=1024)  # a transaction writes the same time over and over
def _in_utc(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

outbox = sa.Table(
    "outbox",
    GROUND,
    sa.Column("stream", sa.String(120), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("type", sa.String(120), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("outbox_subject", "stream", "subject", "sequence"),
)
"""Events that were said, numbered per stream without gaps; an entry's id on the stream is `<sequence>-0`."""

outbox_heads = sa.Table(
    "outbox_heads",
    GROUND,
    sa.Column("stream", sa.String(120), primary_key=True),
    sa.Column("top", sa.BigInteger, nullable=False),
)
"""The highest sequence given in each stream; its row's lock orders the commits."""

positions = sa.Table(
    "positions",
    GROUND,
    sa.Column("stream", sa.String(120), primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("updated_at", UtcTime, nullable=False),
)
"""How far this service has read each stream, committed with the effects of what it read."""

parked = sa.Table(
    "parked",
    GROUND,
    sa.Column("stream", sa.String(120), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("type", sa.String(120), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("next_at", UtcTime, nullable=False),
    sa.Index("parked_due", "state", "next_at"),
)
"""Entries that failed (`parked`, or `dead`), and those of the same subject that queue behind them."""

dropped = sa.Table(
    "dropped",
    GROUND,
    sa.Column("stream", sa.String(120), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
"""Dead entries that an operator dropped, and why."""

leases = sa.Table(
    "leases",
    GROUND,
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("until", UtcTime, nullable=False),
)
"""Who reads which stream at present; a convenience only, the positions' compare-and-set is the fence."""

due = sa.Table(
    "due",
    GROUND,
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("kind", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Index("due_at", "at"),
    sa.Index("due_subject", "subject"),
)
"""What time does next: reminders, expiries, rounds. A row is deleted in the transaction of its effect."""
