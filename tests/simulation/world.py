"""The place for one simulated world: three services, a broker, a mail host, people and trouble, all from one seed."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

from services.rsvp.handlers.keys import create_key
from shared import tracing
from shared.streams import Hears
from tests.fakes import NOON, FakeBroker, FakeClock
from tests.simulation import trace
from tests.simulation.asking import ask_until_answered
from tests.simulation.faults import drawn
from tests.simulation.invariants import all_quiet, check_always, check_in_the_end
from tests.simulation.mail_host import MailHost
from tests.simulation.people import Person
from tests.simulation.processes import Process, track_tasks
from tests.simulation.services import Database, Replica

SERVICES = ("rsvp", "intro", "notify")
HEALS_WITHIN = 1800.0
"""Virtual seconds after the last trouble in which everything has to have come to its end."""


class Hiccup(Exception):
    """A handler failed for no reason that anybody could foresee."""


class World:
    """Everything there is, on one virtual clock."""

    def __init__(self, seed: int) -> None:
        self.seed, self.luck = seed, random.Random(seed)
        self.trace = trace.begin()
        tracing._chance = random.Random(seed)  # type: ignore[assignment]
        luck = self.luck
        self.faults = drawn(luck)
        self.seconds = luck.choice((3.0, 5.0, 9.0))
        self.erasures = luck.choice((0.0, 0.1, 0.5))
        self.partitions = luck.choice((1, 1, 3))
        self.clock = FakeClock(NOON + timedelta(minutes=luck.randrange(0, 24 * 60)))
        self.broker = FakeBroker()
        self.mail_host = MailHost(repeatable=luck.random() < 0.25)
        self.databases = {service: Database(service) for service in SERVICES}
        self.replicas = [
            Replica(self, service, number, shares=shares)
            for service in SERVICES
            for shares in (luck.random() < 0.2,)
            for number in range(2 if shares else 1)
        ]
        self.people = [Person(self, number) for number in range(luck.choice((2, 3, 5)))]
        self.gatherings: list[str] = []
        self.promises: list[tuple[Person, str, str, str]] = []
        self.answers: dict[tuple[str, str], str] = {}
        self.violations: list[str] = []
        self.positions: dict[str, dict[str, int]] = {}
        self.over = self.faults_began = False
        self.healed = False
        self._reborn: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """One life of the world. Afterwards `violations` says what it broke."""
        track_tasks(asyncio.get_running_loop())
        faults, self.faults = self.faults, type(self.faults)()
        for replica in self.replicas:
            await replica.start()
        await self._open_the_doors()
        self.faults, self.faults_began = faults, True
        self.trace.note("faults", faults=faults)
        lives = [asyncio.create_task(person.live()) for person in self.people]
        troubles = [asyncio.create_task(trouble) for trouble in self._troubles()]
        for _ in range(self.luck.choice((1, 2, 3))):
            await asyncio.sleep(self.seconds / 2)
            self._let_time_pass()
        await asyncio.sleep(self.seconds / 2)
        self.over = True
        await self._heal(troubles)
        await asyncio.gather(*lives)
        await self._settle()
        check_in_the_end(self)

    def promised(self, person: Person, gathering_id: str, status: str, rsvp_id: str = "") -> None:
        """A client was answered with success; without an id where the answer must not show whether it is the first."""
        self.promises.append((person, gathering_id, status, rsvp_id))

    def broken(self, invariant: int, what: str) -> None:
        self.trace.note("BROKEN", invariant=invariant, what=what)
        self.violations.append(f"invariant {invariant}: {what}")

    def kill(self, process: Process, where: str) -> None:
        if not process.alive:
            return
        self.trace.note("killed", process=str(process), where=where)
        process.kill()
        replica = next(one for one in self.replicas if one.process is process)
        self._later(self._revive(replica, self.luck.random() * self.luck.choice((0.3, 2.0, 6.0))))

    def committed(self, service: str) -> None:
        """Called after each commit, from inside the runner: nothing may be wrong at any moment."""
        check_always(self, service)

    def stopped(self, replica: Replica, seconds: float) -> None:
        if seconds > 12:
            self.broken(10, f"{replica.process} took {seconds:.1f} s to stop")
        if replica.service == "notify":
            owner = replica.parts.sender.owner.name
            left = self.databases["notify"].rows("SELECT * FROM mails WHERE state='sending' AND owner=:o", o=owner)
            if left and self.healed:
                self.broken(10, f"{replica.process} stopped cleanly and left {len(left)} mails in doubt")

    def hears(self, hears: Hears) -> Hears:
        """The services' own consumers, which now and then fail for no reason."""

        def hiccuping(handle: Any) -> Any:
            def heard(tx: Any, event: Any) -> None:
                handle(tx, event)
                if self.luck.random() < self.faults.handler_fails:
                    raise Hiccup

            return heard

        return {kind: hiccuping(handle) for kind, handle in hears.items()}

    async def _open_the_doors(self) -> None:
        rsvp = next(replica for replica in self.replicas if replica.service == "rsvp")
        _, self.key = await rsvp.parts.run(create_key, "the simulation")
        luck, now = self.luck, self.clock.now()
        for number in range(luck.choice((1, 2))):
            starts = now + timedelta(hours=luck.choice((2, 26, 30, 24 * 4)))
            body = {
                "title": f"Quiet Tables {number}",
                "kind": luck.choice(["happy_hour", "meeting", "mentorship", "discussion"]),
                "format": "in_person",
                "starts_at": starts.isoformat(),
                "ends_at": (starts + timedelta(hours=3)).isoformat(),
                "timezone": "America/New_York",
                "capacity": luck.choice([None, 2, 4]),
                "confirm_addresses": luck.random() < 0.5,
                "introductions": {"mode": luck.choice(["ask", "ask", "direct"]), "rounds_before": ["PT20H", "PT1H"]},
            }
            _, answer = await ask_until_answered(self, "rsvp", "POST", "/api/v1/gatherings", body=body, token=self.key)
            self.trace.note("gathering", id=answer["id"], capacity=body["capacity"], starts=starts)
            self.gatherings.append(answer["id"])

    def _troubles(self) -> list[Any]:
        faults = self.faults
        return [
            self._now_and_then(1.0, self.broker.save, forever=True),
            *(self._once(self._broker_trouble) for _ in range(faults.broker_troubles)),
            *(self._once(self._mail_host_outage) for _ in range(faults.mail_host_outages)),
            *(self._once(self._graceful_stop) for _ in range(faults.graceful_stops)),
            *(self._once(self._clock_jump) for _ in range(faults.clock_jumps)),
            *(self._once(self._organiser_acts) for _ in range(self.luck.choice((0, 1, 3)))),
        ]

    async def _once(self, trouble: Any) -> None:
        await asyncio.sleep(self.luck.random() * self.seconds)
        await trouble()

    async def _now_and_then(self, seconds: float, what: Any, *, forever: bool) -> None:
        while forever:
            await asyncio.sleep(seconds)
            if self.broker.up:
                what()

    async def _broker_trouble(self) -> None:
        kind = self.luck.choice(("restart", "power cut", "flush", "flush while gone"))
        self.trace.note("broker", trouble=kind)
        if kind == "flush":
            self.broker.flush()
            return
        if kind == "power cut":
            self.broker.lose_power()
        else:
            self.broker.go()
        if kind == "flush while gone":
            self.broker.flush()
        await asyncio.sleep(self.luck.random() * self.luck.choice((0.1, 3.0, 10.0)))
        self.broker.come_back()
        self.trace.note("broker is back")

    async def _mail_host_outage(self) -> None:
        self.mail_host.up = False
        self.trace.note("mail host is gone")
        await asyncio.sleep(self.luck.random() * 10)
        self.mail_host.up = True

    async def _graceful_stop(self) -> None:
        replica = self.luck.choice(self.replicas)
        if replica.process.alive:
            await replica.stop()
            self._later(self._revive(replica, self.luck.random() * 3))

    async def _clock_jump(self) -> None:
        by = timedelta(minutes=self.luck.choice((-60, -5, 5, 60)))
        self.trace.note("wall clock jumps", by=by)
        self.clock.leap(by)
        await asyncio.sleep(self.luck.random() * self.seconds)
        self.clock.leap(-by)

    async def _organiser_acts(self) -> None:
        gathering = self.luck.choice(self.gatherings)
        path = f"/api/v1/gatherings/{gathering}"
        act = self.luck.choice(("move", "grow", "cancel", "round", "bounce"))
        if act == "bounce":
            self.mail_host.dead_addresses.add(self.luck.choice(self.people).email)
            return
        asked: tuple[str, str, str, Any] = {
            "move": ("rsvp", "PATCH", path, {"starts_at": _iso(self.clock.now() + timedelta(hours=25)),
                                             "ends_at": _iso(self.clock.now() + timedelta(hours=28))}),
            "grow": ("rsvp", "PATCH", path, {"capacity": self.luck.choice((6, 8, None))}),
            "cancel": ("rsvp", "POST", path + "/cancel", {"reason": "a storm"}),
            "round": ("intro", "POST", path + "/rounds", None),
        }[act]  # fmt: skip
        if act == "cancel" and self.luck.random() < 0.6:
            return
        service, method, path, body = asked
        status, _ = await ask_until_answered(self, service, method, path, body=body, token=self.key)
        self.trace.note("organiser", act=act, status=status)

    def _let_time_pass(self) -> None:
        by = self.luck.choice((timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=1)))
        self.trace.note("time passes", by=by)
        self.clock.leap(by)

    async def _heal(self, troubles: list[Any]) -> None:
        self.trace.note("heals")
        troubles[0].cancel()
        await asyncio.gather(*troubles[1:])
        self.faults.end()
        self.broker.come_back()
        self.mail_host.up = True
        self.healed = True
        self.clock.leap(timedelta(minutes=70))  # what was put off while the clock was ahead is due as well
        for replica in self.replicas:
            if not replica.process.alive:
                await self._revive(replica, 0)

    async def _settle(self) -> None:
        """Waits until nothing is under way any more; what never comes to an end breaks an invariant."""
        until = self.clock.monotonic() + HEALS_WITHIN
        while (left := all_quiet(self)) and self.clock.monotonic() < until:  # noqa: ASYNC110 - it looks from outside
            await asyncio.sleep(1 if self.clock.monotonic() < until - HEALS_WITHIN + 30 else 20)
        if left:
            self.broken(2, f"{HEALS_WITHIN:.0f} s after everything healed there is still: {left}")
        await asyncio.sleep(2)

    async def _revive(self, replica: Replica, after: float) -> None:
        await asyncio.sleep(after)
        if not replica.process.alive:
            await replica.start()

    def _later(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine, context=_nowhere())
        self._reborn.add(task)
        task.add_done_callback(self._reborn.discard)


def _nowhere() -> Any:
    import contextvars  # noqa: PLC0415 - only here

    from tests.simulation.processes import WHERE  # noqa: PLC0415 - only here

    context = contextvars.copy_context()
    context.run(WHERE.set, None)
    return context


def _iso(moment: datetime) -> str:
    return moment.isoformat()
