"""The first schema: the ground's tables and the rsvp service's own."""

import sqlalchemy as sa
from alembic import op

from shared.tables import Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


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
        "answers",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("body", sa.String(length=64), nullable=False),
        sa.Column("answer", Json, nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("answers_age", "answers", ["created_at"], unique=False)
    op.create_table(
        "attendees",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("links_since", UtcTime(), nullable=True),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "forgotten",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "gatherings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("format", sa.String(length=12), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("place", Json, nullable=True),
        sa.Column("join_url", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("waiting_list", sa.Boolean(), nullable=False),
        sa.Column("rsvp_closes_at", UtcTime(), nullable=True),
        sa.Column("confirm_addresses", sa.Boolean(), nullable=False),
        sa.Column("introductions", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_index("gatherings_upcoming", "gatherings", ["ends_at", "id"], unique=False)
    op.create_table(
        "organiser_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("gathering_id", sa.String(length=36), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rsvps",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("gathering_id", sa.String(length=36), nullable=False),
        sa.Column("attendee_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("wish", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("guests", sa.Integer(), nullable=False),
        sa.Column("introductions", sa.Boolean(), nullable=False),
        sa.Column("asked_first", sa.Boolean(), nullable=False),
        sa.Column("share", Json, nullable=False),
        sa.Column("profile", Json, nullable=False),
        sa.Column("answers", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("place_in_line", sa.Integer(), nullable=True),
        sa.Column("listed_at", UtcTime(), nullable=True),
        sa.Column("own_word_at", UtcTime(), nullable=True),
        sa.Column("said_by", sa.String(length=10), nullable=False),
        sa.Column("checked_in_at", UtcTime(), nullable=True),
        sa.Column("tip_approved", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attendee_id"],
            ["attendees.id"],
        ),
        sa.ForeignKeyConstraint(
            ["gathering_id"],
            ["gatherings.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("gathering_id", "attendee_id", name="rsvps_one_each"),
    )
    op.create_index("rsvps_line", "rsvps", ["gathering_id", "status", "place_in_line"], unique=False)
    op.create_index("rsvps_of_attendee", "rsvps", ["attendee_id"], unique=False)
    op.create_index("rsvps_pending", "rsvps", ["status", "created_at"], unique=False)


def downgrade() -> None:
    op.drop_table("rsvps")
    op.drop_table("uploads")
    op.drop_table("organiser_keys")
    op.drop_table("gatherings")
    op.drop_table("forgotten")
    op.drop_table("attendees")
    op.drop_table("answers")
    op.drop_table("positions")
    op.drop_table("parked")
    op.drop_table("outbox_heads")
    op.drop_table("outbox")
    op.drop_table("leases")
    op.drop_table("due")
    op.drop_table("dropped")
