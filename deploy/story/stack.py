"""The place for the story on a running stack: over HTTP through the gateway, with letters from maildev's API."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import sqlalchemy as sa

from deploy.cli import say
from deploy.cli.demo import sum_up
from deploy.embedded.house import House, build_parts
from deploy.paths import OneAddress
from deploy.story.mailboxes import Maildev
from deploy.story.script import Story
from deploy.story.town import Town, until_settled
from services.notify.store.tables import mails
from services.rsvp.handlers.keys import create_key
from shared import log
from shared.errors import TryAgainLater
from shared.redis_bus import RedisBus
from shared.settings import Settings, load

SHOWN_WITHIN_SECONDS = 20.0
UP_WITHIN_SECONDS = 180.0
TITLES = {"Blue Ridge Library Association: annual conference", "Happy hour after the conference"}


@asynccontextmanager
async def open_stack(settings: Settings, *, gateway: str, mailbox: str) -> AsyncIterator[Town]:
    """The town as the gateway shows it. The databases are looked at only to know when nothing is on its way."""
    bus = RedisBus(settings.broker_url)
    parts = build_parts(settings, bus)
    house = House(parts, OneAddress({name: part.app for name, part in parts.items()}), bus)
    try:
        _, key = await house.run("rsvp")(create_key, "the story's organiser")
        async with httpx.AsyncClient(base_url=gateway, timeout=60) as http:
            letters = Maildev(mailbox)
            elsewhere = await house.run("notify").read(_sent) - len(await letters.letters())

            async def settle() -> None:
                await until_settled(house)
                sent = await house.run("notify").read(_sent)
                await _until_shown(letters, sent - elsewhere)

            await settle()  # every service has heard of the key
            yield Town(http, letters, key, settle, lambda: datetime.now(UTC))
    finally:
        for part in parts.values():
            part.close()


async def _until_shown(letters: Maildev, count: int) -> None:
    """A mail server may take a mail a moment before it shows it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SHOWN_WITHIN_SECONDS
    while True:
        if len(await letters.letters()) >= count or loop.time() > deadline:
            return
        await asyncio.sleep(0.1)


async def until_up(addresses: Iterable[str], *, within: float = UP_WITHIN_SECONDS) -> None:
    """Until each answers with a success. Raises TryAgainLater after so many seconds, with what one said last."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    async with httpx.AsyncClient(timeout=5) as http:
        for address in addresses:
            while said := await _trouble(http, address):
                if loop.time() > deadline:
                    raise TryAgainLater(f"{address} does not come up: {said}")
                await asyncio.sleep(0.25)


async def _trouble(http: httpx.AsyncClient, address: str) -> str:
    try:
        answer = await http.get(address)
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    return "" if answer.is_success else f"{answer.status_code} {answer.text}"


def _sent(store: Any) -> int:
    return int(store.sql.execute(sa.select(sa.func.count()).where(mails.c.state == "sent")).scalar_one())


async def was_played(town: Town) -> bool:
    """Whether an earlier start has played it; what it made is there still."""
    listed = await town.organiser("GET", "/api/v1/gatherings?limit=200")
    return {gathering["title"] for gathering in listed["items"]} >= TITLES


async def play(settings: Settings, *, gateway: str, mailbox: str, shown: str, needed: Iterable[str]) -> None:
    """Plays the story once what is needed answers, and says where to look every time."""
    await until_up(needed)
    async with open_stack(settings, gateway=gateway, mailbox=mailbox) as town:
        story = Story(town, lambda sentence: say.line(f"  • {sentence}"))
        where = {
            "the pages": f"{settings.public_url}/",
            "organise": f"{settings.public_url}/organise   with the key {town.key}",
            "the mails": shown,
        }
        say.line("Tablemates: from an RSVP to an introduction", style="bold")
        if await was_played(town):
            say.line("  • The story was played at an earlier start; all of it is still here.")
            for what, place in where.items():
                say.line(f"  {what:15} {place}")
            return
        await story.play()
        await sum_up(town, story, where)


def main() -> None:
    with say.plain_failures():
        settings = load(Settings)
        log.configure(settings.log, least=logging.WARNING)
        asyncio.run(
            play(
                settings,
                gateway=os.environ.get("TABLEMATES_GATEWAY", settings.public_url),
                mailbox=os.environ["TABLEMATES_MAILBOX"],
                shown=os.environ.get("TABLEMATES_MAILBOX_SHOWN", os.environ["TABLEMATES_MAILBOX"]),
                needed=os.environ.get("TABLEMATES_NEEDED", "").split(),
            )
        )


if __name__ == "__main__":
    main()
