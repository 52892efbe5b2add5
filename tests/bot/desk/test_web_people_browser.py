"""A real browser: from the invitation to the first approved item, on a phone; and axe on every page."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.desk import members
from bot.desk.web.app import create_app
from bot.desk.web.server import Server, serve
from content_queue.lifecycle import PostEvent
from content_queue.people import Grant, Role, local
from tests.bot.desk.coming_in import come_in
from tests.bot.desk.samples import Queue, flood, parts_of

OPEN = ("sign-in", "fr/", "en/")
PAGES = (
    "", "pending", "items", "items/i1", "items/i1/edit", "add", "calendar", "settle", "published", "holds",
    "people", "people/m1", "account", "sources", "sources/startech", "facts", "calendar/month", "add/file",
    "resume?scope=channel&target=x-en", "why?of=phare", "sources/film", "sources/film/release",
    "sources/film/release?newest=3",
)  # fmt: skip
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],  # what passes is looked at as well, and not told node by node
}
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


def invitation(queue: Queue, role: Role = Role.ADMIN) -> str:
    with queue.store.write() as tx:
        made = members.add(tx, queue.time.now, local("cli"), "Anne Tremblay", [Grant(role)])
    return f"/invitation/{made.key}"


async def opened(browser: Browser, served: Server, width: dict[str, int], *, dark: bool = False) -> Page:
    scheme = "dark" if dark else "light"
    context = await browser.new_context(viewport=width, base_url=served.url, color_scheme=scheme)  # type: ignore[arg-type]
    return await context.new_page()


async def faults(page: Page) -> list[str]:
    # as tall as the page: what the floating button covers is a matter of scrolling, not of a target's size
    size = page.viewport_size
    assert size is not None
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": size["width"], "height": height})
    found = await Axe().run(page, options=RULES)
    await page.set_viewport_size(size)
    return [
        f"{page.url} {each['id']}: {node['html']}"
        for each in found.response["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.browser
@pytest.mark.timeout(240)
async def test_from_the_invitation_to_the_first_approved_item_and_axe_finds_nothing(
    browser: Path, queue: Queue
) -> None:
    posts = queue.approve(1)
    flood(queue, [f"Vieux titre {n}" for n in range(21)])
    queue.publish(posts[0], PostEvent.UNKNOWN, "no answer")
    queue.publish(posts[1])
    served = await serve(create_app(parts_of(queue)), "127.0.0.1", 0)
    try:
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = await opened(chromium, served, PHONE)
            await come_in(page, invitation(queue))
            await page.get_by_role("link", name="À juger").first.click()
            await page.locator("#i3").get_by_role("button", name="Approuver i3").click()
            await expect(page.get_by_role("status")).to_contain_text("i3 est approuvé")
            await page.get_by_role("button", name="Revenir sur cette approbation").click()
            await expect(page.locator("#i3")).to_be_visible()
            found = []
            for path in PAGES:
                await page.goto(f"/{path}")
                assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
                found += await faults(page)
            strange = await opened(chromium, served, DESKTOP, dark=True)
            for path in (*OPEN, invitation(queue).removeprefix("/")):
                await strange.goto(f"/{path}")
                found += await faults(strange)
            await chromium.close()
            assert found == []
    finally:
        await served.stop()
