"""The place for the intro service's tables."""

import sqlalchemy as sa

from shared.tables import Json, UtcTime

metadata = sa.MetaData()

gatherings = sa.Table(
    "gatherings",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("format", sa.String(20), nullable=False),
    sa.Column("starts_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.Column("closes_at", UtcTime),
    sa.Column("timezone", sa.String(64), nullable=False),
    sa.Column("mode", sa.String(10), nullable=False),
    sa.Column("per_person", sa.Integer, nullable=False),
    sa.Column("rounds_before", Json, nullable=False),
    sa.Column("allow_same_employer", sa.Boolean, nullable=False),
    sa.Column("tables", sa.Boolean, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.Column("stamp", sa.Integer, nullable=False),
    sa.Column("vocabulary", Json),
)
"""What organisers told rsvp. `stamp` grows with every change that matching has to know of."""

attendees = sa.Table(
    "attendees",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("suppressed", sa.Boolean, nullable=False),
    sa.Column("erased", sa.Boolean, nullable=False),
    sa.Column("learnt", Json, nullable=False),
    sa.Column("forgotten_at", UtcTime),
)
"""What holds for somebody everywhere; feedback from before `forgotten_at` is not learnt from.

Of an erased person the id is kept, so that no late event brings them back.
"""

community = sa.Table(
    "community",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("learnt", Json, nullable=False),
)
"""One row: what everybody's feedback together has taught."""

rsvps = sa.Table(
    "rsvps",
    metadata,
    sa.Column("gathering_id", sa.String(64), primary_key=True),
    sa.Column("attendee_id", sa.String(64), primary_key=True),
    sa.Column("rsvp_id", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("introductions", sa.Boolean, nullable=False),
    sa.Column("asked_first", sa.Boolean, nullable=False),
    sa.Column("share", Json, nullable=False),
    sa.Column("profile", Json, nullable=False),
    sa.Column("checked_in", sa.Boolean, nullable=False),
    sa.Column("stamp", sa.Integer, nullable=False),
    sa.Index("rsvps_attendee", "attendee_id"),
    sa.Index("rsvps_stamp", "gathering_id", "stamp"),
)
"""Who answered what, and what they agreed to share; `stamp` is the gathering's at the last change of this row."""

tips = sa.Table(
    "tips",
    metadata,
    sa.Column("gathering_id", sa.String(64), primary_key=True),
    sa.Column("attendee_id", sa.String(64), primary_key=True),
    sa.Column("tip", sa.Text, nullable=False),
    sa.Index("tips_attendee", "attendee_id"),
)
"""Tips that an organiser approved."""

organiser_keys = sa.Table(
    "organiser_keys",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("revoked", sa.Boolean, nullable=False),
)
"""Hashes of the keys that organisers hold."""

introductions = sa.Table(
    "introductions",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("gathering_id", sa.String(64), nullable=False),
    sa.Column("round_id", sa.String(64)),
    sa.Column("status", sa.String(12), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("opener", sa.Text, nullable=False),
    sa.Column("tip_by", sa.String(64)),
    sa.Column("components", Json, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("stamp", sa.Integer, nullable=False),
    sa.Index("introductions_gathering", "gathering_id", "id"),
    sa.Index("introductions_stamp", "gathering_id", "stamp"),
    sa.Index("introductions_round", "round_id"),
)
"""Everything that was ever proposed; `stamp` as in `rsvps`."""

seats = sa.Table(
    "seats",
    metadata,
    sa.Column("introduction_id", sa.String(64), primary_key=True),
    sa.Column("attendee_id", sa.String(64), primary_key=True),
    sa.Column("gathering_id", sa.String(64), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("asked", sa.Boolean, nullable=False),
    sa.Column("answer", sa.String(8)),
    sa.Column("left", sa.Boolean, nullable=False),
    sa.Column("reasons", Json, nullable=False),
    sa.Column("met", sa.Boolean),
    sa.Column("again", sa.Boolean),
    sa.Column("good_for", Json),
    sa.Column("told_at", UtcTime),
    sa.Index("seats_person", "attendee_id", "gathering_id"),
    sa.Index("seats_gathering", "gathering_id"),
)
"""The people of each introduction: what they answered, why it was proposed to them, how it went."""

pairs = sa.Table(
    "pairs",
    metadata,
    sa.Column("a", sa.String(64), primary_key=True),
    sa.Column("b", sa.String(64), primary_key=True),
    sa.Column("gathering_id", sa.String(64), nullable=False),
    sa.Column("introduction_id", sa.String(64), nullable=False),
    sa.CheckConstraint("a < b", name="pairs_in_order"),
    sa.Index("pairs_b", "b"),
    sa.Index("pairs_introduction", "introduction_id"),
)
"""The fence: no two people are proposed to each other twice, ever, in whatever gathering."""

waiting = sa.Table(
    "waiting",
    metadata,
    sa.Column("gathering_id", sa.String(64), primary_key=True),
    sa.Column("attendee_id", sa.String(64), primary_key=True),
    sa.Column("since", UtcTime, nullable=False),
    sa.Index("waiting_since", "since"),
)
"""Who is to be given suggestions as soon as the matcher comes round to it."""

rounds = sa.Table(
    "rounds",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("gathering_id", sa.String(64), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("cause", sa.String(60), nullable=False),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("ran_at", UtcTime),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("people", Json, nullable=False),
    sa.Column("report", Json, nullable=False),
    sa.Column("certificate", Json, nullable=False),
    sa.Column("edges", sa.LargeBinary, nullable=False),
    sa.Index("rounds_gathering", "gathering_id", "id"),
    sa.Index("rounds_state", "state"),
)
"""Rounds that were asked for or ran. Only `people` names anybody (attendee ids); all else speaks of them by number."""
