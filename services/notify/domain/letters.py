"""The place for a mail before it is sent: what makes it the same mail, and the facts that it is rendered from."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.notify.domain.facts import Person
from services.notify.domain.kinds import Kind


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person. The same (kind, attendee, cause, version) is the same mail, and goes out once.

    `cause` is the aggregate that it follows from. `context` is JSON. After `expires_at` it is no use any more.
    """

    kind: Kind
    to: Person
    gathering_id: str
    cause: str
    version: int
    context: Mapping[str, Any] = field(default_factory=dict)
    reference: str = ""
    own_action: bool = False
    expires_at: datetime | None = None
    withheld: str = ""

    @property
    def key(self) -> str:
        """`<kind>.<hash>`: the local part of the Message-ID and the name of the file."""
        return letter_key(self.kind, self.to.attendee_id, self.cause, self.version)


def letter_key(kind: str, attendee_id: str, cause: str, version: int) -> str:
    """The same for the same mail, whoever makes it and however often."""
    text = "\x00".join((kind, attendee_id, cause, str(version)))
    return f"{kind}.{hashlib.sha256(text.encode()).hexdigest()[:32]}"
