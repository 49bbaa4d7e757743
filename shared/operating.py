"""The place for what operators ask of a service over HTTP: what it could not handle, why, and what becomes of it.

Like `/metrics` it is answered on the service's own port and never in public: the gateway does not pass it on.
"""

from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared import parked
from shared.contracts.envelope import Envelope
from shared.elsewhere import check_same_site
from shared.parked import ParkedEntry
from shared.tracing import traceparent_within
from shared.transaction import Runner

TAG = "operators, not public"
LARGEST = 2**63 - 1
OPEN: dict[str, Any] = {"security": [{}]}
"""Who reaches the port is let in: it is for the operators' network alone."""
_PROBLEM = {"application/problem+json": {"schema": {"type": "object"}}}
ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request could not be read.", "content": _PROBLEM},
    403: {"description": "A browser says that another website sent this.", "content": _PROBLEM},
    404: {"description": "There is nothing by that number.", "content": _PROBLEM},
    422: {"description": "A field is missing, unknown, or holds something that cannot be taken.", "content": _PROBLEM},
    503: {"description": "The database does not answer right now.", "content": _PROBLEM},
}
Stream = Annotated[str, Path(max_length=120, pattern=r"^[\x20-\x7e]+$")]
Sequence = Annotated[int, Path(ge=0, le=LARGEST)]


class Note(BaseModel):
    """Why an entry is given up."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field(min_length=1, max_length=2_000)


class Nothing(BaseModel):
    """A body is asked for, though it says nothing: no form of another website can send one in JSON."""

    model_config = ConfigDict(extra="forbid")


class EntryListed(BaseModel):
    """An entry that could not be handled, or waits behind one of the same subject."""

    stream: str
    sequence: int
    subject: str
    type: str
    state: Literal["parked", "dead"]
    reason: str
    attempts: int
    since: datetime
    next_at: datetime | None = Field(description="When it is tried again; null for a dead one.")
    traceparent: str | None
    correlation_id: str | None

    @classmethod
    def of(cls, entry: ParkedEntry, **more: Any) -> Self:
        said = _envelope(entry)
        return cls(
            **{name: getattr(entry, name) for name in ("stream", "sequence", "subject", "type", "reason", "attempts")},
            state="dead" if entry.state == "dead" else "parked",
            since=entry.since,
            next_at=None if entry.state == "dead" else entry.next_at,
            traceparent=said.traceparent if said else traceparent_within(entry.body),
            correlation_id=said.correlationid if said else None,
            **more,
        )


class EntryShown(EntryListed):
    """One entry with its body."""

    body: str

    @classmethod
    def whole(cls, entry: ParkedEntry) -> Self:
        return cls.of(entry, body=entry.body)


class Entries(BaseModel):
    items: list[EntryListed]


def operators_api(run: Runner[Any]) -> APIRouter:
    """Routes under /operate."""
    routes = APIRouter(prefix="/operate", tags=[TAG], dependencies=[Depends(check_same_site)], responses=ANSWERS)

    async def shown(stream: str, sequence: int) -> EntryShown:
        return EntryShown.whole(await run.read(_shown, stream, sequence))

    @routes.get("/dead", summary="List what could not be handled", openapi_extra=OPEN)
    async def listed() -> Entries:
        """Every parked or dead entry, with its reason and its trace."""
        return Entries(items=[EntryListed.of(entry) for entry in await run.read(_listed)])

    @routes.get("/dead/{stream}/{sequence}", summary="Show one entry", openapi_extra=OPEN)
    async def one(stream: Stream, sequence: Sequence) -> EntryShown:
        """With its body, which speaks of people."""
        return await shown(stream, sequence)

    @routes.post("/dead/{stream}/{sequence}/redrive", summary="Try an entry again", openapi_extra=OPEN)
    async def redrive(stream: Stream, sequence: Sequence, given: Nothing) -> EntryShown:  # noqa: ARG001 - see Nothing
        """What queues behind it follows in order."""
        await run(parked.redrive, stream, sequence)
        return await shown(stream, sequence)

    @routes.post("/dead/{stream}/{sequence}/drop", summary="Give an entry up", openapi_extra=OPEN)
    async def drop(stream: Stream, sequence: Sequence, given: Note) -> Entries:
        """For good; the note is kept with its number, and what queues behind it goes on. Answers what is left."""
        await run(parked.drop, stream, sequence, given.note)
        return await listed()

    return routes


def _listed(store: Any) -> list[ParkedEntry]:
    return list(parked.listed(store.sql))


def _shown(store: Any, stream: str, sequence: int) -> ParkedEntry:
    return parked.shown(store.sql, stream, sequence)


def _envelope(entry: ParkedEntry) -> Envelope | None:
    with suppress(ValidationError):
        return Envelope.model_validate_json(entry.body)
    return None
