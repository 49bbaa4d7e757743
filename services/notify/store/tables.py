"""The place for this service's tables: its picture of gatherings and people, and the mails with their states."""

import sqlalchemy as sa

from shared.tables import Json, UtcTime

metadata = sa.MetaData()

Id = sa.String(64)
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

gatherings = sa.Table(
    "gatherings",
    metadata,
    sa.Column("gathering_id", Id, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("starts_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.Column("country", sa.String(200)),
    sa.Column("facts", Json, nullable=False),
    sa.Index("gatherings_starts_at", "starts_at"),
)
"""Every gathering whole, as a mail's context carries it."""

people = sa.Table(
    "people",
    metadata,
    sa.Column("attendee_id", Id, primary_key=True),
    sa.Column("email", sa.String(320), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", Json, nullable=False),
    sa.Column("suppressed", sa.String(16)),
    sa.Column("muted", Json, nullable=False),
    sa.Column("address_version", sa.Integer, nullable=False),
    sa.Column("heard_at", UtcTime, nullable=False),
    sa.Index("people_email", "email"),
)
"""Who can be written to, and what they do not want. `address_version` counts what this service says of an address."""

rsvps = sa.Table(
    "rsvps",
    metadata,
    sa.Column("rsvp_id", Id, primary_key=True),
    sa.Column("gathering_id", Id, nullable=False),
    sa.Column("attendee_id", Id, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("checked_in", sa.Boolean),
    sa.Index("rsvps_of_gathering", "gathering_id", "attendee_id"),
    sa.Index("rsvps_of_attendee", "attendee_id"),
)

introductions = sa.Table(
    "introductions",
    metadata,
    sa.Column("introduction_id", Id, primary_key=True),
    sa.Column("gathering_id", Id, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("is_table", sa.Boolean, nullable=False),
    sa.Column("people", Json, nullable=False),
    sa.Column("sides", Json, nullable=False),
    sa.Column("expires_at", UtcTime),
)

introduced = sa.Table(
    "introduced",
    metadata,
    sa.Column("introduction_id", Id, primary_key=True),
    sa.Column("attendee_id", Id, primary_key=True),
    sa.Column("gathering_id", Id, nullable=False),
    sa.Index("introduced_of_attendee", "attendee_id", "gathering_id"),
)

tips = sa.Table(
    "tips",
    metadata,
    sa.Column("gathering_id", Id, primary_key=True),
    sa.Column("attendee_id", Id, primary_key=True),
    sa.Column("tip", sa.Text, nullable=False),
)
"""Tips that an organiser approved."""

organiser_keys = sa.Table(
    "organiser_keys",
    metadata,
    sa.Column("key_id", Id, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False),
    sa.Index("organiser_keys_sha256", "sha256"),
)

erased = sa.Table(
    "erased",
    metadata,
    sa.Column("attendee_id", Id, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
)
"""Ids of people who were forgotten, so that a late event about one brings nothing back."""

_OPEN = sa.text("state IN ('pending', 'sending', 'retry')")

mails = sa.Table(
    "mails",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("attendee_id", Id, nullable=False),
    sa.Column("gathering_id", Id, nullable=False),
    sa.Column("cause", Id, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("reference", Id, nullable=False),
    sa.Column("own_action", sa.Boolean, nullable=False),
    sa.Column("email", sa.String(320), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("context", Json, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("next_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime),
    sa.Column("sent_at", UtcTime),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("claims", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(120), nullable=False),
    sa.Column("leased_until", UtcTime),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("traceparent", sa.String(64)),
    sa.Column("correlation_id", sa.String(64)),
    sa.Column("taken_back", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("kind", "attendee_id", "cause", "version", name="mails_once"),
    sa.Index("mails_due", "next_at", "number", sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("mails_open", "attendee_id", "number", sqlite_where=_OPEN, postgresql_where=_OPEN),
    sa.Index("mails_of_gathering", "gathering_id", "number"),
    sa.Index("mails_of_attendee", "attendee_id", "number"),
    sa.Index("mails_by_state", "state"),
)
"""One row a mail, for ever: the proof that it was sent, and the reason that it is not sent again.

`taken_back` says why a mail that is being sent is not to be tried again, should it come to that.

`number` is the order in which a person hears. `claims` counts the hand-overs, `attempts` those that count against
the mail. Once a mail is final its context is emptied; of an erased person nothing stays but the key.
"""
