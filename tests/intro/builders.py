"""The place for memorable people and gatherings in the tests of intro, and a house that hears, matches and answers."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
import sqlalchemy as sa

from services.intro.consumers import HEARS
from services.intro.domain.introductions import Introduction
from services.intro.domain.rounds import Round
from services.intro.handlers.answering import answer_introduction
from services.intro.handlers.rounds import ask_for_round
from services.intro.jobs import JOBS
from services.intro.store import SqlStore
from services.intro.store.inputs import waits
from services.intro.store.introductions import INTRODUCTION, read_introductions
from services.intro.store.tables import introductions, metadata
from services.intro.wiring import Parts, parts_of
from shared.contracts.envelope import EventData, decode
from shared.contracts.rsvp import (
    AttendeeErased,
    AttendeeSuppressed,
    GatheringCancelled,
    GatheringChanged,
    GatheringCreated,
    IntroductionRules,
    OrganiserKeyCreated,
    Profile,
    RsvpCancelled,
    RsvpChanged,
    RsvpConfirmed,
    RsvpDeclined,
    RsvpErased,
    RsvpFacts,
    RsvpWaitlisted,
    TipApproved,
)
from shared.due import Scheduler
from shared.links import Link, Links, Purpose
from shared.organisers import fingerprint
from shared.runner import SqlRunner
from shared.settings import Settings
from shared.signals import Signals
from shared.tables import GROUND, due, outbox
from tests.databases import open_database
from tests.fakes import FakeBus

E = TypeVar("E", bound=EventData)

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
SECRET = "a-secret-that-only-tests-know"
KEY = "tm_the_organisers_key"
SHARE = ("role", "employer", "stage", "interests", "goals", "asks", "offers", "pace", "place", "languages")

KNOWN: dict[str, dict[str, Any]] = {
    "dana": {
        "name": "Dana Reyes",
        "role": "Cataloguer",
        "employer": "Ridge County Library",
        "stage": "changing_career",
        "interests": ("metadata", "zines", "trail running"),
        "asks": ("moving from cataloguing to data work",),
        "offers": ("MARC clean-up",),
    },
    "lee": {
        "name": "Lee Okafor",
        "role": "Data librarian",
        "employer": "Piedmont State University",
        "stage": "experienced",
        "interests": ("metadata", "linked data", "trail running"),
        "asks": ("MARC clean-up",),
        "offers": ("moving from cataloguing to data work",),
    },
    "mina": {"name": "Mina Castellanos", "stage": "new", "interests": ("storytime", "puppetry")},
    "theo": {"name": "Theo Lindqvist", "stage": "experienced", "interests": ("cycling", "storytime")},
    "ruth": {"name": "Ruth", "interests": ("choir",)},
}


@dataclass(slots=True)
class TurnableClock:
    """Stands still until a test turns it."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass(slots=True)
class House:
    """The intro service without its loops: a test says when it hears, matches, and when time passes."""

    parts: Parts
    run: SqlRunner[Any]
    clock: TurnableClock
    engine: sa.Engine
    signals: Signals
    versions: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    profiles: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    gatherings: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def hears(self, *events: EventData) -> None:
        for event in events:
            await self.run(HEARS[type(event)], event)

    async def matches(self) -> None:
        """Everybody who waits gets their suggestions."""
        for gathering_id in await self.run.read(waits):
            await self.parts.matchmaker.serve_gathering(gathering_id)

    async def has_heard(self, *events: EventData) -> None:
        """Hears, and matches after each."""
        for event in events:
            await self.hears(event)
            await self.matches()

    async def runs_the_round(self, gathering: str = "picnic") -> Round:
        wanted = await self.run(ask_for_round, gathering, cause="organiser")
        await self.parts.matchmaker.run_round(wanted)
        done: Round | None = await self.run.read(lambda store: store.rounds.get(wanted.id))
        assert done is not None
        return done

    async def time_passes(self, **by: float) -> None:
        """The clock goes on; what is due by then is done, and who waits is matched."""
        self.clock.time += timedelta(**by)
        scheduler = Scheduler(self.run, JOBS, signals=self.signals, clock=self.clock, chance=random.Random(1))
        await scheduler.do_what_is_due()
        for wanted in await self.run.read(lambda store: store.rounds.asked()):
            await self.parts.matchmaker.run_round(wanted)
        await self.matches()

    async def answers(self, who: str, introduction: Introduction | str, answer: str) -> str:
        found = introduction if isinstance(introduction, str) else introduction.id
        return await self.run(answer_introduction, found, who, answer)  # type: ignore[arg-type]

    def introductions(self, gathering: str | None = None) -> list[Introduction]:
        """Every introduction there ever was, oldest first."""
        with self.engine.connect() as sql:
            where = introductions.c.gathering_id == gathering if gathering else sa.true()
            rows = sql.execute(sa.select(*INTRODUCTION).where(where).order_by(introductions.c.id)).all()
            return read_introductions(sql, rows)

    def only(self) -> Introduction:
        (one,) = self.introductions()
        return one

    def of(self, who: str, gathering: str | None = None) -> list[Introduction]:
        return [i for i in self.introductions(gathering) if who in {seat.attendee_id for seat in i.seats}]

    def said(self, *kinds: type[E]) -> list[E]:
        """What was said so far, oldest first, or only some kinds of it."""
        with self.engine.connect() as sql:
            bodies = sql.execute(sa.select(outbox.c.body).order_by(outbox.c.stream, outbox.c.sequence)).scalars()
            events = [event for body in bodies if (event := decode(body.encode())[1]) is not None]
        return [event for event in events if isinstance(event, kinds or EventData)]  # type: ignore[misc]

    def due(self, kind: str) -> list[datetime]:
        with self.engine.connect() as sql:
            return list(sql.execute(sa.select(due.c.at).where(due.c.kind == kind).order_by(due.c.at)).scalars())

    def rows(self, *tables: sa.Table) -> str:
        """Everything that is stored, as text: for showing that something is nowhere."""
        with self.engine.connect() as sql:
            return "\n".join(
                repr(tuple(row)) for table in tables or _everything() for row in sql.execute(sa.select(table))
            )

    def a_gathering(self, id: str = "picnic", **fields: Any) -> GatheringCreated:  # noqa: A002 - the field's name
        return GatheringCreated(**self._gathering(id, **fields))

    def changed(self, id: str = "picnic", **fields: Any) -> GatheringChanged:  # noqa: A002
        return GatheringChanged(**self._gathering(id, **fields))

    def called_off(self, id: str = "picnic") -> GatheringCancelled:  # noqa: A002
        return GatheringCancelled(**self._gathering(id))

    def _gathering(self, id: str, **fields: Any) -> dict[str, Any]:  # noqa: A002
        rules = {name: fields.pop(name) for name in IntroductionRules.model_fields if name in fields}
        known = self.gatherings.setdefault(id, {"introductions": {}, "in": timedelta(days=7)})
        known["introductions"] |= rules
        known["in"] = fields.pop("starts_in", known["in"])
        starts = NOON + known["in"]
        self.versions[id] += 1
        base = {
            "gathering_id": id,
            "version": self.versions[id],
            "slug": id,
            "url": f"http://localhost:8000/g/{id}",
            "title": "The long table",
            "kind": "conference",
            "format": "in_person",
            "starts_at": starts,
            "ends_at": starts + timedelta(hours=3),
            "timezone": "America/New_York",
        }
        return {**base, **fields, "introductions": IntroductionRules(**known["introductions"])}

    def going(self, who: str, **fields: Any) -> RsvpConfirmed:
        return RsvpConfirmed(**self._facts(who, "going", **fields))

    def changes(self, who: str, **fields: Any) -> RsvpChanged:
        return RsvpChanged(**self._facts(who, fields.pop("status", "going"), **fields))

    def cancels(self, who: str, **fields: Any) -> RsvpCancelled:
        return RsvpCancelled(**self._facts(who, "cancelled", **fields))

    def declines(self, who: str, **fields: Any) -> RsvpDeclined:
        return RsvpDeclined(**self._facts(who, "declined", **fields))

    def waits(self, who: str, **fields: Any) -> RsvpWaitlisted:
        return RsvpWaitlisted(**self._facts(who, "waitlisted", **fields))

    def _facts(self, who: str, status: str, gathering: str = "picnic", **fields: Any) -> dict[str, Any]:
        told = self.profiles.setdefault((who, gathering), {"name": who.title(), "share": SHARE, **KNOWN.get(who, {})})
        told.update(fields)
        rsvp_id = f"{gathering}-{who}"
        self.versions[rsvp_id] += 1
        about = {name: told[name] for name in Profile.model_fields if name in told}
        rest = {name: told[name] for name in RsvpFacts.model_fields if name in told and name != "profile"}
        return {
            "introductions": True,
            "version": self.versions[rsvp_id],
            "rsvp_id": rsvp_id,
            "gathering_id": gathering,
            "attendee_id": who,
            "status": status,
            "email": f"{who}@example.org",
            **rest,
            "profile": Profile(**about),
        }

    def erased(self, who: str, gathering: str = "picnic") -> RsvpErased:
        rsvp_id = f"{gathering}-{who}"
        self.versions[rsvp_id] += 1
        return RsvpErased(version=self.versions[rsvp_id], rsvp_id=rsvp_id, gathering_id=gathering, attendee_id=who)

    def erased_everywhere(self, who: str) -> AttendeeErased:
        self.versions[who] += 1
        return AttendeeErased(version=self.versions[who], attendee_id=who)

    def suppressed(self, who: str, *, suppressed: bool = True) -> AttendeeSuppressed:
        self.versions[who] += 1
        return AttendeeSuppressed(version=self.versions[who], attendee_id=who, suppressed=suppressed)

    def tip(self, who: str, tip: str, *, approved: bool = True, gathering: str = "picnic") -> TipApproved:
        return TipApproved(version=1, gathering_id=gathering, attendee_id=who, tip=tip, approved=approved)

    def key(self, key: str = KEY) -> OrganiserKeyCreated:
        return OrganiserKeyCreated(version=1, key_id="key-1", label="tests", sha256=fingerprint(key))

    def token(
        self, who: str, purpose: Purpose = "my", *, gathering: str = "picnic", reference: str = "", **more: Any
    ) -> str:
        return Links([SECRET]).sign(Link(purpose, who, gathering, reference, **more))

    def http(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.parts.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000")


def _everything() -> Sequence[sa.Table]:
    return [*metadata.sorted_tables, *GROUND.sorted_tables]


def open_house(url: str) -> House:
    """A house on an empty database."""
    engine, clock, signals = open_database(url, metadata), TurnableClock(), Signals()
    chance = random.Random(7)
    run = SqlRunner(engine, source="intro", store=SqlStore, clock=clock, signals=signals, chance=chance)
    settings = Settings(secret_key=SECRET, _env_file=None)  # type: ignore[arg-type]
    parts = parts_of(
        run, settings, bus=FakeBus(), clock=clock, chance=chance, owner=None, signals=signals, close=run.close
    )
    return House(parts, run, clock, engine, signals)
