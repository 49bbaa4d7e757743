"""The place for what a world's checks remember: everything that was ever said, and how far everybody was."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

REPLAY = "replay"
"""Stands among the events that a service heard where it was told to hear all of them again."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One event as it was first committed, whatever becomes of its row."""

    stream: str
    sequence: int
    event: str
    type: str
    subject: str
    at: str
    version: int
    data: dict[str, Any]

    def names(self, attendees: set[str]) -> bool:
        """Whether it speaks of one of these."""
        return any(attendee in str(self.data) for attendee in attendees)


@dataclass(slots=True)
class Known:
    """Filled at every commit; nothing here is ever taken back."""

    positions: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    said: dict[str, dict[str, list[Spoken]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    """By service and stream, in the order of the sequences."""
    erasures: int = 0
    """How many RSVPs and people rsvp said to be erased."""
    claims: int = 0
    """The last claim of a mail that was looked at."""
    replays: set[str] = field(default_factory=set)
    """Services that were told to read everything again."""
    seats: set[str] = field(default_factory=set)
    """Introductions that were seen with their people."""

    def learn(self, service: str, rows: Sequence[Any]) -> None:
        for row in rows:
            told = json.loads(row["body"])
            self.erasures += row["type"].endswith(".erased.v1") and service == "rsvp"
            self.said[service][row["stream"]].append(
                Spoken(
                    row["stream"],
                    row["sequence"],
                    told["id"],
                    row["type"],
                    row["subject"],
                    row["created_at"],
                    told["sequence"],
                    told["data"],
                )
            )

    def events(self, *services: str) -> list[Spoken]:
        """Everything that services said to others, dead letters apart."""
        return [
            spoken
            for service in services
            for stream, said in sorted(self.said[service].items())
            if ".dead." not in stream
            for spoken in said
        ]

    def said_after(self, stream: str, sequence: int, subject: str) -> list[Spoken]:
        """Later events of the same subject."""
        return [
            spoken
            for streams in self.said.values()
            for spoken in streams.get(stream, ())
            if spoken.sequence > sequence and spoken.subject == subject
        ]
