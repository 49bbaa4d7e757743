"""The rsvp pages in a real browser: without script, on a small phone, by keyboard and screen reader."""

from collections.abc import AsyncIterator

import pytest

from tests.browser.looking import CHROMIUM, a_browser, look_at, on_a_port
from tests.rsvp.served import Served, serving

SMALL_PHONE = {"width": 320, "height": 640}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]


@pytest.fixture
async def served(sqlite_url: str) -> AsyncIterator[Served]:
    async with serving(sqlite_url) as served:
        yield served


async def test_somebody_rsvps_and_cancels_with_scripts_switched_off(served: Served) -> None:
    gathering = await served.a_gathering(confirm_addresses=False)
    async with on_a_port(served.parts.app) as address, a_browser() as browser:
        page = await (await browser.new_context(java_script_enabled=False)).new_page()
        await page.goto(f"{address}/g/{gathering['slug']}")
        await page.get_by_label("Your e-mail address").fill("dana@example.org")
        await page.get_by_label("Your name").fill("Dana")
        await page.get_by_text("Quietly").click()
        await page.get_by_label("What are you interested in?").fill("metadata\nzines")
        await page.get_by_text("Yes, introduce me to people").click()
        await page.get_by_role("button", name="RSVP").click()
        assert await page.inner_text("h1") == "See you there"

        await page.goto(f"{address}/my/{await served.token(gathering, 'dana')}")
        await page.get_by_role("button", name="I can’t come").click()
        assert "You are not coming" in await page.inner_text("[role=status]")
    [dana] = (await served.roster(gathering)).values()
    assert (dana["status"], dana["introductions"]) == ("cancelled", True)
    assert dana["profile"] == {"pace": "quiet", "interests": ["metadata", "zines"]}


async def test_pages_are_for_everybody_on_a_small_phone_and_on_a_desk(served: Served) -> None:
    gathering = await served.a_gathering(title="Quiet Tables " + "unbroken" * 20)
    await served.rsvps(gathering, "dana" * 15)
    token = await served.token(gathering, "dana" * 15)
    async with on_a_port(served.parts.app) as address, a_browser() as browser:
        page = await (await browser.new_context(viewport=SMALL_PHONE)).new_page()  # type: ignore[arg-type]  # a TypedDict
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
        await page.goto(f"{address}/organise")
        await page.get_by_label("Your key").fill(served.key)
        await page.get_by_role("button", name="Sign in").click()
        slug = gathering["slug"]
        for path in (
            "/",
            f"/g/{slug}",
            f"/my/{token}",
            "/organise",
            "/organise/new",
            f"/organise/g/{slug}",
            "/nowhere",
        ):
            assert await look_at(page, address + path) == [], path
            assert await page.evaluate("getComputedStyle(document.body).marginTop") == "0px", (
                "the style was not applied"
            )
        assert wrong == []
