"""The place for the envelope: one CloudEvents 1.0 event in JSON, and the registry of every event type."""

import re
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import to_json

from shared.errors import TablematesError

REGISTRY: dict[str, type["EventData"]] = {}


class UnreadableEntry(TablematesError):
    """The entry is not a CloudEvents 1.0 event that this reader can decode."""

    code = "unreadable_entry"


class Part(BaseModel):
    """A piece of an event's data. Producers fill every field; readers ignore what they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class EventData(Part):
    """What happened, in the past tense. Subclasses name their wire type, subject and partition.

    `wire_type` is `tablemates.<service>.<event>.v<n>`; `subject_of` and `partition_of` name the fields
    whose values are the aggregate's id and the partition key.
    """

    wire_type: ClassVar[str] = ""
    subject_of: ClassVar[str] = "gathering_id"
    partition_of: ClassVar[str] = "gathering_id"

    version: int = Field(ge=1, description="The aggregate's version after this event.")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "wire_type" in cls.__dict__ and cls.wire_type:
            REGISTRY[cls.wire_type] = cls

    @property
    def subject(self) -> str:
        return str(getattr(self, self.subject_of))

    @property
    def partition_key(self) -> str:
        return str(getattr(self, self.partition_of))


class Envelope(BaseModel):
    """CloudEvents 1.0 in JSON, with the extensions sequence, partitionkey, traceparent and correlationid."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: int
    partitionkey: str
    traceparent: str | None = None
    correlationid: str | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]

    def event(self) -> EventData | None:
        """The typed event, or None for a type that this version does not know yet."""
        known = REGISTRY.get(self.type)
        return known.model_validate(self.data) if known else None


def encode(envelope: Envelope) -> bytes:
    """UTF-8 JSON of the envelope."""
    return envelope.model_dump_json(exclude_none=True).encode()


def encode_event(event: EventData, *, traceparent: str | None, correlationid: str | None, **said: Any) -> bytes:
    """What `encode` makes of an envelope around an event (`id`, `source`, `time` are given), in a third of the time."""
    traced = {"traceparent": traceparent} if traceparent else {}
    correlated = {"correlationid": correlationid} if correlationid else {}
    return to_json(
        {
            "specversion": "1.0",
            "id": said["id"],
            "source": said["source"],
            "type": event.wire_type,
            "subject": event.subject,
            "time": said["time"],
            "sequence": event.version,
            "partitionkey": event.partition_key,
            **traced,
            **correlated,
            "datacontenttype": "application/json",
            "data": event,
        }
    )


def decode(body: bytes) -> tuple[Envelope, EventData | None]:
    """Reads one entry's body. Raises UnreadableEntry, which names the fields that did not fit."""
    if (whole := _decode_at_once(body)) is not None:
        return whole
    try:
        envelope = Envelope.model_validate_json(body)
        return envelope, envelope.event()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)[:5])
        raise UnreadableEntry(f"The entry cannot be decoded: {wrong}") from None


_TYPE = re.compile(rb'"type":"([^"\\]+)"')


def _decode_at_once(body: bytes) -> tuple[Envelope, EventData | None] | None:
    """Envelope and event in one pass, two thirds of the time. None where that is not possible: a type that is not known
    or not where we write it, or an entry in which something does not fit.
    """
    found = _TYPE.search(body)
    known = REGISTRY.get(found.group(1).decode("utf-8", "replace")) if found else None
    if known is None:
        return None
    try:
        envelope = _around(known).model_validate_json(body)
    except ValidationError:
        return None
    event: Any = envelope.data
    return (envelope, event) if envelope.type == known.wire_type else None


@cache
def _around(event: type[EventData]) -> type[Envelope]:
    """An envelope whose data is this event."""
    return create_model("Envelope", __base__=Envelope, data=(event, ...))
