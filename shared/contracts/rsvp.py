"""The place for what the rsvp service says on `rsvp.events`."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.envelope import EventData, Part

Kind = Literal["happy_hour", "conference", "meeting", "roundtable", "mentorship", "discussion"]
Format = Literal["in_person", "virtual", "hybrid"]
Mode = Literal["ask", "direct", "none"]
Pace = Literal["quiet", "balanced", "outgoing"]
Reach = Literal["local", "region", "country", "anywhere"]
Status = Literal["pending", "going", "waitlisted", "declined", "cancelled"]
Actor = Literal["attendee", "organiser", "import", "system"]


class Place(Part):
    """Where a gathering is held, or where a person is at home."""

    name: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None


class IntroductionRules(Part):
    """How introductions work at a gathering. `rounds_before` are ISO 8601 durations before the start."""

    mode: Mode = "ask"
    per_person: int = 3
    rounds_before: tuple[str, ...] = ()
    allow_same_employer: bool = False
    tables: bool = False
    vocabulary: dict[str, tuple[str, ...]] = Field(default={}, description="Words with others that mean the same.")


class Profile(Part):
    """What a person told us about themselves; every field may be missing."""

    role: str | None = None
    employer: str | None = None
    stage: str | None = None
    interests: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    pace: Pace | None = None
    reach: Reach | None = None
    place: Place | None = None
    languages: tuple[str, ...] = ()
    tip: str | None = None
    at_most: int | None = Field(default=None, description="How many introductions they want at most.")


class GatheringFacts(EventData):
    """A gathering as it is now: every event about one carries the whole of it."""

    gathering_id: str
    slug: str
    url: str
    title: str
    kind: Kind
    format: Format
    starts_at: datetime
    ends_at: datetime
    timezone: str
    place: Place | None = None
    join_url: str | None = None
    description: str = ""
    capacity: int | None = None
    rsvp_closes_at: datetime | None = None
    introductions: IntroductionRules = Field(default_factory=IntroductionRules)


class GatheringCreated(GatheringFacts):
    """An organiser created a gathering."""

    wire_type: ClassVar[str] = "tablemates.gathering.created.v1"


class GatheringChanged(GatheringFacts):
    """An organiser changed a gathering; `changed` names the fields."""

    wire_type: ClassVar[str] = "tablemates.gathering.changed.v1"
    changed: tuple[str, ...] = ()


class GatheringCancelled(GatheringFacts):
    """An organiser cancelled a gathering; nobody will meet there."""

    wire_type: ClassVar[str] = "tablemates.gathering.cancelled.v1"
    reason: str = ""


class RsvpFacts(EventData):
    """One attendee's answer to one gathering as it is now, with the whole of what they told us."""

    subject_of: ClassVar[str] = "rsvp_id"

    rsvp_id: str
    gathering_id: str
    attendee_id: str
    status: Status
    email: str
    name: str
    guests: int = 0
    introductions: bool = False
    asked_first: bool = Field(default=False, description="Ask before introducing, whatever the gathering's mode.")
    share: tuple[str, ...] = Field(default=(), description="Profile fields that may be shown to people introduced.")
    profile: Profile = Field(default_factory=Profile)
    by: Actor = "attendee"


class RsvpRequested(RsvpFacts):
    """Somebody RSVPed with an address that is not confirmed yet (`pending`)."""

    wire_type: ClassVar[str] = "tablemates.rsvp.requested.v1"


class RsvpConfirmed(RsvpFacts):
    """An attendee is going."""

    wire_type: ClassVar[str] = "tablemates.rsvp.confirmed.v1"


class RsvpWaitlisted(RsvpFacts):
    """The gathering is full; the attendee waits for a place."""

    wire_type: ClassVar[str] = "tablemates.rsvp.waitlisted.v1"


class RsvpPromoted(RsvpFacts):
    """A place became free and went to the first who waited, who is going now."""

    wire_type: ClassVar[str] = "tablemates.rsvp.promoted.v1"


class RsvpChanged(RsvpFacts):
    """An attendee changed what they told us, or their guests; the status may be any."""

    wire_type: ClassVar[str] = "tablemates.rsvp.changed.v1"
    changed: tuple[str, ...] = ()


class RsvpCancelled(RsvpFacts):
    """An attendee who was pending, going or waiting is not coming."""

    wire_type: ClassVar[str] = "tablemates.rsvp.cancelled.v1"


class RsvpDeclined(RsvpFacts):
    """Somebody answered no, or an organiser's list says so."""

    wire_type: ClassVar[str] = "tablemates.rsvp.declined.v1"


class RsvpLinkRequested(RsvpFacts):
    """The same address RSVPed again: its owner gets a personal link, and nothing else changes."""

    wire_type: ClassVar[str] = "tablemates.rsvp.link_requested.v1"
    request: str = Field(description="Unique a request, so that each one is mailed once.")


class AttendeeCheckedIn(EventData):
    """An attendee was seen at the door, or that was undone."""

    wire_type: ClassVar[str] = "tablemates.rsvp.checked_in.v1"
    subject_of: ClassVar[str] = "rsvp_id"

    rsvp_id: str
    gathering_id: str
    attendee_id: str
    checked_in: bool = True


class RsvpErased(EventData):
    """An erased attendee's RSVP to this gathering is gone; said once a gathering, in its own partition."""

    wire_type: ClassVar[str] = "tablemates.rsvp.erased.v1"
    subject_of: ClassVar[str] = "rsvp_id"

    rsvp_id: str
    gathering_id: str
    attendee_id: str


class AttendeeErased(EventData):
    """A person asked to be forgotten everywhere; only the id is left to say so."""

    wire_type: ClassVar[str] = "tablemates.attendee.erased.v1"
    subject_of: ClassVar[str] = "attendee_id"
    partition_of: ClassVar[str] = "attendee_id"

    attendee_id: str
    requested: bool = Field(default=True, description="False when an unconfirmed RSVP expired: nobody is told.")


class AttendeeSuppressed(EventData):
    """A person wants no mail any more, or their address does not take any: they are not introduced."""

    wire_type: ClassVar[str] = "tablemates.attendee.suppressed.v1"
    subject_of: ClassVar[str] = "attendee_id"
    partition_of: ClassVar[str] = "attendee_id"

    attendee_id: str
    suppressed: bool = True


class PeopleAcquainted(EventData):
    """Two people know each other already, as an organiser's list says: they need no introduction, ever."""

    wire_type: ClassVar[str] = "tablemates.people.acquainted.v1"
    subject_of: ClassVar[str] = "acquaintance_id"

    acquaintance_id: str
    gathering_id: str = Field(description="Whose organiser said so; it holds everywhere.")
    people: tuple[str, ...] = Field(description="The two attendees' ids.")


class TipApproved(EventData):
    """An organiser approved (or withdrew) an attendee's tip, which may close the mails of others."""

    wire_type: ClassVar[str] = "tablemates.tip.approved.v1"

    gathering_id: str
    attendee_id: str
    rsvp_id: str = Field(default="", description="The RSVP that the tip came with; older events do not say it.")
    tip: str
    approved: bool = True

    @property
    def subject(self) -> str:
        """Not the gathering, of which only the last tip would be kept after a month."""
        return self.rsvp_id or self.gathering_id


class OrganiserKeyCreated(EventData):
    """An organiser's key may be used; only its SHA-256 travels."""

    wire_type: ClassVar[str] = "tablemates.organiser_key.created.v1"
    subject_of: ClassVar[str] = "key_id"
    partition_of: ClassVar[str] = "key_id"

    key_id: str
    label: str = ""
    sha256: str


class OrganiserKeyRevoked(EventData):
    """An organiser's key must not be used any more."""

    wire_type: ClassVar[str] = "tablemates.organiser_key.revoked.v1"
    subject_of: ClassVar[str] = "key_id"
    partition_of: ClassVar[str] = "key_id"

    key_id: str
