"""The first schema: the ground's tables and the notify service's own."""

import sqlalchemy as sa
from alembic import op

from shared.tables import Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "dropped",
        sa.Column("stream", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "sequence"),
    )
    op.create_table(
        "due",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("due_at", "due", ["at"], unique=False)
    op.create_index("due_subject", "due", ["subject"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "outbox",
        sa.Column("stream", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "sequence"),
    )
    op.create_index("outbox_subject", "outbox", ["stream", "subject", "sequence"], unique=False)
    op.create_table(
        "outbox_heads",
        sa.Column("stream", sa.String(length=120), nullable=False),
        sa.Column("top", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream"),
    )
    op.create_table(
        "parked",
        sa.Column("stream", sa.String(length=120), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "sequence"),
    )
    op.create_index("parked_due", "parked", ["state", "next_at"], unique=False)
    op.create_table(
        "positions",
        sa.Column("stream", sa.String(length=120), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("stream"),
    )
    op.create_table(
        "erased",
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("attendee_id"),
    )
    op.create_table(
        "gatherings",
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("country", sa.String(length=200), nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.PrimaryKeyConstraint("gathering_id"),
    )
    op.create_index("gatherings_starts_at", "gatherings", ["starts_at"], unique=False)
    op.create_table(
        "introduced",
        sa.Column("introduction_id", sa.String(length=64), nullable=False),
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("introduction_id", "attendee_id"),
    )
    op.create_index("introduced_of_attendee", "introduced", ["attendee_id", "gathering_id"], unique=False)
    op.create_table(
        "introductions",
        sa.Column("introduction_id", sa.String(length=64), nullable=False),
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("is_table", sa.Boolean(), nullable=False),
        sa.Column("people", Json, nullable=False),
        sa.Column("sides", Json, nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("introduction_id"),
    )
    op.create_table(
        "mails",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("own_action", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("context", Json, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("next_at", UtcTime(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=True),
        sa.Column("sent_at", UtcTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.String(length=64), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("kind", "attendee_id", "cause", "version", name="mails_once"),
    )
    op.create_index("mails_by_state", "mails", ["state"], unique=False)
    op.create_index(
        "mails_due",
        "mails",
        ["next_at", "number"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'sending', 'retry')"),
        postgresql_where=sa.text("state IN ('pending', 'sending', 'retry')"),
    )
    op.create_index("mails_of_attendee", "mails", ["attendee_id", "number"], unique=False)
    op.create_index("mails_of_gathering", "mails", ["gathering_id", "number"], unique=False)
    op.create_index(
        "mails_open",
        "mails",
        ["attendee_id", "number"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'sending', 'retry')"),
        postgresql_where=sa.text("state IN ('pending', 'sending', 'retry')"),
    )
    op.create_table(
        "organiser_keys",
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_index("organiser_keys_sha256", "organiser_keys", ["sha256"], unique=False)
    op.create_table(
        "people",
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", Json, nullable=False),
        sa.Column("suppressed", sa.String(length=16), nullable=True),
        sa.Column("muted", Json, nullable=False),
        sa.Column("address_version", sa.Integer(), nullable=False),
        sa.Column("heard_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("attendee_id"),
    )
    op.create_index("people_email", "people", ["email"], unique=False)
    op.create_table(
        "rsvps",
        sa.Column("rsvp_id", sa.String(length=64), nullable=False),
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("checked_in", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("rsvp_id"),
    )
    op.create_index("rsvps_of_attendee", "rsvps", ["attendee_id"], unique=False)
    op.create_index("rsvps_of_gathering", "rsvps", ["gathering_id", "attendee_id"], unique=False)
    op.create_table(
        "tips",
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("tip", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gathering_id", "attendee_id"),
    )
