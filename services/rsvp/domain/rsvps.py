"""The place for what an RSVP is: one attendee's answer to one gathering, and what they agreed to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from services.rsvp.domain.profiles import GUESTS_MAX, NAME_MAX, FieldRefused, Profile, answers_within_bounds, carried
from shared.errors import TablematesError

Status = Literal["pending", "going", "waitlisted", "declined", "cancelled"]
Response = Literal["going", "declined"]
Actor = Literal["attendee", "organiser", "import", "system"]

BLANK = Profile()
PENDING_KEPT = timedelta(days=7)

SHARED_UNLESS_SAID = (
    "role", "employer", "stage", "interests", "goals", "asks", "offers", "pace", "place", "languages", "tip",
)  # fmt: skip
"""Profile fields that may be shown to the people one is introduced to; who consents and says no more shares these."""

SHAREABLE = (*SHARED_UNLESS_SAID, "name")
"""A name goes further, into the drawing of who meets whom that an organiser may hang up: it wants its own yes."""

SHARED_BY_A_LIST = ("stage", "interests", "goals", "asks", "offers", "languages")
"""What counts of somebody whom a list without a word on consent brought: not who they are or where they live."""


class RsvpUnknown(TablematesError):
    """There is no such RSVP to this gathering."""

    code = "rsvp_unknown"
    status = 404


class AttendeeUnknown(TablematesError):
    """Nobody is known by that address or id."""

    code = "attendee_unknown"
    status = 404


class NotConfirmedYet(TablematesError):
    """This RSVP is not confirmed yet; confirm it first by the link in the mail."""

    code = "rsvp_pending"
    status = 409


class NotComing(TablematesError):
    """This person is not coming, so they cannot be checked in."""

    code = "not_coming"
    status = 409


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody tells us with an RSVP. Making one checks every bound (FieldRefused)."""

    name: str = ""
    response: Response = "going"
    guests: int = 0
    introductions: bool = False
    share: tuple[str, ...] | None = None
    """What may be shown; None is every field of the profile, for who wants introductions."""
    profile: Profile = BLANK
    answers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        carried(self.name, field="name", most=NAME_MAX)
        if not 0 <= self.guests <= GUESTS_MAX:
            raise FieldRefused("guests", f"must be from 0 to {GUESTS_MAX}")
        object.__setattr__(self, "answers", answers_within_bounds(self.answers))
        object.__setattr__(self, "share", shared_fields(self.share, introductions=self.introductions))


def shared_fields(share: tuple[str, ...] | None, *, introductions: bool) -> tuple[str, ...]:
    """The fields in the order of SHAREABLE, each once. Raises FieldRefused for one that is not known."""
    if share is None:
        return SHARED_UNLESS_SAID if introductions else ()
    for name in share:
        if name not in SHAREABLE:
            raise FieldRefused("share", f"may hold {', '.join(SHAREABLE)} only")
    return tuple(name for name in SHAREABLE if name in share)


@dataclass(frozen=True, slots=True)
class Attendee:
    """A person, known by one address. `key` is equal for the spellings of it; mail goes to `email`.

    `address_version` is that of the last that was heard of whether they take mail.
    """

    id: str
    email: str
    key: str
    version: int = 1
    suppressed: bool = False
    address_version: int = 0
    links_since: datetime | None = None
    links: int = 0


@dataclass(frozen=True, slots=True)
class Rsvp:
    """One attendee's answer to one gathering, as it is now.

    `place_in_line` orders those who wait. `listed_at` is the time that the newest imported row gave itself,
    `own_word_at` when the attendee last spoke for themselves. `wish` is what they answered, before capacity.
    """

    id: str
    gathering_id: str
    attendee_id: str
    email: str
    status: Status
    name: str = ""
    wish: Response = "going"
    guests: int = 0
    introductions: bool = False
    asked_first: bool = False
    share: tuple[str, ...] = ()
    profile: Profile = BLANK
    answers: Mapping[str, str] = field(default_factory=dict)
    version: int = 1
    place_in_line: int | None = None
    listed_at: datetime | None = None
    own_word_at: datetime | None = None
    by: Actor = "attendee"
    checked_in_at: datetime | None = None
    tip_approved: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def party(self) -> int:
        return self.guests + 1

    @property
    def is_active(self) -> bool:
        return self.status in ("going", "waitlisted")


TOLD_FIELDS = tuple(one.name for one in fields(Told) if one.name != "response")


def told_by(rsvp: Rsvp) -> Told:
    """What an RSVP says in the words it was told."""
    return Told(response=rsvp.wish, **{name: getattr(rsvp, name) for name in TOLD_FIELDS})


def differences(rsvp: Rsvp, told: Told) -> tuple[str, ...]:
    """The names of the fields, beside the answer itself, that the RSVP does not say yet."""
    return tuple(name for name in TOLD_FIELDS if getattr(rsvp, name) != getattr(told, name))


def retold(rsvp: Rsvp, told: Told) -> Rsvp:
    """The RSVP with what was told, its status left as it is. A changed tip has to be approved again."""
    values: dict[str, Any] = {name: getattr(told, name) for name in TOLD_FIELDS}
    same_tip = rsvp.profile.tip == told.profile.tip and "tip" in told.share if told.share else False
    return replace(rsvp, **values, wish=told.response, tip_approved=rsvp.tip_approved and same_tip)
