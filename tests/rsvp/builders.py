"""The place for memorable people and gatherings in the tests of rsvp, and a desk that carries use cases out."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from services.rsvp.domain.addresses import Address, read_address
from services.rsvp.domain.gatherings import Gathering, IntroductionRules, Venue
from services.rsvp.domain.profiles import Profile
from services.rsvp.domain.rsvps import Rsvp, Told
from services.rsvp.handlers.gatherings import create_gathering
from services.rsvp.handlers.rsvps import Received, answer_rsvp
from services.rsvp.store.sql import SqlStore
from services.rsvp.store.tables import metadata, rsvps
from shared.contracts.envelope import EventData, decode
from shared.tables import GROUND, outbox
from shared.transaction import Transaction, record_said
from tests.databases import open_database

P = ParamSpec("P")
R = TypeVar("R")

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
"""A Monday, three weeks before summer time begins in Berlin and two before it does in New York."""
PUBLIC_URL = "http://localhost:8000"


@dataclass(slots=True)
class Desk:
    """Carries out one use case after the other, each in a transaction of its own, on an empty SQLite in memory."""

    now: datetime = NOON
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    engine: sa.Engine = field(default_factory=lambda: open_database("sqlite://", metadata))

    def __call__(self, handler: Callable[Concatenate[Transaction[Any], P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        with self.engine.connect() as sql, sql.begin():
            tx = Transaction(SqlStore(sql), sql, self.now, self.chance, "rsvp", 1)
            result = handler(tx, *args, **kwargs)
            record_said(tx)
            return result

    @contextmanager
    def store(self) -> Iterator[SqlStore]:
        with self.engine.connect() as sql:
            yield SqlStore(sql)

    def clear(self) -> None:
        with self.engine.begin() as sql:
            for table in (*reversed(metadata.sorted_tables), *GROUND.sorted_tables):
                sql.execute(table.delete())

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def said(self, *kinds: type[EventData]) -> list[Any]:
        """What was said so far, oldest first, or only some kinds of it."""
        with self.engine.connect() as sql:
            bodies = sql.execute(sa.select(outbox.c.body).order_by(outbox.c.stream, outbox.c.sequence)).scalars()
            events = [event for body in bodies if (event := decode(body.encode())[1]) is not None]
        return [event for event in events if isinstance(event, kinds or EventData)]

    def rsvp(self, gathering: Gathering, who: str) -> Rsvp:
        with self.store() as store:
            found = store.person_at(gathering.id, address(who).key)[1]
        assert found is not None
        return found

    def gathering(self, gathering: Gathering) -> Gathering:
        with self.store() as store:
            found = store.gathering(gathering.id)
        assert found is not None
        return found

    def statuses(self, gathering: Gathering) -> dict[str, str]:
        """Everybody's status by the part of their address before the @."""
        with self.engine.connect() as sql:
            ids = sql.execute(sa.select(rsvps.c.id).where(rsvps.c.gathering_id == gathering.id)).scalars().all()
            found = [SqlStore(sql).rsvp(one) for one in ids]
        return {one.email.partition("@")[0]: one.status for one in found if one}

    def a_gathering(self, **fields: Any) -> Gathering:
        return self(create_gathering, gathering_fields(now=self.now, **fields), public_url=PUBLIC_URL)

    def answers(self, gathering: Gathering, who: str, **told: Any) -> Received:
        """Somebody RSVPs for themselves."""
        return self(answer_rsvp, gathering.id, address(who), Told(**{"name": who.title(), **told}))

    def is_listed(self, gathering: Gathering, who: str, **told: Any) -> Received:
        """The organiser RSVPs for somebody."""
        told = {"name": who.title(), **told}
        return self(answer_rsvp, gathering.id, address(who), Told(**told), by="organiser")


def gathering_fields(*, now: datetime = NOON, **fields: Any) -> dict[str, Any]:
    return {
        "title": "Quiet Tables",
        "kind": "happy_hour",
        "format": "in_person",
        "starts_at": now + timedelta(days=7),
        "ends_at": now + timedelta(days=7, hours=3),
        "timezone": "America/New_York",
        "place": Venue("The Lantern Room", "Asheville", "NC", "US"),
        "introductions": IntroductionRules(),
        **fields,
    }


def address(who: str) -> Address:
    return read_address(who if "@" in who else f"{who}@example.org")


DANA = Profile(
    role="Cataloguer",
    employer="Ridge County Library",
    stage="changing_career",
    interests=("metadata", "zines", "trail running"),
    asks=("moving from cataloguing to data work",),
    offers=("MARC clean-up",),
    pace="quiet",
    tip="Arrive early: rooms are kinder when they are empty.",
)
