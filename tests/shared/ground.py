"""The place for a miniature service on the ground: one table that remembers what was heard, and in which order."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from shared.bus import Entry
from shared.contracts.envelope import EventData
from shared.db import upsert
from shared.due import Jobs
from shared.outbox import Relay
from shared.retrying import ParkedRetries
from shared.signals import Signals
from shared.streams import Hears, Reader
from shared.transaction import Transaction
from tests.databases import open_database
from tests.fakes import FakeBus, FakeClock, InlineRunner

TABLES = sa.MetaData()

heard = sa.Table(
    "heard",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
)

counters = sa.Table(
    "counters", TABLES, sa.Column("name", sa.String(64), primary_key=True), sa.Column("value", sa.Integer)
)


class GuestSpoke(EventData):
    """A guest said something; the tests' own event."""

    wire_type: ClassVar[str] = "tablemates.test.guest_spoke.v1"
    subject_of: ClassVar[str] = "guest"
    partition_of: ClassVar[str] = "guest"

    guest: str
    words: str = ""


JOBS_OF_NOBODY: Jobs = {}


class Indigestible(Exception):
    """This reader cannot stomach that event."""


def remember(tx: Transaction[Any], event: GuestSpoke) -> None:
    tx.sql.execute(heard.insert().values(subject=event.guest, version=event.version))


def speak(tx: Transaction[Any], guest: str = "dana", version: int = 1, words: str = "") -> None:
    tx.say(GuestSpoke(guest=guest, version=version, words=words))


def speak_often(tx: Transaction[Any], times: int, guest: str = "dana", start: int = 1) -> None:
    for version in range(start, start + times):
        speak(tx, guest, version)


def count_up(tx: Transaction[Any], name: str, by: int = 1) -> int:
    """Adds to a counter; answers what it is then."""
    added = upsert(tx.sql, counters).values(name=name, value=by)
    added = added.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + by})
    return int(tx.sql.execute(added.returning(counters.c.value)).scalar_one())


def all_heard(store: Any) -> list[tuple[str, int]]:
    rows = store.sql.execute(sa.select(heard.c.subject, heard.c.version).order_by(heard.c.number))
    return [(row.subject, row.version) for row in rows]


def versions_heard(store: Any) -> list[int]:
    return [version for _, version in all_heard(store)]


def rows_of(store: Any, table: sa.Table) -> list[Any]:
    return list(store.sql.execute(sa.select(table)).all())


def empty_database(url: str = "sqlite://") -> Engine:
    return open_database(url, TABLES)


@dataclass
class Ground:
    """A speaker (`rsvp`) and a listener (`notify`) in one process, on a fake bus and in virtual time."""

    clock: FakeClock = field(default_factory=FakeClock)
    bus: FakeBus = field(default_factory=FakeBus)
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    hears: Hears = field(default_factory=lambda: {GuestSpoke: remember})
    partitions: int = 1

    def __post_init__(self) -> None:
        self.speaker_signals, self.listener_signals = Signals(), Signals()
        self.speaker = InlineRunner(
            empty_database(),
            source="rsvp",
            clock=self.clock,
            signals=self.speaker_signals,
            chance=self.chance,
            partitions=self.partitions,
        )
        self.listener = InlineRunner(
            empty_database(), source="notify", clock=self.clock, signals=self.listener_signals, chance=self.chance
        )
        self.relay = self.a_relay()
        self.reader = self.a_reader()
        self.retries = ParkedRetries(
            group="notify",
            run=self.listener,
            reader_of=lambda _: self.reader,
            signals=self.listener_signals,
            clock=self.clock,
        )

    def a_relay(self, bus: FakeBus | None = None) -> Relay:
        return Relay(self.speaker, bus or self.bus, signals=self.speaker_signals, clock=self.clock)

    def a_reader(self, hears: Hears | None = None, *, linger: float = 0.0) -> Reader:
        return Reader(
            stream="rsvp.events",
            group="notify",
            run=self.listener,
            bus=self.bus,
            hears=hears or self.hears,
            clock=self.clock,
            chance=self.chance,
            linger=linger,
        )

    def on_stream(self, name: str = "rsvp.events") -> list[Entry]:
        there = self.bus.broker.streams.get(name)
        return [entry for _, _, entry in there.entries] if there else []

    def sequences(self, name: str = "rsvp.events") -> list[int]:
        return [entry.sequence for entry in self.on_stream(name)]

    async def versions(self) -> list[int]:
        return await self.listener.read(versions_heard)

    def now(self) -> datetime:
        return self.clock.now()
