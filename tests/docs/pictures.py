"""Take the pictures of README.md and docs/desk.md again.

    make pictures                        # or python -m tests.docs.pictures [FOLDER]

It starts a demonstration, comes in as its first admin, adds a story, a sheet and a pause, and disturbs the
stand-ins, so that there is something to see; then a browser walks through every page, as wide as a phone and,
where a wide screen shows more, as wide as that.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

from PIL import Image
from playwright.async_api import BrowserContext, Page, ViewportSize, async_playwright

from tests.bot.desk.coming_in import come_in
from tests.docs.waves import waves
from tests.surroundings import ROOT, chromium

IMAGES = ROOT / "docs" / "images"
PHONE, SCREEN = ViewportSize(width=360, height=740), ViewportSize(width=1180, height=760)
STORY = {
    "fr-title": "À Rimouski, une bouée lit les vagues pour douze ports",
    "fr-summary": "Une jeune entreprise transforme les bouées du Saint-Laurent en stations de mesure.",
    "fr-alt": "Des vagues bleues sous un soleil pâle.",
    "en-title": "In Rimouski, a buoy reads the waves for twelve ports",
    "en-summary": "A young company turns the buoys of the St. Lawrence into measuring stations.",
    "en-alt": "Blue waves under a pale sun.",
    "topics": "StarTech",
}
SHEET = (
    "langue\tgroupe\ttitre\tadresse\n"
    "fr\ta\tLa marée se lit au téléphone à Matane\thttps://example.org/fr/maree\n"
    "en\ta\tIn Matane, the tide is read on a phone\thttps://example.org/en/tide\n"
    "fr\t\tLe musée de Saguenay rouvre ses archives\thttps://example.org/fr/archives\n"
)
FAULTS = (("telegram", "cut-after"), ("x", "403-duplicate"))
DISTURBED = 30.0
"""Seconds: the demonstration's clock is fast, by then both stand-ins have met their trouble."""
ALL_PICTURES = """() => Promise.all([...document.images].map(picture => {
    picture.loading = "eager"
    return picture.complete || new Promise(done => { picture.onload = picture.onerror = done })
}))"""
FRAME = """
<style>body { display: flex; gap: 28px; margin: 0; padding: 30px 36px 36px; background: #dfe7f4 }
figure { margin: 0; flex: 1 } figcaption { font: 600 17px system-ui; color: #12305f; margin: 0 0 12px 4px }
img { display: block; width: 100%%; border-radius: 18px; box-shadow: 0 10px 32px #0b285f38 }</style>
%s"""
FIGURE = '<figure><figcaption>%s</figcaption><img src="data:image/png;base64,%s"></figure>'


@dataclass
class Album:
    """What has been taken, by its name in docs/images."""

    page: Page
    shots: dict[str, bytes] = field(default_factory=dict)

    async def take(self, name: str, path: str = "", size: ViewportSize = PHONE, height: int = 0) -> None:
        """Take a picture of a page, of the one that is open where none is named."""
        await self.page.set_viewport_size({**size, "height": height or size["height"]})
        if path:
            await self.page.goto(path)
        await self.page.evaluate(ALL_PICTURES)
        self.shots[name] = await self.page.screenshot(animations="disabled")


@contextmanager
def demonstration() -> Iterator[tuple[str, str]]:
    """Run one, and yield the addresses of its desk and its sandbox."""
    command = [sys.executable, "-m", "bot", "demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            desk, sandbox = (process.stdout.readline().split()[1] for _ in range(2))
            yield desk, sandbox
        finally:
            process.terminate()


@asynccontextmanager
async def camera(desk: str) -> AsyncIterator[BrowserContext]:
    """Open a browser at the desk's address."""
    path = chromium()
    if path is None:
        raise SystemExit("a browser is missing: install chromium")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield await started.new_context(
            base_url=desk.partition("?")[0], device_scale_factor=2, locale="fr-CA"
        )
        await started.close()


async def enter(context: BrowserContext, desk: str, album: Album) -> None:
    """Come in as the first admin, by an invitation."""
    page = album.page
    await page.goto(desk)
    await page.goto("/people")
    await page.get_by_label("Nom", exact=True).fill("Anne Tremblay")
    form = page.locator('form[action="/people"]')
    await form.locator('input[name=role][value="admin"]').check()
    await form.locator("button.main").click()
    link = await page.locator("code.secret").inner_text()
    await context.clear_cookies()
    await album.take("desk-invitation", link)
    await album.take("desk-entrer", "/sign-in")
    await come_in(page, "/invitation/" + link.rpartition("/")[2])
    await page.goto("/people")
    for name, role in (("Benoît Lavoie", "editor"), ("Chantal Roy", "contributor")):
        await page.get_by_label("Nom", exact=True).fill(name)
        await form.locator(f'input[name=role][value="{role}"]').check()
        await form.locator("button.main").click()
        await page.wait_for_load_state()


async def judge(sandbox: str, album: Album) -> None:
    """Propose a story by its address, then look at what waits."""
    page = album.page
    await page.goto("/pending")
    rejections = page.locator('form[action$="/reject"]')
    while await rejections.count():
        await rejections.first.evaluate("form => { form.closest('details').open = true }")
        await rejections.first.locator("input[name=why]").fill("Pas cette semaine")
        async with page.expect_navigation():
            await rejections.first.locator("button").click()
    await page.goto("/add")
    await page.locator("#from").fill(await _a_story(page, sandbox))
    await page.locator('form[action="/add/read"] button').click()
    await page.wait_for_load_state()
    await album.take("desk-ajouter", height=980)
    item = await _added(page)
    await album.take("desk-juger", "/pending", height=900)
    await album.take("desk-juger-large", "/pending", SCREEN)
    await album.take("desk-corriger", f"{item}/edit", height=900)
    await album.take("desk-contenu", item, height=1100)
    await page.goto("/add/file")
    await page.locator("textarea").first.fill(SHEET)
    await page.locator("main form .button.main").click()
    await page.wait_for_load_state()
    await album.take("desk-tableau", height=1000)


async def _added(page: Page) -> str:
    """Add a story in both languages, with a picture of its own; return the address of its page."""
    await page.goto("/add")
    await page.locator("#kind").select_option("announcement")
    for name, value in STORY.items():
        await page.locator(f"#{name}").fill(value)
    with TemporaryDirectory() as folder:
        await page.locator("#file").set_input_files(waves(Path(folder)))
        await page.locator('form[action="/add"] .button.main').click()
        await page.wait_for_load_state()
    return page.url


async def _a_story(page: Page, sandbox: str) -> str:
    """Return the address of a page that the demonstration's sites have published."""
    feed = await page.request.get(f"{sandbox}/press/startech-fr.xml")
    return (await feed.text()).partition("<item>")[2].partition("<link>")[2].partition("</link>")[0]


async def walk(album: Album) -> None:
    """Take every other page."""
    await album.take("desk-etat", "/", height=860)
    await album.take("desk-regler", "/settle", height=1390)
    await album.take("desk-calendrier", "/calendar", height=980)
    await album.take("desk-calendrier-large", "/calendar", SCREEN)
    await album.take("desk-mois", "/calendar/month", height=820)
    await album.take("desk-publie", "/published", height=900)
    await album.take("desk-faits", "/facts", height=900)
    await album.take("desk-sources", "/sources", height=820)
    await album.take("desk-source", "/sources/startech-fr", height=900)
    await album.take("desk-personnes", "/people", height=900)
    await album.take("desk-acces", "/account", height=900)
    await album.take("desk-suspendre", "/holds")
    await album.take("desk-public", "/fr/", height=900)
    await album.page.goto("/holds")
    await album.page.locator("#why").fill("Deuil national")
    await album.page.locator("form.halt button").click()
    await album.page.wait_for_load_state()
    await album.take("desk-reprendre", "/resume?scope=everything", height=900)


async def side_by_side(context: BrowserContext, shots: Mapping[str, bytes]) -> bytes:
    """Return several pictures as one."""
    page = await context.new_page()
    await page.set_viewport_size({"width": 1280, "height": 100})
    figures = (FIGURE % (name, b64encode(shot).decode()) for name, shot in shots.items())
    await page.set_content(FRAME % "".join(figures))
    return await page.screenshot(full_page=True)


def disturb(sandbox: str) -> None:
    """Let one post fail and another go out without an answer."""
    for network, effect in FAULTS:
        body = json.dumps({"network": network, "effect": effect}).encode()
        urlopen(Request(f"{sandbox}/faults", body), timeout=5).close()  # noqa: S310  the sandbox of this machine


def small(png: bytes) -> bytes:
    """Return a picture with a palette: a third of the bytes, and nobody sees it."""
    made = BytesIO()
    with Image.open(BytesIO(png)) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
    return made.getvalue()


async def take(desk: str, sandbox: str) -> dict[str, bytes]:
    """Return every picture by its name."""
    async with camera(desk) as context:
        album = Album(await context.new_page())
        await enter(context, desk, album)
        disturb(sandbox)
        await asyncio.sleep(DISTURBED)
        await judge(sandbox, album)
        await album.take("x", f"{sandbox}/x/2018")
        await album.take("telegram", f"{sandbox}/telegram/@technopolys_en")
        await walk(album)
        both = {
            "Sandbox: X": album.shots.pop("x"),
            "Sandbox: Telegram": album.shots.pop("telegram"),
            "Desk: what waits to be judged": album.shots["desk-juger"],
        }
        return {"demo": await side_by_side(context, both), **album.shots}


def main(into: Path) -> None:
    """Write all pictures."""
    with demonstration() as (desk, sandbox):
        for name, picture in asyncio.run(take(desk, sandbox)).items():
            (into / f"{name}.png").write_bytes(small(picture))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
