"""The place for a world's organiser: opens gatherings, moves, fills and cancels them, checks people in."""

import asyncio
from datetime import timedelta
from typing import Any

from services.rsvp.handlers.keys import create_key
from tests.simulation.asking import ask_until_answered

WITH_TABLES = {"kind": "happy_hour", "capacity": None, "confirm_addresses": False}
AT_A_TABLE = {"tables": True, "per_person": 1}  # with an only place, everybody who likes tables waits for one
OFTEN = ("move", "grow", "round", "check in", "check in", "tip", "take off", "cancel")


class Organiser:
    """Does one thing after the other, and sees to it that each is answered."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.key = ""

    async def opens_the_doors(self) -> None:
        rsvp = next(replica for replica in self.world.replicas if replica.service == "rsvp")
        _, self.key = await rsvp.parts.run(create_key, "the simulation")
        for number in range(self.world.luck.choice((1, 1, 2, 3))):
            body = self._gathering(number)
            if self.world.tables and number == 0:
                body |= WITH_TABLES
                body["introductions"] |= AT_A_TABLE | {"mode": self.world.luck.choice(["ask", "direct"])}
            _, answer = await self._ask("rsvp", "POST", "/api/v1/gatherings", body)
            self.world.gatherings.append(answer["id"])
            told = {name: body[name] for name in ("capacity", "starts_at", "introductions")}
            self.world.trace.note("gathering", id=answer["id"], **told)

    async def acts(self) -> None:
        """One act, at a moment drawn by lot."""
        luck = self.world.luck
        await asyncio.sleep(luck.random() * self.world.length)
        act = luck.choice(OFTEN)
        asked = await self._what(act, luck.choice(self.world.gatherings))
        if asked is None or (act == "cancel" and luck.random() < 0.5):
            return
        status, _ = await self._ask(*asked)
        self.world.trace.note("organiser", act=act, status=status)

    async def makes_room(self) -> None:
        """A small change, of which nobody is to be reminded anew."""
        path = f"/api/v1/gatherings/{self.world.luck.choice(self.world.gatherings)}"
        await self._ask("rsvp", "PATCH", path, {"capacity": None})

    async def _what(self, act: str, gathering: str) -> tuple[str, str, str, Any] | None:
        path, luck = f"/api/v1/gatherings/{gathering}", self.world.luck
        if act in ("tip", "take off"):
            there = await self._roster(path)
            rsvp = f"{path}/rsvps/{luck.choice(there)['id']}" if there else ""
            tip = "rsvp", "PUT", f"{rsvp}/tip", {"approved": luck.random() < 0.8}
            return (tip if act == "tip" else ("rsvp", "DELETE", rsvp, None)) if rsvp else None
        asked: dict[str, tuple[str, str, str, Any]] = {
            "move": ("rsvp", "PATCH", path, self._times(luck.choice((4, 25, 50)))),
            "grow": ("rsvp", "PATCH", path, {"capacity": luck.choice((6, 8, None))}),
            "round": ("intro", "POST", path + "/rounds", None),
            "cancel": ("rsvp", "POST", path + "/cancel", {"reason": "a storm"}),
            "check in": ("rsvp", "POST", path + "/check-ins", self._seen(luck.choice(self.world.people))),
        }
        return asked[act]

    def _seen(self, person: Any) -> dict[str, Any]:
        return {"email": person.email, "checked_in": self.world.luck.random() < 0.8}

    def _times(self, hours: float) -> dict[str, str]:
        starts = self.world.clock.now() + timedelta(hours=hours)
        return {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=3)).isoformat()}

    async def _roster(self, path: str) -> list[dict[str, Any]]:
        status, answer = await self._ask("rsvp", "GET", path + "/rsvps", None)
        return answer["items"] if status == 200 else []

    async def _ask(self, service: str, method: str, path: str, body: Any) -> tuple[int, Any]:
        return await ask_until_answered(self.world, service, method, path, body=body, token=self.key)

    def _gathering(self, number: int) -> dict[str, Any]:
        luck = self.world.luck
        return {
            "title": f"Quiet Tables {number}",
            "kind": luck.choice(["happy_hour", "meeting", "mentorship", "discussion"]),
            "format": "in_person",
            **self._times(luck.choice((2, 26, 30, 24 * 4))),
            "timezone": luck.choice(["America/New_York", "Pacific/Auckland"]),
            "capacity": luck.choice([None, None, 2, 4]),
            "confirm_addresses": luck.random() < 0.5,
            "introductions": {
                "mode": luck.choice(["ask", "ask", "direct"]),
                "rounds_before": ["PT20H", "PT1H"],
                "tables": luck.random() < 0.3,
            },
        }
