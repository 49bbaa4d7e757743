"""The place for what the use cases ask of the outside: the store, the renderer and the mail host."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.notify.domain.facts import Gathering, Introduction, Person, Place, Rsvp
from services.notify.domain.kinds import Kind
from services.notify.domain.letters import Letter
from services.notify.domain.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class MailRow:
    """One mail as its row has it."""

    number: int
    key: str
    kind: Kind
    attendee_id: str
    gathering_id: str
    cause: str
    version: int
    reference: str
    own_action: bool
    email: str
    name: str
    context: Mapping[str, Any]
    state: str
    created_at: datetime
    next_at: datetime
    expires_at: datetime | None
    sent_at: datetime | None
    attempts: int
    claims: int
    owner: str
    leased_until: datetime | None
    error: str
    traceparent: str | None = None
    correlation_id: str | None = None
    taken_back: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered mail on its way to the host. `repeat`: it was handed over before, and nobody knows what came of it."""

    key: str
    sender: str
    recipient: str
    body: bytes
    created_at: datetime
    repeat: bool = False


class Mailer(Protocol):
    """A mail host. One that is `repeatable` takes the same key twice and delivers it once."""

    repeatable: bool
    concurrency: int

    @property
    def ready(self) -> bool:
        """Whether the host was just now in reach, so that there is no need to `prepare`."""
        ...

    async def prepare(self) -> Outcome | None:
        """Makes sure that the host can be talked to, before any mail is claimed. None when it can, else why not."""
        ...

    async def deliver(self, message: Message, go_ahead: asyncio.Event | None = None) -> Outcome:
        """Hands one message over and says what came of it. It does not raise for what a host can do to us.

        With a `go_ahead` everything that comes before the message may be said at once, and nothing of the message
        before it is given. Cancelled until then, nothing was handed over, and where a repeat would be a second mail
        it says so by answering Refused.
        """
        ...

    async def close(self) -> None: ...


class Render(Protocol):
    """The bytes of a mail: the same row, the same bytes."""

    def __call__(self, mail: MailRow) -> Message: ...


class Picture(Protocol):
    """What this service knows of gatherings, people and RSVPs."""

    def gathering(self, gathering_id: str, *, lock: bool = False) -> Gathering | None: ...
    def keep_gathering(self, gathering: Gathering) -> None: ...
    def following(self, after: datetime, *, country: str | None, most: int) -> Sequence[Gathering]: ...
    def person(self, attendee_id: str, *, lock: bool = False) -> Person | None: ...
    def hold_person(self, attendee_id: str, *, now: datetime) -> Person | None:
        """Until the commit, for who is to be forgotten: of whom nothing is known yet, nothing is added meanwhile."""
        ...

    def people(self, attendee_ids: Collection[str]) -> dict[str, Person]:
        """Those who are known; none of them is forgotten before the commit."""
        ...

    def people_at(self, email: str) -> Sequence[Person]: ...
    def keep_person(self, rsvp: Rsvp, *, now: datetime) -> Person: ...
    def keep_wishes(self, person: Person) -> None: ...
    def known_of(self, gathering_id: str, attendee_id: str) -> tuple[Rsvp | None, bool]: ...
    def rsvps_of(self, gathering_id: str, attendee_ids: Collection[str]) -> dict[str, Rsvp]: ...
    def gatherings_of(self, attendee_id: str) -> set[str]: ...
    def coming(
        self, gathering_id: str, statuses: Collection[str], *, after: str = "", most: int | None = None
    ) -> Sequence[Rsvp]: ...
    def absent(self, gathering_id: str) -> set[str]: ...
    def keep_rsvp(self, rsvp: Rsvp) -> None: ...
    def check_in(self, rsvp_id: str, checked_in: bool) -> None: ...
    def tips(self, gathering_id: str) -> Sequence[Mapping[str, str]]: ...
    def tips_of(self, attendee_id: str) -> list[tuple[str, str]]: ...
    def keep_tip(self, gathering_id: str, attendee_id: str, tip: str | None) -> None: ...
    def keep_key(self, key_id: str, sha256: str) -> None: ...
    def revoke_key(self, key_id: str) -> None: ...
    def knows_key(self, sha256: str) -> bool: ...
    def is_erased(self, attendee_id: str) -> bool: ...
    def erased_of(self, attendee_ids: Collection[str]) -> set[str]: ...
    def forget_rsvp(self, rsvp_id: str) -> None: ...
    def forget_person(self, attendee_id: str, *, now: datetime) -> None: ...
    def home_of(self, attendee_id: str) -> Place: ...


class Introductions(Protocol):
    """What this service knows of introductions."""

    def find(self, introduction_id: str) -> Introduction | None:
        """Held until the commit, as those that `quoting` answers: they are kept whole, and no words may be lost."""
        ...

    def keep(self, introduction: Introduction) -> None: ...
    def quoting(self, gathering_id: str, spellings: Collection[str]) -> list[Introduction]: ...
    def made_at(self, gathering_id: str, attendee_ids: Collection[str]) -> dict[str, list[Introduction]]: ...


class Mails(Protocol):
    """The mails and their states; every change of state is a compare-and-set."""

    def add(self, letters: Iterable[Letter], *, now: datetime) -> int: ...
    def find(self, number: int, *, lock: bool = False) -> MailRow | None: ...
    def find_by_key(self, key: str) -> MailRow | None: ...
    def claimable(self, now: datetime, *, most: int) -> Sequence[tuple[MailRow, Person | None]]: ...
    def claim(self, numbers: Sequence[int], *, owner: str, until: datetime) -> dict[int, int]: ...
    def renew(self, numbers: Sequence[int], *, owner: str, until: datetime) -> None: ...
    def under_way(self) -> list[MailRow]: ...
    def settle(
        self,
        number: int,
        *,
        states: Collection[str],
        values: Mapping[str, Any],
        owner: str | None = None,
        claims: int | None = None,
    ) -> bool: ...
    def next_at(self) -> datetime | None: ...
    def supersede(
        self,
        kinds: Collection[str],
        *,
        why: str,
        attendee_id: str | None = None,
        gathering_id: str | None = None,
        reference: str | None = None,
        below: int | None = None,
    ) -> Sequence[MailRow]: ...
    def quoting(self, gathering_id: str, spellings: Collection[str]) -> Sequence[MailRow]: ...
    def waiting_of(self, attendee_id: str) -> Sequence[MailRow]: ...
    def waiting_about(self, reference: str) -> Sequence[MailRow]: ...
    def close(self, number: int, *, why: str) -> None: ...
    def heard_of(self, reference: str, kinds: Collection[str], *, waiting: bool = False) -> set[str]: ...
    def rewrite(self, number: int, context: Mapping[str, Any]) -> None: ...
    def naming(self, attendee_id: str) -> Sequence[MailRow]: ...
    def forget(self, attendee_id: str, *, but: Collection[str] = ()) -> None: ...


class Store(Protocol):
    """This service's repository in one transaction."""

    @property
    def picture(self) -> Picture: ...

    @property
    def introductions(self) -> Introductions: ...

    @property
    def mails(self) -> Mails: ...
