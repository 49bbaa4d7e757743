"""The place for the people of a world: they RSVP, change their minds, read their mail and answer it."""

import asyncio
from datetime import timedelta
from typing import Any

from shared.links import Link, Purpose
from tests.simulation.asking import ask_until_answered
from tests.simulation.services import LINKS

INTERESTS = ["metadata", "zines", "trail running", "board games", "letterpress"]
GOALS = ["learn", "friendship", "career", "collaborate"]
SKILLS = ["data work", "MARC clean-up", "grant writing", "bookbinding"]


class Person:
    """One attendee, who does one thing after the other and believes what they were answered."""

    def __init__(self, world: Any, number: int) -> None:
        self.world, self.number = world, number
        self.email = f"guest{number}@example.org"
        self.attendees: set[str] = set()
        """Ids by which this person was known; a new one after each erasure."""
        self.erased: set[str] = set()
        self.read = 0
        self.keys = 0

    async def live(self) -> None:
        luck = self.world.luck
        await asyncio.sleep(luck.random() * self.world.seconds * 0.4)
        while not self.world.over:
            await luck.choices(
                [self.rsvp, self.read_mail, self.change, self.cancel, self.unsubscribe, self.erase, self.look],
                weights=[4, 8, 2, 1.5, 0.3, self.world.erasures, 1],
            )[0]()
            await asyncio.sleep(luck.random() * 1.5)

    async def rsvp(self) -> None:
        luck, gathering = self.world.luck, self.world.luck.choice(self.world.gatherings)
        self.keys += 1
        body = {
            "email": self.email,
            "name": f"Guest {self.number}",
            "guests": luck.choice([0, 0, 0, 1]),
            "response": luck.choice(["going"] * 6 + ["declined"]),
            "introductions": luck.random() < 0.85,
            "profile": self._profile(),
        }
        path, key = f"/api/v1/gatherings/{gathering}/rsvps", f"{self.email}-{self.keys}"
        status, answer = await self._ask("rsvp", "POST", path, body=body, key=key)
        if status == 201:
            self.world.promised(self, gathering, answer["status"])
        if luck.random() < 0.3:  # a client that is not sure asks again with the same key
            again = await self._ask("rsvp", "POST", path, body=body, key=key)
            if status in (201, 409) and again != (status, answer):
                self.world.broken(1, f"the same key was answered {answer} and then {again}")

    async def read_mail(self) -> None:
        mails = self.world.mail_host.to(self.email)
        if not mails:
            return
        luck = self.world.luck
        mail = mails[min(self.read, len(mails) - 1)] if luck.random() < 0.7 else luck.choice(mails)
        self.read += 1
        told = mail.told
        self.attendees.add(told["attendee_id"])
        token = self._token("my", told)
        if told["kind"] == "address.confirm" and luck.random() < 0.9:
            confirm = self._token("confirm", told)
            await self._mine(told, "POST", "/api/v1/my/rsvp/confirm", confirm)
        elif told["kind"] == "introduction.suggested":
            answer = luck.choice(["accept", "accept", "accept", "pass"])
            path = f"/api/v1/my/introductions/{told['reference']}/answer"
            link = self._token("answer", told, told["reference"])
            status, _ = await self._ask("intro", "POST", path, body={"answer": answer}, token=link)
            if status == 200:
                self.world.answers[told["reference"], told["attendee_id"]] = answer
        elif told["kind"] == "followup.after" and luck.random() < 0.3:
            await self._ask("rsvp", "GET", "/api/v1/my/data", token=token)

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

    async def unsubscribe(self) -> None:
        if told := self._some_mail():
            token = LINKS.sign(Link("unsubscribe", told["attendee_id"]))
            await self._ask("notify", "POST", f"/u/{token}", body=b"List-Unsubscribe=One-Click")

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
        status, answer = await self._ask("rsvp", method, path, token=token, **options)
        if status == 200:
            self.world.promised(self, told["gathering_id"], answer["status"], answer["id"])

    async def _ask(self, *asked: Any, **options: Any) -> tuple[int, Any]:
        status, answer = await ask_until_answered(self.world, *asked, **options)
        shown = {name: answer.get(name) for name in ("id", "status", "code")} if isinstance(answer, dict) else ""
        what = {name: value for name, value in options.items() if name != "token"}
        self.world.trace.note("asked", who=self.email, what=" ".join(asked), status=status, answer=shown, **what)
        return status, answer

    def _some_mail(self) -> dict[str, Any] | None:
        mails = [mail.told for mail in self.world.mail_host.to(self.email) if mail.told["gathering_id"]]
        return self.world.luck.choice(mails) if mails else None

    def _token(self, purpose: Purpose, told: dict[str, Any], reference: str = "") -> str:
        expires = self.world.clock.now() + timedelta(days=400)
        return LINKS.sign(Link(purpose, told["attendee_id"], told["gathering_id"], reference, expires))

    def _profile(self) -> dict[str, Any]:
        luck = self.world.luck
        return {
            "interests": luck.sample(INTERESTS, luck.randint(0, 3)),
            "goals": luck.sample(GOALS, luck.randint(0, 2)),
            "asks": luck.sample(SKILLS, luck.randint(0, 1)),
            "offers": luck.sample(SKILLS, luck.randint(0, 1)),
            "pace": luck.choice(["quiet", "balanced", "outgoing", None]),
            "stage": luck.choice(["new", "experienced", None]),
        }
