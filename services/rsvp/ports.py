"""The place for what the use cases need of the outside: where gatherings, attendees and RSVPs are kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.rsvp.domain.acquainted import Couple
from services.rsvp.domain.capacity import Waiting
from services.rsvp.domain.gatherings import Gathering
from services.rsvp.domain.keys import OrganiserKey
from services.rsvp.domain.rsvps import Attendee, Rsvp


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request with an idempotency key was answered: the digest of its body, and the answer."""

    body: str
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """What an RSVP will ask for: its gathering, by id or slug, and the person with an address's key there."""

    reference: str
    key: str
    answered_at: Callable[[str], str] | None = None
    """The digest of its idempotency key, given the gathering's id."""


class Store(Protocol):
    """Everything that the rsvp service keeps. `locked` rows stay ours until the transaction ends."""

    def expect(self, expected: Sequence[Expected]) -> None:
        """Looks up at once what several RSVPs will ask for. Inserts may wait from now on, until somebody looks."""
        ...

    def flush(self) -> None:
        """Writes what waits."""
        ...

    def gathering(self, reference: str, *, locked: bool = False) -> Gathering | None:
        """By id or by slug."""
        ...

    def add_gathering(self, gathering: Gathering) -> bool:
        """False when the slug is taken."""
        ...

    def save_gathering(self, gathering: Gathering) -> None: ...

    def save_room(self, gathering: Gathering) -> None:
        """Only `taken` and `line`."""
        ...

    def attendee(self, attendee_id: str, *, locked: bool = False) -> Attendee | None: ...

    def attendee_with(self, key: str) -> Attendee | None: ...

    def person_at(self, gathering_id: str, key: str) -> tuple[Attendee | None, Rsvp | None]:
        """Who has this address, and their RSVP to this gathering."""
        ...

    def add_attendee(self, attendee: Attendee, *, now: datetime) -> Attendee:
        """The attendee with this key, who may have been added at the same moment by another."""
        ...

    def save_links(self, attendee: Attendee) -> None:
        """Only `links` and `links_since`: others may change the rest meanwhile."""
        ...

    def save_suppressed(self, attendee: Attendee) -> None:
        """Only `suppressed` and what counts its changes; the row is to be locked."""
        ...

    def delete_attendee(self, attendee_id: str) -> None: ...

    def drop_parked(self, attendee_id: str) -> None:
        """Deletes what we heard of a person and could not handle yet."""
        ...

    def rsvp(self, rsvp_id: str) -> Rsvp | None: ...

    def rsvp_of(self, gathering_id: str, attendee_id: str) -> Rsvp | None: ...

    def rsvps_of(self, attendee_id: str) -> Sequence[Rsvp]:
        """All of a person's RSVPs, in the order of their gatherings' ids."""
        ...

    def add_rsvp(self, rsvp: Rsvp) -> None: ...

    def save_rsvp(self, rsvp: Rsvp) -> None: ...

    def delete_rsvp(self, rsvp_id: str) -> None: ...

    def line(self, gathering_id: str, *, most: int | None) -> Iterable[Waiting]:
        """Who waits, first come first, whose party is no larger than `most`."""
        ...

    def somebody_waits(self, gathering_id: str, *, most: int) -> bool:
        """Whether anybody waits whose party is no larger than `most`."""
        ...

    def unconfirmed(self, before: datetime, *, most: int) -> Sequence[Rsvp]:
        """RSVPs that have been pending since before then, oldest first."""
        ...

    def answered(self, key: str) -> Answered | None: ...

    def remember_answer(self, key: str, answered: Answered, *, now: datetime) -> None: ...

    def forget_answers(self, before: datetime) -> int: ...

    def forgotten(self, digests: Sequence[str]) -> frozenset[str]:
        """Which of these addresses' digests belong to people who asked to be erased."""
        ...

    def is_forgotten(self, digest: str) -> bool: ...

    def remember_forgotten(self, digest: str, *, now: datetime) -> None: ...

    def welcome_back(self, digest: str) -> None: ...

    def ids_of(self, keys: Sequence[str], *, locked: bool = False) -> Mapping[str, str]:
        """The ids of those of these addresses' owners who are here, by key."""
        ...

    def couples_of(self, digests: Sequence[str], *, locked: bool = False) -> Sequence[Couple]:
        """Everybody whom somebody with one of these addresses is said to know."""
        ...

    def save_couple(self, couple: Couple, gathering_id: str) -> None: ...

    def lose_sight_of(self, digest: str) -> None:
        """Whoever has this address is not here any more; what lists say of it stays until they come."""
        ...

    def forget_couples(self, digest: str) -> None: ...

    def drop_unseen_couples(self, before: datetime) -> None:
        """Deletes what lists of gatherings that were over before then say of people who never came."""
        ...

    def add_upload(self, upload_id: str, gathering_id: str, raw: bytes, *, now: datetime) -> None: ...

    def take_upload(self, upload_id: str, gathering_id: str) -> bytes | None: ...

    def drop_uploads(self, before: datetime) -> None: ...

    def add_key(self, key: OrganiserKey) -> None: ...

    def key(self, key_id: str) -> OrganiserKey | None: ...

    def save_key(self, key: OrganiserKey) -> None: ...
