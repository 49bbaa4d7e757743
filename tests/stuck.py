"""The place for entries that a service could not handle: two dead ones of one subject, and what becomes of them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from shared.bus import Entry
from shared.contracts.envelope import Envelope, EventData, encode
from shared.contracts.notify import AddressRestored, AddressSuppressed
from shared.contracts.rsvp import RsvpChanged, RsvpConfirmed
from shared.parked import park
from shared.retrying import ParkedRetries
from shared.running import Service
from shared.tables import dropped, parked
from shared.tracing import Context, acting_in
from tests.notify.builders import a_gathering, an_rsvp

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
REASON = "GatheringUnknown: not yet\nand a second line"
TRIED = 12
STREAMS = {"rsvp": "notify.events", "intro": "rsvp.events", "notify": "rsvp.events"}
"""Where each service has heard what it could not handle, as numbers 7 and 8."""


def two_facts(service: str) -> tuple[EventData, EventData]:
    """Two of one subject that this service hears, in their order."""
    if service == "rsvp":
        return (
            AddressSuppressed(attendee_id="dana", reason="unsubscribed", version=1),
            AddressRestored(attendee_id="dana", version=2),
        )
    return an_rsvp(RsvpConfirmed), an_rsvp(RsvpChanged, version=2, changed=("guests",))


async def two_died(service: Service) -> None:
    """Entries 7 and 8 were tried as often as any is."""
    if service.name != "rsvp":
        await service.run(service.hears[type(a_gathering())], a_gathering())
    stream = STREAMS[service.name]
    for sequence, fact in enumerate(two_facts(service.name), 7):
        said = _envelope(fact)
        entry = Entry(sequence, sequence - 1, encode(said))
        await service.run(park, stream, entry, envelope=said, reason=REASON, group=service.name)
    await service.run(_tried_as_often_as_any)


def _tried_as_often_as_any(tx: Any) -> None:
    tx.sql.execute(sa.update(parked).values(state="dead", attempts=TRIED))


def _envelope(fact: EventData) -> Envelope:
    return Envelope(
        id=f"event-{fact.version}",
        source="/tablemates/tests",
        type=fact.wire_type,
        subject=fact.subject,
        time=datetime(2027, 3, 1, 12, tzinfo=UTC),
        sequence=fact.version,
        partitionkey=fact.partition_key,
        traceparent=TRACE,
        correlationid="the-first-cause",
        data=fact.model_dump(mode="json"),
    )


@dataclass(slots=True)
class Overheard:
    """A service's own reader, and the versions that it was handed."""

    reader: Any
    versions: list[int] = field(default_factory=list)

    @property
    def stream(self) -> str:
        return str(self.reader.stream)

    @property
    def group(self) -> str:
        return str(self.reader.group)

    def handle(self, tx: Any, envelope: Envelope, event: EventData | None) -> None:
        self.versions.append(envelope.sequence)
        self.reader.handle(tx, envelope, event)


async def tried_now(service: Service) -> list[int]:
    """The running service looks at what is due, as it does every half minute; answers the versions in their order."""
    overheard = Overheard(service.reader_of(STREAMS[service.name]))
    retries = ParkedRetries(
        group=service.name,
        run=service.run,
        reader_of=lambda _: overheard,
        signals=service.signals,
        clock=service.clock,
    )
    with acting_in(Context()):
        while await retries.try_what_is_due():
            pass
    return overheard.versions


async def notes_kept(service: Service) -> list[tuple[int, str, str]]:
    """What operators gave up: its number, why it had failed, and their note."""
    kept = sa.select(dropped.c.sequence, dropped.c.reason, dropped.c.note).order_by(dropped.c.sequence)
    return await service.run.read(lambda store: [tuple(row) for row in store.sql.execute(kept)])
