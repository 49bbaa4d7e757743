"""The intro pages in a real browser: for everybody, on a small phone and on a desk, by light and in the dark."""

from datetime import timedelta

import pytest

from tests.browser.looking import CHROMIUM, a_browser, look_at, on_a_port
from tests.intro.builders import KEY, House, open_house

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]


async def a_week_of(house: House) -> str:
    """Ten people, of whom some answered, one asks for nothing, and a round; answers the round's id."""
    await house.hears(house.key(), house.a_gathering(title="Quiet tables " + "unbroken" * 12))
    for who in ("dana", "lee", "mina", "theo", "ruth", "ana", "bo", "cleo", "dan"):
        await house.has_heard(house.going(who, share=("interests", "stage", "role", "employer", "name")))
    await house.hears(house.going("eve" * 30, introductions=False))
    done = await house.runs_the_round()
    for one, answer in zip(house.of("dana"), ("accept", "pass", "know"), strict=False):
        await house.answers("dana", one, answer)
        other = next(who for who in one.people if who != "dana")
        await house.answers(other, one, "accept") if answer == "accept" else None
    return done.id


async def test_pages_are_for_everybody_on_a_small_phone_and_on_a_desk(sqlite_url: str) -> None:
    house = open_house(sqlite_url)
    round_id = await a_week_of(house)
    async with on_a_port(house.parts.app) as address, a_browser() as browser:
        context = await browser.new_context(extra_http_headers={"Authorization": f"Bearer {KEY}"})
        page = await context.new_page()
        suggested = house.token("lee", "answer", reference=house.of("lee")[0].id)
        for path in (
            f"/i/{house.token('dana')}",
            f"/i/{suggested}?answer=accept",
            "/organise/introductions/picnic",
            f"/organise/rounds/{round_id}",
        ):
            assert await look_at(page, address + path) == [], path
        house.clock.time += timedelta(days=8)
        assert await look_at(page, f"{address}/i/{house.token('dana')}") == []
    house.run.close()


async def test_one_press_answers_what_the_mail_asked_by_keyboard_alone(sqlite_url: str) -> None:
    house = open_house(sqlite_url)
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    async with on_a_port(house.parts.app) as address, a_browser() as browser:
        page = await (await browser.new_context(java_script_enabled=False)).new_page()
        token = house.token("dana", "answer", reference=house.only().id)
        await page.goto(f"{address}/i/{token}?answer=know")
        await page.keyboard.press("Enter")
        assert await page.inner_text("h1") == "You and Lee Okafor know each other already"
    assert house.only().knew_each_other
    house.run.close()
