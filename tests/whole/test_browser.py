"""The whole way as a moderator goes it in a browser, on a phone: the real worker, its desk, the sandbox."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from tests.bot.desk.coming_in import come_in
from tests.whole.installation import Installation, Running, source, until
from tests.whole.news import newsroom

HOURLY = "daily 00:00-24:00 every 1h"
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
NETWORKS = ("telegram", "x")
STORY = """<html lang="fr"><head><title>Un phare neuf</title>
<meta property="og:title" content="Un phare neuf">
<meta property="og:description" content="Il éclaire la baie.">
</head><body><p>Il éclaire la baie depuis hier.</p></body></html>"""


@asynccontextmanager
async def arrival(
    chromium: Browser, home: str, link: str, size: dict[str, int], *, script: bool
) -> AsyncIterator[Page]:
    """Come in by an invitation."""
    context = await chromium.new_context(viewport=size, base_url=home, java_script_enabled=script)  # type: ignore[arg-type]
    page = await context.new_page()
    await come_in(page, link)
    yield page
    await context.close()


async def home_of(running: Running) -> str:
    async def told() -> str | None:
        found = re.search(r"http://127\.0\.0\.1:\d+", "\n".join([*running.out, *running.err]))
        return found[0] if found else None

    return await until(told, lambda: running.err[-5:])


async def press(page: Page, action: str) -> None:
    """Press the button of the form that goes there, opening the drawer that it stands in."""
    form = page.locator(f'form[action="{action}"]').first
    drawer = page.locator("details:not([open])", has=form)
    if await drawer.count():
        await drawer.first.locator("summary").click()
    await form.locator("button").first.click()  # a field for a file has that role, too
    await page.wait_for_load_state()


async def out(sandbox: Sandbox, network: str, count: int) -> None:
    async def there() -> bool:
        return len([post for post in sandbox.timeline() if post.network == network]) == count

    await until(there, lambda: str(sandbox.timeline()))


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("size", "script"), [(PHONE, False), (DESKTOP, True)], ids=["phone", "desktop"])
async def test_from_the_first_admin_to_the_end_of_a_pause(
    browser: Path, sandbox: Sandbox, tmp_path: Path, size: dict[str, int], *, script: bool
) -> None:
    page_of_a_story = tmp_path / "phare.html"
    page_of_a_story.write_text(STORY, encoding="utf-8")
    async with newsroom({"fr": ["Deux lunes", "Trois marées"], "phare": page_of_a_story}) as room:
        bot = Installation(tmp_path)
        bot.write(
            source("fr", f"{room.url}/fr", language="fr"),
            bot.x("x-fr", sandbox.url, language="fr", slots=HOURLY),
            bot.telegram("tg-en", sandbox.url, "@waves", language="en", slots=HOURLY),
            commit_ahead="24h",
        )
        told = await bot.ask("people", "add", "Anne", "--role", "admin", "--json")
        link = re.search(r"/invitation/[\w-]+", told.out)
        assert link is not None
        async with bot.running("run") as worker, async_playwright() as playwright:
            home = await home_of(worker)
            chromium = await playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            async with arrival(chromium, home, link[0], size, script=script) as admin:
                invited = await invite(admin)
                async with arrival(chromium, home, invited, size, script=script) as editor:
                    number = await add_by_address(editor, f"{room.url}/phare")
                    await write_the_english_and_approve(editor, number)
                    await move_and_publish(editor, sandbox, number)
                    await take_back(editor, sandbox)
                    await settle_what_nobody_knows(editor, sandbox)
                    await pause(editor)
                await resume(admin)
            await chromium.close()


async def invite(page: Page) -> str:
    await page.goto("/people")
    await page.get_by_label("Nom", exact=True).fill("Benoît")
    form = page.locator('form[action="/people"]')
    await form.locator('input[name=role][value="editor"]').check()
    await form.locator("button.main").click()
    link = await page.locator("code.secret").inner_text()
    return "/invitation/" + link.rpartition("/")[2]


async def add_by_address(page: Page, address: str) -> str:
    await page.goto("/add")
    await page.locator("#from").fill(address)
    await press(page, "/add/read")
    await expect(page.locator("#fr-title")).to_have_value("Un phare neuf")
    await expect(page.locator("#fr-summary")).to_have_value("Il éclaire la baie.")
    await press(page, "/add")
    return page.url.rpartition("/")[2]


async def write_the_english_and_approve(page: Page, number: str) -> None:
    await page.goto("/pending")
    card = page.locator(f"#{number}")
    await expect(card.locator(".face")).to_have_count(1)  # what X will show
    await card.locator("summary", has_text="anglais").first.click()
    await page.locator(f"#{number}-title").fill("A new lighthouse")
    await press(page, f"/items/{number}/side")
    await expect(page.locator(f"#{number} .face")).to_have_count(2)
    await page.locator(f'#{number} button[form="judge-{number}"]').first.click()
    await expect(page.get_by_role("status").first).to_contain_text(f"{number} est approuvé")


async def move_and_publish(page: Page, sandbox: Sandbox, number: str) -> None:
    slot = page.locator("li.slot", has=page.get_by_text("x-fr", exact=True)).filter(has_text="phare").first

    async def planned() -> bool:
        await page.goto("/calendar")
        return await slot.locator('form[action$="/move"]').count() == 1

    await until(planned)
    await slot.locator("summary").click()
    later = datetime.now(UTC) + timedelta(days=1)
    await slot.locator("input[name=when]").fill(later.strftime("%Y-%m-%dT%H:%M"))
    await slot.locator('form[action$="/move"] button').click()
    await page.goto("/calendar")
    await expect(page.locator("li.slot", has_text="heure choisie")).to_have_count(1)
    await publish(page, number)
    await out(sandbox, "telegram", 1)
    await out(sandbox, "x", 1)


async def publish(page: Page, number: str) -> None:
    await page.goto(f"/items/{number}")
    await press(page, f"/items/{number}/publish")


async def take_back(page: Page, sandbox: Sandbox) -> None:
    async def shown() -> bool:
        await page.goto("/published")
        return await page.locator('form[action$="/recall"]').count() == len(NETWORKS)

    await until(shown)
    for network in NETWORKS:
        await page.goto("/published")
        face = page.locator(f"article.net-{network}")
        await face.locator("summary").click()
        await face.locator("input[name=why]").fill("Une erreur de date")
        await face.locator('form[action$="/recall"] button').click()
        await out(sandbox, network, 0)


async def settle_what_nobody_knows(page: Page, sandbox: Sandbox) -> None:
    sandbox.misbehave(Fault("telegram", "cut-after"))
    await page.goto("/pending")
    await page.locator("#i1 summary", has_text="anglais").first.click()
    await page.locator("#i1-title").fill("Two moons")
    await press(page, "/items/i1/side")
    await page.locator('#i1 button[form="judge-i1"]').first.click()
    await publish(page, "i1")

    async def asked() -> bool:
        await page.goto("/settle")
        return await page.locator('form[action$="/found"]').count() == 1

    await until(asked)
    await page.locator('form[action$="/found"] button').click()
    await page.goto("/settle")
    await expect(page.locator('form[action$="/found"]')).to_have_count(0)
    await out(sandbox, "telegram", 1)


async def pause(page: Page) -> None:
    await page.goto("/holds")
    await page.locator("#why").fill("Deuil national")
    await page.locator("form.halt button").click()
    await page.wait_for_load_state()
    await page.goto("/")
    await expect(page.locator(".banner", has_text="Deuil national").first).to_be_visible()


async def resume(page: Page) -> None:
    await page.goto("/")
    await page.locator(".banner", has_text="Deuil national").get_by_role("link").first.click()
    await page.locator('form[action="/resume"] button.main').click()
    await page.wait_for_load_state()
    await page.goto("/")
    await expect(page.locator(".banner", has_text="Deuil national")).to_have_count(0)
