"""The place for a browser in the tests, and for what a demanding reader would find wrong with a page."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from playwright.async_api import Browser, Page, async_playwright
from starlette.types import ASGIApp

from shared.listening import claim_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LOOK = (Path(__file__).parent / "look.js").read_text().partition("\n")[2]
SIZES = ({"width": 320, "height": 640}, {"width": 1200, "height": 900})


@asynccontextmanager
async def on_a_port(app: ASGIApp) -> AsyncIterator[str]:
    listener = claim_port(0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def look_at(page: Page, address: str) -> list[str]:
    """What is wrong with a page, by light and in the dark, on a small phone and on a desk."""
    await page.goto(address)
    wrong: list[str] = []
    for size in SIZES:
        for scheme in ("light", "dark"):
            await page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict
            await page.emulate_media(color_scheme=scheme)
            wrong += [f"{size['width']} {scheme}: {one}" for one in await page.evaluate(LOOK)]
    return wrong
