"""The place for the rsvp service's tables."""

import sqlalchemy as sa

from shared.tables import Json, UtcTime

metadata = sa.MetaData()

gatherings = sa.Table(
    "gatherings",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("slug", sa.String(80), nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("format", sa.String(12), nullable=False),
    sa.Column("starts_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.Column("timezone", sa.String(64), nullable=False),
    sa.Column("place", Json),
    sa.Column("join_url", sa.Text),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("capacity", sa.Integer),
    sa.Column("waiting_list", sa.Boolean, nullable=False),
    sa.Column("rsvp_closes_at", UtcTime),
    sa.Column("confirm_addresses", sa.Boolean, nullable=False),
    sa.Column("introductions", Json, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("cancelled_at", UtcTime),
    sa.Column("cancel_reason", sa.Text, nullable=False),
    sa.Column("taken", sa.Integer, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("acquainted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("gatherings_upcoming", "ends_at", "id"),
)
"""`taken` counts everybody going with their guests, `line` is the last number given to somebody who waits."""

attendees = sa.Table(
    "attendees",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("suppressed", sa.Boolean, nullable=False),
    sa.Column("address_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("links_since", UtcTime),
    sa.Column("links", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)
"""One person an address; `key` is equal for every spelling of it, `email` is where mail goes. `address_version` is that
of the last that was heard of whether they take mail."""

rsvps = sa.Table(
    "rsvps",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("gathering_id", sa.String(36), sa.ForeignKey("gatherings.id"), nullable=False),
    sa.Column("attendee_id", sa.String(36), sa.ForeignKey("attendees.id"), nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("wish", sa.String(10), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("guests", sa.Integer, nullable=False),
    sa.Column("introductions", sa.Boolean, nullable=False),
    sa.Column("asked_first", sa.Boolean, nullable=False),
    sa.Column("share", Json, nullable=False),
    sa.Column("profile", Json, nullable=False),
    sa.Column("answers", Json, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("place_in_line", sa.Integer),
    sa.Column("listed_at", UtcTime),
    sa.Column("own_word_at", UtcTime),
    sa.Column("said_by", sa.String(10), nullable=False),
    sa.Column("checked_in_at", UtcTime),
    sa.Column("tip_approved", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.UniqueConstraint("gathering_id", "attendee_id", name="rsvps_one_each"),
    sa.Index("rsvps_of_attendee", "attendee_id"),
    sa.Index("rsvps_line", "gathering_id", "status", "place_in_line"),
    sa.Index("rsvps_pending", "status", "created_at"),
)
"""One answer a person and gathering. `place_in_line` is set while somebody waits."""

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("body", sa.String(64), nullable=False),
    sa.Column("answer", Json, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("answers_age", "created_at"),
)
"""What each idempotency key was answered; digests only, and ids."""

forgotten = sa.Table(
    "forgotten",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
)
"""Digests of erased people's addresses, so that no list brings them back; their own RSVP does."""

acquainted = sa.Table(
    "acquainted",
    metadata,
    sa.Column("a", sa.String(64), primary_key=True),
    sa.Column("b", sa.String(64), primary_key=True),
    sa.Column("a_id", sa.String(36)),
    sa.Column("b_id", sa.String(36)),
    sa.Column("gathering_id", sa.String(36), nullable=False),
    sa.Index("acquainted_b", "b"),
    sa.Index("acquainted_gathering", "gathering_id"),
)
"""Who knows whom by organisers' lists: digests of addresses, and the ids of those who are here."""

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("gathering_id", sa.String(36), nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)
"""Guest lists between their preview and the organiser's yes, for an hour at most."""

organiser_keys = sa.Table(
    "organiser_keys",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime),
    sa.Column("version", sa.Integer, nullable=False),
)
"""Organisers' keys by the digest that is left of them."""
