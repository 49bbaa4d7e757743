"""The first schema: the ground's tables and the intro service's own."""

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
        "attendees",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("learnt", Json, nullable=False),
        sa.Column("forgotten_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "community",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("learnt", Json, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "gatherings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("closes_at", UtcTime(), nullable=True),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("per_person", sa.Integer(), nullable=False),
        sa.Column("rounds_before", Json, nullable=False),
        sa.Column("allow_same_employer", sa.Boolean(), nullable=False),
        sa.Column("tables", sa.Boolean(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "introductions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("round_id", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("opener", sa.Text(), nullable=False),
        sa.Column("tip_by", sa.String(length=64), nullable=True),
        sa.Column("components", Json, nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("introductions_gathering", "introductions", ["gathering_id", "id"], unique=False)
    op.create_index("introductions_round", "introductions", ["round_id"], unique=False)
    op.create_index("introductions_stamp", "introductions", ["gathering_id", "stamp"], unique=False)
    op.create_table(
        "organiser_keys",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "pairs",
        sa.Column("a", sa.String(length=64), nullable=False),
        sa.Column("b", sa.String(length=64), nullable=False),
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("introduction_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint("a < b", name="pairs_in_order"),
        sa.PrimaryKeyConstraint("a", "b"),
    )
    op.create_index("pairs_b", "pairs", ["b"], unique=False)
    op.create_index("pairs_introduction", "pairs", ["introduction_id"], unique=False)
    op.create_table(
        "rounds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("ran_at", UtcTime(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("people", Json, nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("certificate", Json, nullable=False),
        sa.Column("edges", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("rounds_gathering", "rounds", ["gathering_id", "id"], unique=False)
    op.create_index("rounds_state", "rounds", ["state"], unique=False)
    op.create_table(
        "rsvps",
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("rsvp_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("introductions", sa.Boolean(), nullable=False),
        sa.Column("asked_first", sa.Boolean(), nullable=False),
        sa.Column("share", Json, nullable=False),
        sa.Column("profile", Json, nullable=False),
        sa.Column("checked_in", sa.Boolean(), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("gathering_id", "attendee_id"),
    )
    op.create_index("rsvps_attendee", "rsvps", ["attendee_id"], unique=False)
    op.create_index("rsvps_stamp", "rsvps", ["gathering_id", "stamp"], unique=False)
    op.create_table(
        "seats",
        sa.Column("introduction_id", sa.String(length=64), nullable=False),
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=True),
        sa.Column("left", sa.Boolean(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.Column("again", sa.Boolean(), nullable=True),
        sa.Column("good_for", Json, nullable=True),
        sa.Column("told_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("introduction_id", "attendee_id"),
    )
    op.create_index("seats_gathering", "seats", ["gathering_id"], unique=False)
    op.create_index("seats_person", "seats", ["attendee_id", "gathering_id"], unique=False)
    op.create_table(
        "tips",
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("tip", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gathering_id", "attendee_id"),
    )
    op.create_index("tips_attendee", "tips", ["attendee_id"], unique=False)
    op.create_table(
        "waiting",
        sa.Column("gathering_id", sa.String(length=64), nullable=False),
        sa.Column("attendee_id", sa.String(length=64), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("gathering_id", "attendee_id"),
    )
    op.create_index("waiting_since", "waiting", ["since"], unique=False)


def downgrade() -> None:
    op.drop_index("waiting_since", table_name="waiting")
    op.drop_table("waiting")
    op.drop_index("tips_attendee", table_name="tips")
    op.drop_table("tips")
    op.drop_index("seats_person", table_name="seats")
    op.drop_index("seats_gathering", table_name="seats")
    op.drop_table("seats")
    op.drop_index("rsvps_stamp", table_name="rsvps")
    op.drop_index("rsvps_attendee", table_name="rsvps")
    op.drop_table("rsvps")
    op.drop_index("rounds_state", table_name="rounds")
    op.drop_index("rounds_gathering", table_name="rounds")
    op.drop_table("rounds")
    op.drop_index("pairs_introduction", table_name="pairs")
    op.drop_index("pairs_b", table_name="pairs")
    op.drop_table("pairs")
    op.drop_table("organiser_keys")
    op.drop_index("introductions_stamp", table_name="introductions")
    op.drop_index("introductions_round", table_name="introductions")
    op.drop_index("introductions_gathering", table_name="introductions")
    op.drop_table("introductions")
    op.drop_table("gatherings")
    op.drop_table("community")
    op.drop_table("attendees")
    op.drop_table("positions")
    op.drop_index("parked_due", table_name="parked")
    op.drop_table("parked")
    op.drop_table("outbox_heads")
    op.drop_index("outbox_subject", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("leases")
    op.drop_index("due_subject", table_name="due")
    op.drop_index("due_at", table_name="due")
    op.drop_table("due")
    op.drop_table("dropped")
