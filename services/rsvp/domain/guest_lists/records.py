"""The place for what reading a guest list gives: guests, refused rows, and what each column was taken for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.rsvp.domain.addresses import Address
from services.rsvp.domain.profiles import Profile


class Status(StrEnum):
    """What a list says of one guest. Only the first two take part; the last three have no answer yet."""

    GOING = "going"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    PENDING_APPROVAL = "pending_approval"
    """The tool has not let them in yet: approval or payment is outstanding."""
    MAYBE = "maybe"
    INVITED = "invited"


class Field(StrEnum):
    """What a column can be taken for; the value is the word an organiser sees."""

    EXTERNAL_ID = "id"
    ORDER_ID = "order"
    EMAIL = "email"
    ORDER_EMAIL = "email of the order"
    NAME = "name"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    STATUS = "status"
    PAID = "paid"
    REFUNDED = "refunded"
    QUANTITY = "number of tickets"
    GUESTS = "guests"
    GUEST_OF = "plus-one of"
    ADDON_TO = "add-on to a ticket"
    CHECKED_IN = "checked in"
    CREATED_AT = "created"
    CREATED_TIME = "time of day created"
    UPDATED_AT = "updated"
    CONSENT = "introductions"
    SHARE = "what may be shown"
    NAME_SHOWN = "name in the drawing"
    ROLE = "role"
    EMPLOYER = "employer"
    STAGE = "stage"
    INTERESTS = "interests"
    GOALS = "goals"
    ASKS = "asks"
    OFFERS = "offers"
    PACE = "pace"
    AT_MOST = "introductions at most"
    REACH = "reach"
    PLACE = "place"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    LANGUAGES = "languages"
    TIP = "tip"
    QUESTION = "a question"
    REPLY = "the answer to it"
    ANSWER = "an answer, kept with its question"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list, and what it was taken for.

    Of a multiple choice spread over several columns each has the `question` and its own `option`.
    """

    header: str
    taken_for: Field
    option: str | None = None
    question: str = ""


@dataclass(frozen=True, slots=True)
class Guest:
    """One person as the list has them. `line` is where they (first) stand, counted from 1 with the header.

    In JSON that is one document and not lines, it is the place of the entry, counted from 1.
    """

    line: int
    address: Address
    name: str = ""
    external_id: str = ""
    status: Status = Status.GOING
    guests: int = 0
    checked_in: bool = False
    introductions: bool | None = None
    """Consent to introductions; None when the list does not ask."""
    share: tuple[str, ...] | None = None
    """What may be shown of somebody who consents; None when the list does not say."""
    profile: Profile = field(default_factory=Profile)
    answers: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def email(self) -> str:
        return self.address.text


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken, and why, in words for the organiser."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class GuestList:
    """A whole list. `format` is the tool's short name, `title` what an organiser would call the file."""

    format: str
    title: str
    columns: tuple[Column, ...]
    guests: tuple[Guest, ...]
    refused: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[Status, int]:
        """How many people have each status, in the order of `Status`."""
        found = Counter(guest.status for guest in self.guests)
        return {status: found[status] for status in Status if found[status]}
