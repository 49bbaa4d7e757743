"""The place for carrying an import out: the file is read whole and checked, then stored some rows at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field

from services.rsvp.domain.guest_lists import GuestList, read_guest_list
from services.rsvp.handlers.lists import Imported, import_guests, plan_of
from services.rsvp.store.views import known_guests, the_gathering
from shared.clock import Clock
from shared.transaction import Runner

CHUNK = 50
REASONS_MOST = 500


class ColumnShown(BaseModel):
    header: str
    taken_for: str


class RefusedShown(BaseModel):
    line: int
    reason: str


class ImportReport(BaseModel):
    """What an import did, or with `preview` would do."""

    preview: bool
    format: str = Field(description="Which tool's list it was taken for.", examples=["luma"])
    title: str
    columns: list[ColumnShown]
    people: int = Field(description="How many people the list names.")
    listed: dict[str, int] = Field(description="What the list says of them, by status.")
    effects: dict[str, int] = Field(
        description="What happened: added, changed, unchanged, kept (their own word stands, or your taking them off), "
        "older (a newer row was here before), unanswered (no answer yet), forgotten (they asked to be erased), refused."
    )
    statuses: dict[str, int] = Field(description="The status that those people have now.")
    refused: list[RefusedShown] = Field(description="Rows that were not taken, by line and reason.")
    notes: list[str]


@dataclass(slots=True)
class Progress:
    """How far an import is."""

    of: int
    outcomes: list[Imported] = field(default_factory=list)

    @property
    def done(self) -> int:
        return len(self.outcomes)


async def read_list(raw: bytes, *, filename: str = "") -> GuestList:
    """The guest list in a file, read beside the event loop. Raises GuestListRefused."""
    return await asyncio.to_thread(read_guest_list, raw, filename=filename)


async def preview_list(run: Runner[Any], clock: Clock, reference: str, guests: GuestList) -> ImportReport:
    """What importing the list would do; nothing is stored."""
    gathering = await run.read(the_gathering, reference)
    known = await run.read(known_guests, gathering.id)
    planned = await asyncio.to_thread(plan_of, gathering, known, guests.guests, now=clock.now())
    return report(guests, planned, preview=True)


async def import_list(run: Runner[Any], reference: str, guests: GuestList) -> AsyncIterator[Progress]:
    """Stores the list; yields after every chunk. Each row is a use case of its own: cut anywhere, it can be repeated.

    Raises GatheringUnknown, GatheringOff, GatheringOver before anything is stored.
    """
    progress = Progress(len(guests.guests))
    for start in range(0, max(progress.of, 1), CHUNK):
        progress.outcomes += await run(import_guests, reference, guests.guests[start : start + CHUNK])
        yield progress


def report(guests: GuestList, outcomes: Sequence[Imported], *, preview: bool) -> ImportReport:
    refused = [RefusedShown(line=one.line, reason=one.reason) for one in guests.refused]
    refused += [RefusedShown(line=one.line, reason=one.reason) for one in outcomes if one.reason]
    effects: dict[str, int] = dict(Counter(one.effect for one in outcomes if one.effect))
    return ImportReport(
        preview=preview,
        format=guests.format,
        title=guests.title,
        columns=[ColumnShown(header=column.header, taken_for=column.taken_for) for column in guests.columns],
        people=len(guests.guests),
        listed={str(status): count for status, count in guests.counts.items()},
        effects={**effects, **({"refused": len(refused)} if refused else {})},
        statuses=dict(Counter(one.status for one in outcomes if one.status)),
        refused=sorted(refused, key=lambda one: one.line)[:REASONS_MOST],
        notes=list(guests.notes),
    )
