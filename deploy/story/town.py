"""The place where the story's people act: over HTTP as anybody would, with their letters, and a clock to turn."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import sqlalchemy as sa

from deploy.embedded.house import House, OnItsWay, on_its_way, open_house
from deploy.story.clock import TurnableClock
from deploy.story.mailboxes import Letter, Mailbox, Maildir
from services.rsvp.handlers.keys import create_key
from shared.errors import TablematesError
from shared.settings import Settings
from shared.tables import due

LOOK_AGAIN_SECONDS = 0.03
PATIENCE_SECONDS = 60.0
STEP = timedelta(minutes=15)


class Refused(TablematesError):
    """The service refused a request of the story."""

    code = "refused"


@dataclass(slots=True)
class Town:
    """Tablemates seen from outside. `key` is an organiser's; `settle` waits until nothing is on its way."""

    http: httpx.AsyncClient
    mailbox: Mailbox
    key: str
    settle: Callable[[], Awaitable[None]]
    now: Callable[[], datetime]
    turn_to: Callable[[datetime], Awaitable[None]] | None = None

    async def organiser(self, method: str, path: str, **request: Any) -> Any:
        """A request with the organiser's key; answers the JSON."""
        headers = {"Authorization": f"Bearer {self.key}"} | request.pop("headers", {})
        return await self._ask(method, path, headers=headers, **request)

    async def anybody(self, method: str, path: str, **request: Any) -> Any:
        """A request of somebody without any key."""
        return await self._ask(method, path, **request)

    async def holder(self, token: str, method: str, path: str, **request: Any) -> Any:
        """A request with the token of a personal link."""
        return await self._ask(method, path, headers={"Authorization": f"Bearer {token}"}, **request)

    async def letters(
        self, *, to: str | None = None, kind: str | None = None, gathering: str | None = None
    ) -> list[Letter]:
        """Letters that arrived, oldest first."""
        return [
            letter
            for letter in await self.mailbox.letters()
            if (to is None or to in letter.to)
            and (kind is None or letter.kind == kind)
            and (gathering is None or letter.gathering == gathering)
        ]

    async def imports(self, gathering: dict[str, Any], guest_list: bytes, media_type: str = "text/csv") -> Any:
        """The organiser imports a guest list."""
        path = f"/api/v1/gatherings/{gathering['id']}/import"
        return await self.organiser("POST", path, content=guest_list, headers={"Content-Type": media_type})

    async def answers(self, letter: Letter, answer: str) -> None:
        """The reader of a suggestion follows its link and answers."""
        if (token := letter.link("/i/")) is None:
            raise Refused(f"The letter {letter.subject!r} has no link to answer by.")
        for introduction in await self.open_introductions(token):
            await self.holder(
                token, "POST", f"/api/v1/my/introductions/{introduction['id']}/answer", json={"answer": answer}
            )

    async def open_introductions(self, token: str) -> Sequence[dict[str, Any]]:
        """What the holder of a link may still answer."""
        listed = (await self.holder(token, "GET", "/api/v1/my/introductions"))["items"]
        return [introduction for introduction in listed if introduction["status"] in ("suggested", "accepted")]

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        answer = await self.http.request(method, path, **request)
        if answer.is_error:
            detail = (
                answer.json().get("detail") if "json" in answer.headers.get("content-type", "") else answer.text[:200]
            )
            raise Refused(f"{method} {path} was answered {answer.status_code}: {detail}")
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text


@asynccontextmanager
async def open_town(settings: Settings, clock: TurnableClock | None = None) -> AsyncIterator[tuple[Town, House]]:
    """A town of its own: all three services in this process, on the embedded default."""
    clock = clock or TurnableClock()
    async with open_house(settings, clock=clock) as house:
        transport = httpx.ASGITransport(house.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=settings.public_url, timeout=60) as http:
            _, key = await house.run("rsvp")(create_key, "the story's organiser")

            async def settle() -> None:
                await until_settled(house)

            async def turn_to(moment: datetime) -> None:
                while clock.now() < moment:
                    clock.turn_to(min(moment, await next_due(house) + STEP))
                    for part in house.parts.values():
                        part.service.signals.give("due")
                    await until_settled(house)

            yield Town(http, Maildir(settings.data_dir / "mail"), key, settle, clock.now, turn_to), house


async def next_due(house: House) -> datetime:
    """When the next thing is planned that people notice, so that a turned clock stops where a real one would have
    passed; hourly housekeeping is done at the next stop.
    """
    planned = [await house.run(name).read(_next_at) for name in house.parts]
    return min((at for at in planned if at is not None), default=datetime.max.replace(tzinfo=UTC) - STEP)


def _next_at(store: Any) -> datetime | None:
    noticed = sa.select(sa.func.min(due.c.at)).where(due.c.subject != "housekeeping")
    at: datetime | None = store.sql.execute(noticed).scalar()
    return at


async def until_settled(house: House) -> None:
    """Waits until nothing is on its way: seen twice, with nothing said in between, since no look sees all three
    services in the same moment. Raises TablematesError, which says what still is.
    """
    before: OnItsWay | None = None
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_SECONDS
    while (now := await on_its_way(house)).waiting or now != before:
        if loop.time() > deadline:
            raise TablematesError(f"After {PATIENCE_SECONDS:.0f} s there is still on its way: {now.waiting}.")
        before = now
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
