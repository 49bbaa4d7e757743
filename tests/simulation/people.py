"""The place for the people of a world: they RSVP, change their minds, read their mail and answer it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, get_args

from services.intro.domain.meetings import GoodFor
from shared.links import Link, Purpose
from tests.simulation.asking import ask_until_answered
from tests.simulation.services import LINKS

INTERESTS = ["metadata", "zines", "trail running", "board games", "letterpress"]
GOOD_FOR = get_args(GoodFor)
GOALS = ["learn", "friendship", "career", "collaborate"]
SKILLS = ["data work", "MARC clean-up", "grant writing", "bookbinding"]


class Person:
    """One attendee, who does one thing after the other and believes what they were answered."""

    def __init__(self, world: Any, number: int) -> None:
        self.world, self.number = world, number
        self.email, self.name = f"guest{number}@example.org", f"Guest {number}"
        self.attendees: set[str] = set()
        """Ids by which this person was known; a new one after each erasure."""
        self.erased: set[str] = set()
        self.read = 0
        self.keys = 0
        self.keys_at: Counter[str] = Counter()
        """How many different keys came with RSVPs to each gathering; one that outlived its day counts twice."""

    async def live(self) -> None:
        luck, deeds = self.world.luck, self._deeds()
        await asyncio.sleep(luck.random() * self.world.length * 0.3)
        await self.rsvp()
        while not self.world.over:
            await luck.choices(list(deeds), weights=list(deeds.values()))[0]()
            await asyncio.sleep(luck.random() * 1.5)

    def _deeds(self) -> dict[Callable[[], Awaitable[None]], float]:
        """What this person does, and how often."""
        return {
            self.rsvp: 3,
            self.read_mail: 9,
            self.change: 1.5,
            self.cancel: 1,
            self.look: 1,
            self.wish: 1,
            self.complain: 0.2,
            self.erase: self.world.erasures,
        }

    async def rsvp(self) -> None:
        luck, gathering, now = self.world.luck, self._gathering(), self.world.clock.now()
        self.keys += 1
        self.keys_at[gathering] += 1
        body = {
            "email": self.email,
            "name": self.name,
            "guests": luck.choice([0, 0, 0, 1]),
            "response": luck.choice(["going"] * 6 + ["declined"]),
            "introductions": luck.random() < 0.9,
            "profile": self._profile(),
        }
        path, key = f"/api/v1/gatherings/{gathering}/rsvps", f"{self.email}-{self.keys}"
        erasures = self.world.known.erasures
        status, answer = await self._ask("rsvp", "POST", path, body=body, key=key)
        self.keys_at[gathering] += not self._is_still(now)  # tried for so long that it may be as good as new
        if status == 201:
            self.world.promised(self, gathering, answer["status"], erasures=erasures)
            await self._asks_again(path, body, key, answer, since=now)

    async def _asks_again(self, path: str, body: Any, key: str, answer: Any, *, since: datetime) -> None:
        """A client that is not sure asks again with the same key; one that is careless, with another body."""
        luck = self.world.luck
        if luck.random() < 0.3:
            again = await self._ask("rsvp", "POST", path, body=body, key=key)
            if again != (201, answer) and self._is_still(since):
                self.world.broken(1, f"the same key was answered {answer} and then {again}")
        if luck.random() < 0.1:
            other = await self._ask("rsvp", "POST", path, body=body | {"name": "Somebody else"}, key=key)
            if other[0] != 422 and self._is_still(since):
                self.world.broken(1, f"another body with the same key was answered {other}")

    def _is_still(self, before: datetime) -> bool:
        """Whether no day has passed in the meantime: keys are forgotten after one."""
        return bool(abs(self.world.clock.now() - before) < timedelta(hours=5))

    async def read_mail(self) -> None:
        mails = self.world.mail_host.to(self.email)
        if not mails:
            return
        luck = self.world.luck
        unread = self.read < len(mails)
        mail = mails[self.read] if unread and luck.random() < 0.8 else luck.choice(mails)
        self.read += unread
        told = mail.told
        self.attendees.add(told["attendee_id"])
        if told["kind"] == "address.confirm" and luck.random() < 0.9:
            confirm = self._token("confirm", told)
            await self._mine(told, "POST", "/api/v1/my/rsvp/confirm", confirm)
        elif told["kind"] == "introduction.suggested":
            await self._answer(told)
        elif told["kind"] in ("introduction.made", "table.made", "followup.after"):
            await self._tell_how_it_went(told)
        elif luck.random() < 0.05:
            await self._ask("rsvp", "GET", "/api/v1/my/data", token=self._token("my", told))

    async def _answer(self, told: dict[str, Any]) -> None:
        """Accepts, passes or knows them already, and now and then says another thing later."""
        answer = self.world.luck.choice(["accept"] * 6 + ["pass", "pass", "know"])
        path = f"/api/v1/my/introductions/{told['reference']}/answer"
        link = self._token("answer", told, told["reference"])
        status, _ = await self._ask("intro", "POST", path, body={"answer": answer}, token=link)
        if status == 200:
            self.world.answers[told["reference"], told["attendee_id"]] = answer

    async def _tell_how_it_went(self, told: dict[str, Any]) -> None:
        luck = self.world.luck
        if not (told["reference"] and luck.random() < 0.7):
            return
        body = {"met": luck.random() < 0.8, "again": luck.random() < 0.8, "good_for": luck.sample(GOOD_FOR, 2)}
        path = f"/api/v1/my/introductions/{told['reference']}/feedback"
        await self._ask("intro", "POST", path, body=body, token=self._token("my", told))

    async def change(self) -> None:
        if told := self._some_mail():
            luck = self.world.luck
            what = luck.choice(
                [
                    {"guests": luck.choice([0, 1, 2])},
                    {"introductions": luck.random() < 0.7},
                    {"response": luck.choice(["going", "going", "declined"])},
                    {"profile": self._profile()},
                ]
            )
            await self._mine(told, "PATCH", "/api/v1/my/rsvp", self._token("my", told), body=what)

    async def cancel(self) -> None:
        if told := self._some_mail():
            await self._mine(told, "DELETE", "/api/v1/my/rsvp", self._token("my", told))

    async def wish(self) -> None:
        """No mail any more, which one in two regrets, mail again, or less of it."""
        if told := self._some_mail():
            luck, token = self.world.luck, LINKS.sign(Link("unsubscribe", told["attendee_id"]))
            none, again = b"List-Unsubscribe=One-Click", b"action=restore"
            wanted = luck.choice([none, none, again, b"action=save&topic=reminders", b"action=save"])
            await self._ask("notify", "POST", f"/u/{token}", body=wanted)
            if wanted == none and luck.random() < 0.5:
                await self._ask("notify", "POST", f"/u/{token}", body=again)

    async def complain(self) -> None:
        """Not the person, but their mail provider, of a mail that came some time ago."""
        mails = self.world.mail_host.to(self.email)
        if mails:
            mail, luck = self.world.luck.choice(mails), self.world.luck
            event = luck.choice(["hard_bounce", "soft_bounce", "complaint", "delivered", "delivered"])
            report = {"event": event, "message_id": f"<{mail.key}@tm.example.org>"}
            self.world.mail_host.vouched_for.add(mail.key)
            await self._ask("notify", "POST", "/api/v1/bounces", body=report, signed=True)

    async def erase(self) -> None:
        if told := self._some_mail():
            status, _ = await self._ask("rsvp", "DELETE", "/api/v1/my/data", token=self._token("my", told))
            if status == 204:
                self.erased.add(told["attendee_id"])
                self.world.trace.note("erased", attendee=told["attendee_id"])

    async def look(self) -> None:
        if told := self._some_mail():
            token = self._token("my", told)
            await self._ask("rsvp", "GET", "/api/v1/my/rsvp", token=token)
            await self._ask("intro", "GET", "/api/v1/my/introductions", token=token)

    async def _mine(self, told: Any, method: str, path: str, token: str, **options: Any) -> None:
        erasures = self.world.known.erasures
        status, answer = await self._ask("rsvp", method, path, token=token, **options)
        if status == 200:
            self.world.promised(self, told["gathering_id"], answer["status"], answer["id"], erasures=erasures)

    async def _ask(self, *asked: Any, **options: Any) -> tuple[int, Any]:
        status, answer = await ask_until_answered(self.world, *asked, **options)
        shown = {name: answer.get(name) for name in ("id", "status", "code")} if isinstance(answer, dict) else ""
        what = {name: value for name, value in options.items() if name not in ("token", "signed")}
        self.world.trace.note("asked", who=self.email, what=" ".join(asked), status=status, answer=shown, **what)
        return status, answer

    def _gathering(self) -> str:
        """Most go where the others go."""
        luck, there = self.world.luck, self.world.gatherings
        return str(there[0] if luck.random() < 0.6 else luck.choice(there))

    def _some_mail(self) -> dict[str, Any] | None:
        mails = [mail.told for mail in self.world.mail_host.to(self.email) if mail.told["gathering_id"]]
        return self.world.luck.choice(mails) if mails else None

    def _token(self, purpose: Purpose, told: dict[str, Any], reference: str = "") -> str:
        expires = self.world.clock.now() + timedelta(days=400)
        return LINKS.sign(Link(purpose, told["attendee_id"], told["gathering_id"], reference, expires))

    def _profile(self) -> dict[str, Any]:
        luck = self.world.luck
        return {
            "interests": luck.sample(INTERESTS, luck.randint(1, 4)),
            "goals": luck.sample(GOALS, luck.randint(0, 2)),
            "asks": luck.sample(SKILLS, luck.randint(0, 1)),
            "offers": luck.sample(SKILLS, luck.randint(0, 1)),
            "pace": luck.choice(["quiet", "balanced", "outgoing", None]),
            "stage": luck.choice(["new", "experienced", None]),
            "tip": luck.choice([None, None, "Come early, and ask who else is new."]),
        }
