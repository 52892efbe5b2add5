"""One moderator's first day, in a real browser: from the invitation to what is out, taken back and settled.

The worker, the desk and the networks' stand-ins run in this process on a clock that the test moves, so
that no machine is too slow for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, ViewportSize, async_playwright, expect

from bot import assemble
from bot.clock import FakeClock
from bot.desk import members
from bot.runtime.worker import Worker
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from content_queue.people import Grant, Role, local
from content_queue.store.database import Store
from tests.whole.installation import X_ACCOUNT, Installation
from tests.whole.networks import networks
from tests.whole.test_week import live

MORNING = datetime(2026, 6, 3, 10, tzinfo=UTC)
CHAT = "@vagues"
PASSWORD = "les vagues du fleuve"
PHONE, DESKTOP = ViewportSize(width=360, height=740), ViewportSize(width=1280, height=800)
PATIENCE = 60_000
"""Milliseconds that the browser waits for a page on a busy machine; nothing is judged by it."""
FRENCH, ENGLISH = "Une bouée lit les vagues du fleuve", "A buoy reads the waves of the river"
SECOND = "Douze ports écoutent la bouée"


@dataclass(frozen=True, slots=True)
class Day:
    """What the journey touches."""

    page: Page
    worker: Worker
    store: Store
    clock: FakeClock
    sandbox: Sandbox

    async def at(self, hour: int, minute: int) -> None:
        """Let the bot live until then."""
        await live(self.worker, self.store, self.clock, MORNING.replace(hour=hour, minute=minute))

    def out(self, account: str) -> list[str]:
        """The first lines of what the public sees of an account."""
        return [post.text.splitlines()[0] for post in self.sandbox.timeline() if post.account == account]

    async def add(self, title: str) -> None:
        """Propose an announcement in French."""
        await self.page.goto("/add")
        await self.page.locator("#kind").select_option("announcement")
        await self.page.locator("#fr-title").fill(title)
        await self.page.get_by_role("button", name="Ajouter à la file").click()

    async def drawer(self, within: Locator, name: str) -> None:
        await within.locator("summary", has_text=name).click()


@asynccontextmanager
async def day(browser: Path, home: Path, screen: ViewportSize, *, script: bool) -> AsyncIterator[Day]:
    clock, bot = FakeClock(MORNING), Installation(home)
    async with networks(clock.now) as sandbox:
        slots = ["daily 12:00", "daily 14:00"]
        bot.write(
            bot.x("x-fr", sandbox.url, language="fr", slots=slots),
            bot.telegram("tg-en", sandbox.url, CHAT, language="en", slots=slots),
            grace="10m",
            commit_ahead="24h",
        )
        settings = assemble.settings(bot.file, bot.environment)
        store = assemble.store(settings)
        made = assemble.assemble(settings, store, clock)
        await made.worker.start("a day")
        door = assemble.DeskDoor(store, clock)
        door.show(settings, made.worker)
        address = (await door.open(settings)).partition("/?")[0]
        try:
            async with async_playwright() as playwright:
                chromium = await playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
                context = await chromium.new_context(
                    viewport=screen, java_script_enabled=script, base_url=address
                )
                context.set_default_timeout(PATIENCE)
                yield Day(await context.new_page(), made.worker, store, clock, sandbox)
                await chromium.close()
        finally:
            await door.close()
            await made.worker.stop(timedelta(seconds=5))
            await made.close()
            store.close()


async def come_in(walk: Day) -> None:
    with walk.store.write() as tx:
        made = members.add(tx, walk.clock.now(), local("cli"), "Anne Tremblay", [Grant(Role.ADMIN)])
    await walk.page.goto(f"/invitation/{made.key}")
    await walk.page.get_by_label("Mot de passe").fill(PASSWORD)
    await walk.page.get_by_label("Le même encore une fois").fill(PASSWORD)
    await walk.page.get_by_role("button", name="Entrer au pupitre").click()
    await expect(walk.page.locator(".hello")).to_be_visible()


async def propose_and_approve(walk: Day) -> None:
    await walk.add(FRENCH)
    card = walk.page.locator("#i1")
    await expect(card.locator(".net-x .words")).to_contain_text(FRENCH)
    await expect(card.locator(".missing")).to_contain_text("Rien encore en anglais.")
    await walk.drawer(card, "Écrire l’anglais")
    await walk.page.locator("#i1-title").fill(ENGLISH)
    await walk.page.get_by_role("button", name="Voir ce que cela donne").click()
    await expect(card.locator(".net-telegram .words")).to_contain_text(ENGLISH)
    await card.get_by_role("button", name="Approuver i1").click()
    await expect(walk.page.get_by_role("status")).to_contain_text("i1 est approuvé.")


async def move_and_watch(walk: Day) -> None:
    await walk.at(10, 5)
    await walk.page.goto("/calendar")
    slot = walk.page.locator(".slot", has_text="x-fr")
    await walk.drawer(slot, "Déplacer ou retirer")
    await slot.get_by_label("Une autre heure").fill("2026-06-03T11:00")
    await slot.get_by_role("button", name="Déplacer").click()
    await expect(walk.page.get_by_role("status")).to_contain_text("11 h")
    await walk.at(10, 59)
    assert walk.out(str(X_ACCOUNT)) == []
    await walk.at(11, 5)
    assert walk.out(str(X_ACCOUNT)) == [FRENCH]
    await walk.page.goto(f"{walk.sandbox.url}/x/{X_ACCOUNT}")
    await expect(walk.page.locator("body")).to_contain_text(FRENCH)


async def settle(walk: Day) -> None:
    walk.sandbox.misbehave(Fault("telegram", "cut-after"))
    await walk.at(12, 30)
    assert walk.out(CHAT) == [ENGLISH]
    await walk.page.goto("/settle")
    await expect(walk.page.locator(".ask-person")).to_contain_text(ENGLISH)
    await walk.page.get_by_role("button", name="Elle y est").click()
    await expect(walk.page.locator(".ask-person")).to_have_count(0)


async def take_back(walk: Day) -> None:
    await walk.page.goto("/published")
    shown = walk.page.locator(".face", has_text=FRENCH)
    await shown.locator("summary").click()
    await shown.get_by_label("Pourquoi?").fill("Une erreur de date")
    await shown.locator(".button.red").click()
    await expect(walk.page.get_by_role("status")).to_be_visible()
    await walk.at(12, 40)
    assert walk.out(str(X_ACCOUNT)) == []
    await walk.page.goto("/published")
    await expect(walk.page.locator(".face", has_text=FRENCH)).to_have_count(0)


async def pause_and_resume(walk: Day) -> None:
    await walk.add(SECOND)
    await walk.page.locator("#i2").get_by_role("button", name="Approuver sans l’anglais").click()
    await expect(walk.page.get_by_role("status")).to_contain_text("i2 est approuvé.")
    await walk.at(12, 55)  # it is planned for 14:00 when the pause comes
    await walk.page.get_by_role("link", name="Suspendre").first.click()
    await walk.page.get_by_label("Pourquoi? Tout le monde le lira").first.fill("Un jour de deuil")
    await walk.page.get_by_role("button", name="Tout suspendre").click()
    await expect(walk.page.locator(".banner.amber")).to_contain_text("Un jour de deuil")
    await walk.at(14, 10)
    assert walk.out(str(X_ACCOUNT)) == []
    await walk.page.goto("/")
    await walk.page.locator(".banner.amber").get_by_role("link", name="Reprendre").click()
    await expect(walk.page.locator("main")).to_contain_text(SECOND)
    await walk.page.get_by_role("button", name="Reprendre").click()
    await expect(walk.page.locator(".banner.amber")).to_have_count(0)
    await walk.at(14, 45)
    assert walk.out(str(X_ACCOUNT)) == [SECOND]


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("screen", "script"), [(PHONE, False), (DESKTOP, True)], ids=["phone, no script", "wide, script"]
)
async def test_a_first_day_from_the_invitation_to_the_resumption(
    browser: Path, tmp_path: Path, screen: ViewportSize, *, script: bool
) -> None:
    expect.set_options(timeout=PATIENCE)
    async with day(browser, tmp_path, screen, script=script) as walk:
        await come_in(walk)
        await propose_and_approve(walk)
        await move_and_watch(walk)
        await settle(walk)
        await take_back(walk)
        await pause_and_resume(walk)
