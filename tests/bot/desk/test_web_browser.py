"""A real browser, as narrow as a phone and without script, walks from what waits to what is planned."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from bot.desk.web.app import create_app
from bot.desk.web.server import serve
from content_queue.lifecycle import PostEvent
from tests.bot.desk.samples import TOKEN, Queue, flood, parts_of

PAGES = (
    "",
    "pending",
    "items",
    "items/i1",
    "items/i1/edit",
    "add",
    "add/file",
    "facts",
    "calendar/month",
    "calendar",
    "settle",
    "published",
    "holds",
)
PHONE = 360
FINGER = 44
"""CSS pixels."""


@asynccontextmanager
async def phone(browser: Path, queue: Queue, *, script: bool = False) -> AsyncIterator[Page]:
    """A phone at the desk; whatever it complains about on its console fails the test."""
    served = await serve(create_app(parts_of(queue)), "127.0.0.1", 0)
    complaints: list[str] = []
    try:
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            context = await chromium.new_context(
                viewport={"width": PHONE, "height": 740}, java_script_enabled=script, base_url=served.url
            )
            page = await context.new_page()
            page.on("console", lambda message: complaints.append(message.text))
            page.on("dialog", lambda dialog: complaints.append(dialog.message))
            await page.goto(f"/?token={TOKEN}")
            yield page
            await chromium.close()
    finally:
        await served.stop()
    assert complaints == []


@pytest.mark.browser
async def test_an_item_is_approved_and_planned_on_a_phone_without_script(browser: Path, queue: Queue) -> None:
    async with phone(browser, queue) as page:
        assert TOKEN not in page.url
        await page.get_by_role("link", name="À juger").first.click()
        card = page.locator("#i3")
        await expect(card).to_contain_text("Dans les coulisses d’un laboratoire de Laval")
        await card.get_by_role("button", name="Approuver i3").click()
        await expect(page.get_by_role("status")).to_contain_text("i3 est approuvé")
        await expect(page.locator("#i3")).to_have_count(0)
        await page.goto("/items/i3")
        await page.get_by_role("button", name="Publier maintenant").click()
        await page.get_by_role("link", name="Calendrier").click()
        filled = page.locator(".slot:not(.gap)")
        await expect(filled).to_have_count(2)
        await expect(filled.first).to_contain_text("une personne l’a demandé maintenant")


@pytest.mark.browser
async def test_an_item_is_rejected_and_everything_is_paused_by_hand(browser: Path, queue: Queue) -> None:
    async with phone(browser, queue, script=True) as page:
        await page.goto("/pending")
        await page.locator("#i2 summary", has_text="Rejeter").click()
        await expect(page.locator("#why-i2")).to_be_focused()
        await page.keyboard.type("Ce n’est pas un article")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("i2 est rejeté.")
        await page.get_by_role("link", name="Suspendre").first.click()
        await page.get_by_label("Pourquoi? Tout le monde le lira").first.fill("Un jour de deuil")
        await page.get_by_role("button", name="Tout suspendre").click()
        await expect(page.locator(".banner.amber")).to_contain_text("Un jour de deuil")
        await page.locator(".banner.amber").get_by_role("link", name="Reprendre").click()
        await page.get_by_role("button", name="Reprendre").click()
        await expect(page.locator(".banner.amber")).to_have_count(0)


@pytest.mark.browser
async def test_no_page_is_wider_than_a_phone_and_every_button_fits_a_finger(
    browser: Path, queue: Queue
) -> None:
    posts = queue.approve(1)
    queue.publish(posts[0], PostEvent.UNKNOWN, "https://example.org/" + "x" * 200)
    queue.publish(posts[1])
    async with phone(browser, queue, script=True) as page:
        for path in PAGES:
            await page.goto(f"/{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE, path
            small = await page.eval_on_selector_all(
                ".button, .rooms a, .stop, select, input:not([type=hidden], [type=checkbox]), .check",
                """(all, least) => all.map((one) => [one.textContent, one.getBoundingClientRect()])
                    .filter(([, box]) => box.width && box.height < least).map(([text]) => text)""",
                FINGER,
            )
            assert small == [], path


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_sheet_is_looked_at_and_brought_on_a_phone(
    browser: Path, queue: Queue, tmp_path: Path, *, script: bool
) -> None:
    sheet = tmp_path / "faits.csv"
    sheet.write_text(
        f"langue;titre;résumé;adresse\nfr;Le phare;{'Il éclaire. ' * 12};https://example.org/a\n"
    )
    async with phone(browser, queue, script=script) as page:
        await page.goto("/add/file")
        await page.set_input_files("#sheet", sheet)
        await page.click("text=Voir ce que cela donne")
        assert "Cela donne un contenu" in await page.inner_text("main")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE
        await page.click("text=Tout ajouter à la file")
        await page.wait_for_url("**/pending")  # and until it has arrived whole
        assert "Le phare" in await page.inner_text("main")


@pytest.mark.browser
async def test_a_flood_is_decided_on_a_phone_without_script(browser: Path, queue: Queue) -> None:
    flood(queue, [f"Vieux titre {n}" for n in range(21)])
    async with phone(browser, queue) as page:
        await page.goto("/holds")
        await page.get_by_role("link", name="Reprendre…").click()
        await page.get_by_label("Combien des plus récentes entrent?").fill("3")
        await page.get_by_role("button", name="Voir d’abord").click()
        await expect(page.get_by_role("heading", name="3 entrent, à juger")).to_be_visible()
        for path in ("sources", "sources/film", "sources/film/release", "sources/film/release?newest=3"):
            await page.goto(f"/{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE, path
        decide = page.get_by_role("button", name="Laisser entrer les 3 plus récentes et reprendre")
        box = await decide.bounding_box()
        assert box is not None
        assert box["height"] >= FINGER
        await decide.click()
        await expect(page.get_by_role("status").first).to_contain_text("3 entrées attendent d’être jugées")
