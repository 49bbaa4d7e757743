"""The place for one simulated world: three services, a broker, a mail host, people and trouble, all from one seed."""

import asyncio
import contextvars
import random
from datetime import datetime, timedelta

from shared import tracing
from shared.contracts.rsvp import AttendeeErased
from shared.running import AFTER_AN_ERASURE_SECONDS
from tests.fakes import NOON, FakeBroker, FakeClock
from tests.simulation import invariants, trace
from tests.simulation.databases import Database
from tests.simulation.faults import Faults, drawn
from tests.simulation.mail_host import MailHost
from tests.simulation.organiser import Organiser
from tests.simulation.people import Person
from tests.simulation.poison import Poison, everything_is_redriven
from tests.simulation.processes import WHERE, Process, track_tasks
from tests.simulation.services import Replica
from tests.simulation.troubles import keep_what_survives, troubles_of

SERVICES = ("rsvp", "intro", "notify")
HEALS_WITHIN = 1800.0
"""Virtual seconds after the last trouble in which everything has to have come to its end."""
FARTHEST = timedelta(days=45)


class World:
    """Everything there is, on one virtual clock."""

    def __init__(self, seed: int) -> None:
        self.seed, self.luck = seed, random.Random(seed)
        self.trace = trace.begin()
        tracing._chance = random.Random(seed)  # type: ignore[assignment]
        luck = self.luck
        self.faults, self.drawn = Faults(), drawn(luck)
        self.stretches = [luck.choice((1.5, 2.5, 4.0)) for _ in range(luck.choice((2, 3, 4, 6)))]
        self.length = sum(self.stretches)
        self.erasures = luck.choice((0.0, 0.1, 0.5))
        self.resends = ("rsvp.confirmed", "rsvp.link", "rsvp.changed") if luck.random() < 0.25 else ()
        self.partitions = luck.choice((1, 1, 3))
        self.clock = FakeClock(NOON + timedelta(minutes=luck.randrange(0, 24 * 60)))
        self.broker = FakeBroker()
        self.mail_host = MailHost(self.clock, repeatable=luck.random() < 0.25)
        self.databases = {service: Database(service) for service in SERVICES}
        self.replicas = [
            Replica(self, service, number, shares=shares)
            for service in SERVICES
            for shares in (luck.random() < 0.2,)
            for number in range(2 if shares else 1)
        ]
        self.tables = luck.random() < 0.1
        self.organiser = Organiser(self)
        self.people = [Person(self, number) for number in range(8 if self.tables else luck.choice((2, 3, 4, 6)))]
        self.gatherings: list[str] = []
        self.promises: list[tuple[Person, str, str, str]] = []
        self.violations: list[str] = []
        self.answers: dict[tuple[str, str], str] = {}
        self.known = invariants.Known()
        self.poison = Poison(luck) if luck.random() < 0.15 else None
        self.over = self.faults_began = self.healed = False
        self._reborn: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """One life of the world. Afterwards `violations` says what it broke."""
        track_tasks(asyncio.get_running_loop())
        for replica in self.replicas:
            await replica.start()
        await self.organiser.opens_the_doors()
        self.faults, self.faults_began = self.drawn, True
        self.trace.note("faults", faults=self.faults)
        disk = asyncio.create_task(keep_what_survives(self))
        lives = [asyncio.create_task(person.live()) for person in self.people]
        acts = [self.organiser.acts() for _ in range(self.luck.choice((0, 1, 3, 5)))]
        troubles = [asyncio.create_task(trouble) for trouble in (*troubles_of(self), *acts)]
        for seconds in self.stretches[:-1]:
            await asyncio.sleep(seconds)
            self._let_time_pass()
        await asyncio.sleep(self.stretches[-1])
        self.over = True
        await asyncio.gather(*troubles)
        disk.cancel()
        await self._heal()
        await asyncio.gather(*lives)
        if self.poison:
            await self.poison.runs_its_course(self)
        await everything_is_redriven(self)
        await self._settle()
        if self.luck.random() < 0.3:
            await self._play_on()
        invariants.check_in_the_end(self)
        await self._tidied()
        invariants.check_erasure(self)

    @property
    def erased(self) -> set[str]:
        """Attendees of whom nothing may be left: they asked for it, or never confirmed that they are there."""
        forgotten = {one.subject for one in self.known.events("rsvp") if one.type == AttendeeErased.wire_type}
        return forgotten | {attendee for person in self.people for attendee in person.erased}

    def promised(self, person: Person, gathering_id: str, status: str, rsvp_id: str = "", *, erasures: int) -> None:
        """A client was answered with success; without an id where the answer must not show whether it is the first.

        `erasures` is how many there had been when it was first asked: only one since then may have taken the RSVP away.
        """
        self.promises.append((person, gathering_id, status, rsvp_id))
        if self.known.erasures == erasures:
            invariants.check_promise(self, person.email, gathering_id, status)

    def broken(self, invariant: int, what: str) -> None:
        self.trace.note("BROKEN", invariant=invariant, what=what)
        self.violations.append(f"invariant {invariant}: {what}")

    def kill(self, process: Process, where: str) -> None:
        if not process.alive:
            return
        self.trace.note("killed", process=str(process), where=where)
        self.trace.counts[f"killed {where}"] += 1
        process.kill()
        replica = next(one for one in self.replicas if one.process is process)
        self.revives(replica, after=self.luck.random() * self.luck.choice((0.3, 2.0, 6.0)))

    def revives(self, replica: Replica, *, after: float) -> None:
        """Somebody starts the process again, a little later."""
        context = contextvars.copy_context()
        context.run(WHERE.set, None)
        task = asyncio.get_running_loop().create_task(self._revive(replica, after), context=context)
        self._reborn.add(task)
        task.add_done_callback(self._reborn.discard)

    def committed(self, service: str) -> None:
        """Called after each commit, from inside the runner: nothing may be wrong at any moment."""
        invariants.check_always(self, service)

    def stopped(self, replica: Replica, seconds: float) -> None:
        if seconds > 12:
            self.broken(10, f"{replica.process} took {seconds:.1f} s to stop")
        if replica.service == "notify":
            owner = replica.parts.sender.owner.name
            left = self.databases["notify"].rows("SELECT * FROM mails WHERE state='sending' AND owner=:o", o=owner)
            if left and self.healed:
                self.broken(10, f"{replica.process} stopped cleanly and left {len(left)} mails in doubt")

    def _let_time_pass(self) -> None:
        hours = self.luck.choice((1, 6, 24, None, None, None))
        by = timedelta(hours=hours) if hours else self._until_what_comes_next() or timedelta(days=1)
        self.trace.note("time passes", by=by)
        self.clock.leap(by)

    def _until_what_comes_next(self) -> timedelta | None:
        """Until a little after the next reminder, round, or whatever else is planned."""
        now = self.clock.now()
        planned = [
            datetime.fromisoformat(row["at"])
            for service in ("intro", "notify")  # what rsvp plans is housekeeping
            for row in self.databases[service].rows("SELECT at FROM due")
        ]
        ahead = min((at - now for at in planned if at > now), default=FARTHEST)
        return ahead + timedelta(minutes=self.luck.uniform(0, 10)) if ahead < FARTHEST else None

    async def _heal(self) -> None:
        self.trace.note("heals")
        self.faults.end()
        self.broker.come_back()
        self.mail_host.up = True
        self.healed = True
        self.clock.leap(timedelta(minutes=130))  # what was put off while clocks were ahead is due as well
        for replica in self.replicas:
            if not replica.process.alive:
                await self._revive(replica, 0)

    async def _settle(self) -> None:
        """Waits until nothing is under way any more; what never comes to an end breaks an invariant."""
        until = self.clock.monotonic() + HEALS_WITHIN
        while (left := invariants.all_quiet(self)) and self.clock.monotonic() < until:  # noqa: ASYNC110 - it looks from outside
            await asyncio.sleep(1 if self.clock.monotonic() < until - HEALS_WITHIN + 30 else 20)
        if left:
            self.broken(2, f"{HEALS_WITHIN:.0f} s after everything healed there is still: {left}")
        await asyncio.sleep(2)

    async def _play_on(self) -> None:
        """What is planned for the days and weeks to come comes to pass in a world without trouble."""
        for _ in range(8):
            by = self._until_what_comes_next()
            if by is None:
                return
            self.trace.note("time passes", by=by)
            self.clock.leap(by)
            await self._settle()
            if self.luck.random() < 0.3:
                await self.organiser.makes_room()
                await self._settle()

    async def _tidied(self) -> None:
        """Every service tidies its streams, once every reader has said that it has come to their end."""
        for _ in range(2 if self.erased else 0):
            for replica in self.replicas:
                replica.parts.service.signals.give("tidy")
            await asyncio.sleep(AFTER_AN_ERASURE_SECONDS + 2)

    async def _revive(self, replica: Replica, after: float) -> None:
        await asyncio.sleep(after)
        if not replica.process.alive:
            await replica.start()
