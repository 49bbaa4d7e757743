"""The place for people who RSVP at a steady pace while things break, and for counting what became of it."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shared.contracts.topology import stream_of
from tests.containers.stack import PARTITIONS, Stack
from tests.waiting import wait_until

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Blow:
    """What happened to the people while one thing was broken."""

    what: str
    answered: int
    silence: float
    flowing_after: float | None


@dataclass(slots=True)
class Crowd:
    """Each person sends one RSVP, and again with the same key until it is answered, as a phone does.

    They go to one gathering a partition in turn, so that each stream, and whoever owns it, has its part in every blow.
    """

    stack: Stack
    gatherings: tuple[str, ...]
    per_second: float
    answered: dict[str, float] = field(default_factory=dict)
    asked: int = 0
    tries: int = 0
    blows: list[Blow] = field(default_factory=list)
    _silent_since: float = field(default_factory=time.monotonic)
    _silence: float = 0.0

    async def come(self) -> None:
        """Until cancelled."""
        limits = httpx.Limits(max_connections=400)
        async with (
            httpx.AsyncClient(base_url=self.stack.url, timeout=PATIENCE_SECONDS, limits=limits) as http,
            asyncio.TaskGroup() as people,
        ):
            while True:
                gathering = self.gatherings[self.asked % len(self.gatherings)]
                self.asked += 1
                people.create_task(self._rsvp(http, gathering, f"guest-{self.asked}-{gathering[-12:]}@example.org"))
                await asyncio.sleep(1 / self.per_second)

    async def _rsvp(self, http: httpx.AsyncClient, gathering: str, email: str) -> None:
        body = {"email": email, "name": "Guest", "response": "going", "introductions": False}
        path, headers = f"/api/v1/gatherings/{gathering}/rsvps", {"Idempotency-Key": email}
        while email not in self.answered:
            self.tries += 1
            try:
                answer = await http.post(path, json=body, headers=headers)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.is_success:
                self._note(email)
            elif answer is not None and answer.status_code < 500 and answer.status_code != 409:
                raise AssertionError(f"an RSVP was refused: {answer.status_code} {answer.text}")
            else:
                await asyncio.sleep(0.2)

    def _note(self, email: str) -> None:
        now = time.monotonic()
        self._silence = max(self._silence, now - self._silent_since)
        self._silent_since = now
        self.answered[email] = now

    async def pause_between_blows(self, answers: int) -> None:
        """Until so many more were answered."""
        goal = len(self.answered) + answers
        await wait_until(lambda: len(self.answered) >= goal, timeout=PATIENCE_SECONDS, what="answers again")

    def begin_blow(self) -> int:
        self._silence, self._silent_since = 0.0, time.monotonic()
        return len(self.answered)

    async def end_blow(self, what: str, before: int) -> None:
        """Waits until in each gathering somebody answered from now on has mail, and notes how long the last took."""
        back = time.monotonic()
        dry = set(self.gatherings)

        async def it_flows() -> bool:
            later = [email for email, at in self.answered.items() if at > back]
            for gathering in sorted(dry):
                firsts = [email for email in later if gathering[-12:] in email][:3]
                if any([await asyncio.to_thread(self.mail_of, email) for email in firsts]):
                    dry.discard(gathering)
            return not dry

        await wait_until(
            it_flows,
            timeout=PATIENCE_SECONDS,
            what=f"mail after: {what}",
            saw=lambda: f"none in {sorted(dry)}\n{self.stack.last_said(lines=20)}",
        )
        flowing = time.monotonic() - back
        self.blows.append(Blow(what, len(self.answered) - before, self._silence, flowing))

    def mail_of(self, email: str) -> list[dict[str, Any]]:
        return self.stack.mails(**{"to.address": email})

    async def count(self) -> "Count":
        """Waits until every mail is in a final state, then counts what every answered person got."""

        def undecided() -> list[str]:
            """Who was answered and has no mail yet that is in a final state."""
            final = self.stack.psql(
                "notify",
                f"SELECT email FROM mails WHERE state NOT IN ('pending', 'sending', 'retry') AND {self._ours}",
            ).split()
            return sorted(set(self.answered) - set(final))

        await wait_until(lambda: not undecided(), timeout=90, what="end of the mail", saw=undecided)
        unknown = set(
            self.stack.psql("notify", f"SELECT email FROM mails WHERE state = 'unknown' AND {self._ours}").split()
        )

        def missing() -> set[str]:
            return set(self.answered) - unknown - set(self._arrived())

        # the mail server shows a mail a moment after it has taken it
        await wait_until(lambda: not missing(), timeout=30, what="mails in the box", saw=missing)
        listed = self._arrived()
        stored = set(
            self.stack.psql(
                "rsvp",
                f"SELECT a.email FROM rsvps r JOIN attendees a ON a.id = r.attendee_id WHERE {self._ours}",
            ).split()
        )
        return Count(set(self.answered), stored, listed, unknown)

    @property
    def _ours(self) -> str:
        return "gathering_id IN ('" + "', '".join(self.gatherings) + "')"

    def _arrived(self) -> Counter[str]:
        return Counter(
            mail["to"][0]["address"]
            for gathering in self.gatherings
            for mail in self.stack.mails(**{"headers.x-tablemates-gathering": gathering})
            if mail["headers"].get("x-tablemates-kind") == "rsvp.confirmed"
        )


@dataclass(frozen=True, slots=True)
class Count:
    """What became of everybody who was answered."""

    answered: set[str]
    stored: set[str]
    arrived: Counter[str]
    unknown: set[str]

    @property
    def lost(self) -> set[str]:
        return self.answered - self.stored

    @property
    def without_mail(self) -> set[str]:
        """Neither a mail, nor a note for the operator that nobody knows whether it arrived."""
        return self.answered - set(self.arrived) - self.unknown

    @property
    def twice(self) -> set[str]:
        return {email for email, times in self.arrived.items() if times > 1}


def table(blows: list[Blow], count: Count) -> str:
    """The kill table, as it stands in deploy/README.md."""
    sums = (
        f"RSVPs answered {len(count.answered)}, lost {len(count.lost)}, mails due {len(count.answered)},"
        f" arrived {len(count.arrived)}, sent twice {len(count.twice)}, unknown {len(count.unknown)},"
        f" missing {len(count.without_mail)}"
    )
    lines = [
        "| killed under load | RSVPs answered meanwhile | longest silence a client saw | mail flows again after |",
        "|---|---|---|---|",
        *(f"| {b.what} | {b.answered} | {b.silence:.1f} s | {b.flowing_after or 0:.1f} s |" for b in blows),
        sums,
    ]
    return "\n".join(lines)


def a_gathering(stack: Stack, title: str, *, introductions: str = "none") -> str:
    """A gathering that anybody may RSVP to, without introductions one mail each; answers its id."""
    starts = datetime.now(UTC) + timedelta(days=40)
    body = {
        "title": title,
        "kind": "happy_hour",
        "format": "in_person",
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=3)).isoformat(),
        "timezone": "Europe/Berlin",
        "confirm_addresses": False,
        "introductions": {"mode": introductions},
    }
    return str(stack.organiser("POST", "/api/v1/gatherings", json=body)["id"])


def a_gathering_for_each_partition(stack: Stack, title: str) -> tuple[str, ...]:
    """As many gatherings as it takes until every stream has one."""
    found: dict[str, str] = {}
    while len(found) < PARTITIONS:
        gathering = a_gathering(stack, title)
        found.setdefault(stream_of("rsvp", gathering, PARTITIONS), gathering)
    return tuple(found.values())


@asynccontextmanager
async def a_crowd(stack: Stack, title: str, *, per_second: float = 8) -> AsyncIterator[Crowd]:
    """People come as long as this is open. Whoever was not answered by then is nobody that anything was promised to."""
    crowd = Crowd(stack, await asyncio.to_thread(a_gathering_for_each_partition, stack, title), per_second)
    coming = asyncio.create_task(crowd.come())
    try:
        await crowd.pause_between_blows(5)
        yield crowd
        await crowd.pause_between_blows(5)
    finally:
        coming.cancel()
        (end,) = await asyncio.gather(coming, return_exceptions=True)
    if end is not None and not isinstance(end, asyncio.CancelledError):
        raise end
