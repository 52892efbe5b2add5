"""Take the pictures of README.md and docs/desk.md again, from a running demonstration.

    technopolys demo                                  # in one terminal
    python -m tests.docs.pictures DESK SANDBOX        # in another: the two addresses that it prints

It adds a story, judges those before it and disturbs the stand-ins, so that there is something to see. The
pictures take half the room once a palette tool has been over them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from base64 import b64encode
from pathlib import Path
from time import sleep
from urllib.request import Request, urlopen

from playwright.async_api import BrowserContext, Page, ViewportSize, async_playwright

from tests.surroundings import ROOT, chromium

IMAGES = ROOT / "docs" / "images"
PHONE = ViewportSize(width=360, height=740)
STORY = {
    "fr-title": "À Rimouski, une bouée lit les vagues pour douze ports",
    "fr-summary": "Une jeune entreprise transforme les bouées du Saint-Laurent en stations de mesure.",
    "fr-url": "https://example.org/startech/vagues",
    "topics": "StarTech",
}
FAULTS = (("telegram", "cut-after"), ("x", "403-duplicate"))
FRAME = """
<style>body { display: flex; gap: 28px; margin: 0; padding: 30px 36px 36px; background: #dfe7f4 }
figure { margin: 0; flex: 1 } figcaption { font: 600 17px system-ui; color: #12305f; margin: 0 0 12px 4px }
img { display: block; width: 100%%; border-radius: 18px; box-shadow: 0 10px 32px #0b285f38 }</style>
%s"""
FIGURE = '<figure><figcaption>%s</figcaption><img src="data:image/png;base64,%s"></figure>'


async def prepare(page: Page) -> None:
    """Leave one story to judge, in French, with nothing before it."""
    await page.goto("/pending")
    while await page.locator(".card details.drawer").count():
        await page.locator(".card details.drawer").first.evaluate("drawer => drawer.open = true")
        await page.locator("input[name=why]").first.fill("Pas cette semaine")
        async with page.expect_navigation():
            await page.locator(".drawer .button.red").first.click()
    await page.goto("/add")
    for name, value in STORY.items():
        await page.locator(f"#{name}").fill(value)
    await page.locator("main .button.main").click()


async def shoot(page: Page, path: str, height: int = PHONE["height"]) -> bytes:
    """Return a picture of a page as a phone shows it."""
    await page.set_viewport_size({"width": PHONE["width"], "height": height})
    await page.goto(path)
    return await page.screenshot()


async def side_by_side(context: BrowserContext, shots: dict[str, bytes]) -> bytes:
    """Return several pictures as one."""
    page = await context.new_page()
    await page.set_viewport_size({"width": 1280, "height": 100})
    figures = (FIGURE % (name, b64encode(shot).decode()) for name, shot in shots.items())
    await page.set_content(FRAME % "".join(figures))
    return await page.screenshot(full_page=True)


async def take(desk: str, sandbox: str, browser: Path) -> dict[str, bytes]:
    """Return every picture by its name."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        context = await started.new_context(base_url=desk.partition("?")[0], device_scale_factor=2)
        page = await context.new_page()
        await page.goto(desk)
        await prepare(page)
        desk_shots = {
            "desk-juger": await shoot(page, "/pending"),
            "desk-corriger": await shoot(page, f"{await _newest(page)}/edit", 900),
            "desk-suspendre": await shoot(page, "/holds"),
            "desk-regler": await shoot(page, "/settle", 1390),
            "desk-etat": await shoot(page, "/"),
        }
        both = {
            "Sandbox: X": await shoot(page, f"{sandbox}/x/2018"),
            "Sandbox: Telegram": await shoot(page, f"{sandbox}/telegram/@technopolys_en"),
            "Desk: what waits to be judged": desk_shots["desk-juger"],
        }
        demo = await side_by_side(context, both)
        await started.close()
    return {"demo": demo, **desk_shots}


async def _newest(page: Page) -> str:
    await page.goto("/items")
    return await page.locator(".list a").first.get_attribute("href") or ""


def disturb(sandbox: str) -> None:
    """Let one post fail and another go out without an answer."""
    for network, effect in FAULTS:
        body = json.dumps({"network": network, "effect": effect}).encode()
        urlopen(Request(f"{sandbox}/faults", body), timeout=5).close()  # noqa: S310  the sandbox of this machine


def main(desk: str, sandbox: str) -> None:
    """Write all pictures to docs/images."""
    browser = chromium()
    if browser is None:
        raise SystemExit("a browser is missing: install chromium")
    disturb(sandbox)
    sleep(30)  # the demonstration's clock is fast: by then both have met their trouble
    for name, picture in asyncio.run(take(desk, sandbox, browser)).items():
        (IMAGES / f"{name}.png").write_bytes(picture)


if __name__ == "__main__":
    main(*sys.argv[1:3])
