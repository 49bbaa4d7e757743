"""The place for what the mails are about: gatherings, people and introductions as this service pictures them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Status = Literal["pending", "going", "waitlisted", "declined", "cancelled"]
COMING: frozenset[str] = frozenset(("going", "waitlisted"))
NOT_COMING: frozenset[str] = frozenset(("declined", "cancelled"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gathering is held, or where a person is at home."""

    name: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None

    def as_json(self) -> dict[str, str | None]:
        return {"name": self.name, "city": self.city, "region": self.region, "country": self.country}


@dataclass(frozen=True, slots=True)
class Gathering:
    """A gathering as it is now. `start_version` is the version that last moved it in time."""

    gathering_id: str
    version: int
    title: str
    kind: str
    format: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    slug: str = ""
    url: str = ""
    place: Place = field(default_factory=Place)
    join_url: str | None = None
    description: str = ""
    mode: str = "ask"
    start_version: int = 1
    cancelled: bool = False
    cancel_reason: str = ""

    def as_context(self) -> dict[str, Any]:
        """JSON for a mail's row."""
        told = {name: getattr(self, name) for name in self.__slots__}
        times = {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat()}
        return told | times | {"place": self.place.as_json()}

    @classmethod
    def from_context(cls, told: dict[str, Any]) -> "Gathering":
        """What `as_context` wrote. Of a version that is newer, what this one does not know is left out."""
        known = _known(cls, told)
        times = {name: datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at")}
        return cls(**(known | times | {"place": Place(**_known(Place, told["place"]))}))


def _known(kind: Any, told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in kind.__slots__ if name in told}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be written to."""

    attendee_id: str
    email: str
    name: str
    suppressed: Literal["unsubscribed", "bounced", "complained"] | None = None
    muted: frozenset[Literal["reminders", "followups"]] = frozenset()
    address_version: int = 0
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True)
class Rsvp:
    """One attendee's answer to one gathering as it is now."""

    rsvp_id: str
    gathering_id: str
    attendee_id: str
    version: int
    status: Status
    email: str
    name: str
    by: str = "attendee"
    guests: int = 0
    introductions: bool = False
    place: Place = field(default_factory=Place)
    checked_in: bool | None = None

    @property
    def person(self) -> Person:
        return Person(self.attendee_id, self.email, self.name)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one person agreed that another may see of them."""

    attendee_id: str
    name: str
    role: str | None = None
    employer: str | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """An introduction as one of its people reads it."""

    attendee_id: str
    others: tuple[Shown, ...]
    reasons: tuple[str, ...]
    opener: str
    tip: str | None = None
    asked: bool = True

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Side":
        others = tuple(Shown(**other) for other in told["others"])
        return cls(**(told | {"others": others, "reasons": tuple(told["reasons"])}))


@dataclass(frozen=True, slots=True)
class Introduction:
    """An introduction and its people; `state` is the last that was heard of it."""

    introduction_id: str
    gathering_id: str
    version: int
    state: str
    people: tuple[str, ...]
    sides: tuple[Side, ...] = ()
    expires_at: datetime | None = None
    table: bool = False

    def side_of(self, attendee_id: str) -> Side | None:
        return next((side for side in self.sides if side.attendee_id == attendee_id), None)
