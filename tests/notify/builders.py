"""The place for memorable people and gatherings in the tests of notify, and a post office that hears and sends."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any, TypeVar

import httpx
import sqlalchemy as sa

from services.notify.consumers import HEARS
from services.notify.jobs import JOBS
from services.notify.ports import Mailer
from services.notify.settings import Settings
from services.notify.store.sql_store import SqlStore
from services.notify.store.tables import mails, metadata
from services.notify.wiring import Parts, parts_of
from shared.contracts.envelope import EventData, decode
from shared.contracts.intro import (
    IntroductionFacts,
    IntroductionMade,
    IntroductionSuggested,
    ShownPerson,
    Side,
    TableMade,
)
from shared.contracts.rsvp import (
    GatheringCancelled,
    GatheringChanged,
    GatheringCreated,
    OrganiserKeyCreated,
    Place,
    Profile,
    RsvpCancelled,
    RsvpChanged,
    RsvpConfirmed,
    RsvpDeclined,
    RsvpFacts,
    RsvpLinkRequested,
    RsvpPromoted,
    RsvpRequested,
    RsvpWaitlisted,
)
from shared.due import Scheduler
from shared.links import Link, Links, Purpose
from shared.organisers import fingerprint
from shared.runner import SqlRunner
from shared.settings import load
from shared.signals import Signals
from shared.tables import due, outbox
from tests.databases import open_database
from tests.fakes import FakeBus
from tests.notify.fake_mailer import FakeMailer

E = TypeVar("E", bound=EventData)
R = TypeVar("R", bound=RsvpFacts)
I = TypeVar("I", bound=IntroductionFacts)  # noqa: E741

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
SECRET = "a-secret-that-only-tests-know"
BOUNCE_SECRET = "whsec_dGhlIHNlY3JldCBvZiBib3VuY2Vz"
KEY = "tm_the_organisers_key"
ASHEVILLE = Place(name="The Lantern Room", city="Asheville", region="NC", country="US")
NAMES = {"dana": "Dana Reyes", "lee": "Lee Okafor", "mina": "Mina Castellanos", "theo": "Theo Lindqvist"}

STATUS: dict[type[RsvpFacts], str] = {
    RsvpRequested: "pending",
    RsvpConfirmed: "going",
    RsvpPromoted: "going",
    RsvpChanged: "going",
    RsvpWaitlisted: "waitlisted",
    RsvpCancelled: "cancelled",
    RsvpDeclined: "declined",
    RsvpLinkRequested: "going",
}


class TurnableClock:
    """A clock that goes where it is turned to."""

    def __init__(self) -> None:
        self.at = NOON
        self.ran = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.ran

    def pass_by(self, span: timedelta) -> None:
        self.at += span
        self.ran += max(0.0, span.total_seconds())

    async def sleep(self, seconds: float) -> None:
        self.pass_by(timedelta(seconds=seconds))


def a_gathering(kind: type[E] = GatheringCreated, gathering_id: str = "social", **changed: Any) -> E:  # type: ignore[assignment]
    """The Ridge library system's winter social in Asheville, ten days from noon, 18:30 to 20:30 there."""
    starts = changed.pop("starts_at", datetime(2027, 3, 11, 23, 30, tzinfo=UTC))
    facts: dict[str, Any] = {
        "version": 1,
        "gathering_id": gathering_id,
        "slug": gathering_id,
        "url": f"http://localhost:8000/g/{gathering_id}",
        "title": "Winter social of the Ridge library system",
        "kind": "happy_hour",
        "format": "in_person",
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=2),
        "timezone": "America/New_York",
        "place": ASHEVILLE,
    }
    return kind(**(facts | changed))


def an_rsvp(kind: type[R], who: str = "dana", gathering_id: str = "social", **changed: Any) -> R:
    """One of our people's answers. The RSVP's id is made of both names."""
    profile = Profile(place=changed.pop("place", None))
    facts: dict[str, Any] = {
        "version": 1,
        "rsvp_id": f"{gathering_id}-{who}",
        "gathering_id": gathering_id,
        "attendee_id": who,
        "status": STATUS[kind],
        "email": f"{who}@example.org",
        "name": NAMES.get(who, who.capitalize()),
        "introductions": True,
        "profile": profile,
    }
    if kind is RsvpLinkRequested:
        facts["request"] = "request-1"
    return kind(**(facts | changed))


def a_side(who: str, others: Sequence[str], **changed: Any) -> Side:
    shown = tuple(
        ShownPerson(attendee_id=other, name=NAMES.get(other, other.capitalize()), role="Cataloguer") for other in others
    )
    told: dict[str, Any] = {
        "attendee_id": who,
        "others": shown,
        "reasons": ("You both keep zines and run trails.",),
        "opener": "Which dataset would you clean first?",
    }
    return Side(**(told | changed))


def an_introduction(kind: type[I], people: Sequence[str] = ("dana", "lee"), **changed: Any) -> I:
    sides = tuple(a_side(who, [other for other in people if other != who]) for who in people)
    facts: dict[str, Any] = {
        "version": 1,
        "introduction_id": f"{'+'.join(people)}",
        "gathering_id": "social",
        "people": tuple(people),
    }
    if kind in (IntroductionSuggested, IntroductionMade, TableMade):
        facts["sides"] = sides
    if kind is IntroductionSuggested:
        facts["expires_at"] = NOON + timedelta(days=5)
    return kind(**(facts | changed))


@dataclass(slots=True)
class PostOffice:
    """The notify service with a fake mail host, stepped by hand."""

    run: SqlRunner[Any]
    clock: TurnableClock
    mailer: Any
    parts: Parts
    signals: Signals
    versions: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def hears(self, *events: EventData) -> None:
        """Takes events in, each in a transaction of its own."""
        for event in events:
            await self.run(HEARS[type(event)], event)

    async def sends(self) -> None:
        """Hands over whatever may go now, until nothing more may."""
        sender = self.parts.sender
        for _ in range(200):
            pause = await sender.step()
            flying = list(sender.in_hand.flying.values())
            for task in flying:
                await task
            if pause > 0 and not flying and not sender.in_hand.done:
                return
        raise AssertionError("the sender does not come to rest")

    async def hears_and_sends(self, *events: EventData) -> None:
        await self.hears(*events)
        await self.sends()

    async def turns_to(self, moment: datetime) -> None:
        """Time passes: what is due is done, and what may go is sent."""
        self.clock.pass_by(moment - self.clock.at)
        await self.does_what_is_due()
        await self.sends()

    async def does_what_is_due(self) -> None:
        scheduler = Scheduler(self.run, JOBS, signals=self.signals, clock=self.clock, chance=random.Random(3))
        await scheduler.do_what_is_due()

    async def rows(self, **where: Any) -> list[Any]:
        """Mail rows in their order, narrowed by columns."""

        def read(store: SqlStore) -> list[Any]:
            chosen = [mails.c[name] == value for name, value in where.items()]
            return list(store.sql.execute(sa.select(mails).where(*chosen).order_by(mails.c.number)).all())

        return await self.run.read(read)

    async def states(self, **where: Any) -> list[tuple[str, str, str]]:
        """`(kind, attendee, state)` of every mail, in order."""
        return [(row.kind, row.attendee_id, row.state) for row in await self.rows(**where)]

    async def said(self) -> list[EventData]:
        """What the service said, in order."""

        def read(store: SqlStore) -> list[str]:
            return list(store.sql.execute(sa.select(outbox.c.body).order_by(outbox.c.sequence)).scalars())

        events = [decode(body.encode())[1] for body in await self.run.read(read)]
        return [event for event in events if event is not None]

    async def planned(self) -> dict[str, datetime]:
        """What is due when, by kind."""

        def read(store: SqlStore) -> dict[str, datetime]:
            return {row.kind: row.at for row in store.sql.execute(sa.select(due))}

        return await self.run.read(read)

    def letters(self, to: str | None = None) -> list[EmailMessage]:
        """The mails that the host accepted, read as a mail program reads them."""
        read = [letter_of(body) for _, body in self.mailer.accepted]
        return [letter for letter in read if to is None or to in str(letter["To"])]

    def kinds(self, to: str | None = None) -> list[str]:
        return [str(letter["X-Tablemates-Kind"]) for letter in self.letters(to)]

    def token(self, purpose: Purpose, who: str) -> str:
        return Links([SECRET]).sign(Link(purpose, who))

    def http(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.parts.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


def letter_of(body: bytes) -> EmailMessage:
    letter = message_from_bytes(body, policy=modern)
    assert isinstance(letter, EmailMessage)
    return letter


def text_of(letter: EmailMessage, kind: str = "plain") -> str:
    part = letter.get_body(preferencelist=(kind,))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def the_settings(**changed: Any) -> Settings:
    given = {"secret_key": SECRET, "mail_from": "Tablemates <hello@tables.example>", "bounce_secret": BOUNCE_SECRET}
    return load(Settings, {}, _env_file=None, **(given | changed))


def open_post_office(
    url: str, *, mailer: Mailer | None = None, life: str = "first", clock: TurnableClock | None = None, **settings: Any
) -> PostOffice:
    """A post office on an empty database, or on the one of an earlier `life`."""
    engine = open_database(url, metadata)
    clock, signals, chance = clock or TurnableClock(), Signals(), random.Random(11)
    run = SqlRunner(engine, source="notify", store=SqlStore, clock=clock, signals=signals, chance=chance)
    host = mailer or FakeMailer()
    parts = parts_of(
        run,
        the_settings(**settings),
        mailer=host,
        bus=FakeBus(),
        clock=clock,
        chance=chance,
        owner=None,
        signals=signals,
        close=run.close,
        life=life,
    )
    return PostOffice(run, clock, host, parts, signals)


def an_organisers_key() -> OrganiserKeyCreated:
    return OrganiserKeyCreated(version=1, key_id="key-1", sha256=fingerprint(KEY))


__all__ = [
    "BOUNCE_SECRET",
    "KEY",
    "NOON",
    "SECRET",
    "GatheringCancelled",
    "GatheringChanged",
    "PostOffice",
    "TurnableClock",
    "a_gathering",
    "a_side",
    "an_introduction",
    "an_organisers_key",
    "an_rsvp",
    "letter_of",
    "open_post_office",
    "text_of",
    "the_settings",
]
