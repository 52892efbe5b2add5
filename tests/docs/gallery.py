"""Take the pictures of docs/gallery.md again: ten items, posted to every network of the sandbox.

    make gallery                          # or python -m tests.docs.gallery [FOLDER]

Five stories of the demonstration's sites, three facts of the built-in pack, a video, and an item without a
title, each in French and in English, go through the real queue, worker and channels to the stand-ins. Then a
browser takes the pictures of the timelines, and the cards of the facts are shown as they were drawn.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import ViewportSize, async_playwright

from bot import assemble
from bot.channels.registry import NETWORKS
from bot.cli.beginning import begin
from bot.clock import SystemClock
from bot.compose.card import SQUARE, Look, card_of, in_shape
from bot.compose.card_drawing import draw
from bot.desk import operations
from bot.runtime.worker import Worker
from bot.sandbox.press import Press
from bot.sandbox.server import Sandbox
from bot.sources.pack import load_pack
from content_queue.item import Item, Kind, Version
from content_queue.lifecycle import PENDING_ITEM
from content_queue.operations import judgement, listing
from content_queue.people import local
from content_queue.store.database import Store
from tests.docs.pictures import ALL_PICTURES, side_by_side, small
from tests.docs.waves import waves
from tests.surroundings import ROOT, chromium

IMAGES = ROOT / "docs" / "images"
PAGE = ViewportSize(width=620, height=900)
LANGUAGES = ("fr", "en")
STORIES = 5
FACTS = ("companies", "revenue", "newcomers")
PATIENCE = timedelta(minutes=3)
TITLELESS = {
    "fr": "Le café numérique de Jonquière rouvre samedi. Apportez un vieux téléphone\u00a0: il servira.",
    "en": "Jonquière’s digital café reopens on Saturday. Bring an old phone: it can still be of use.",
}
ALT = {
    "fr": "Illustration\u00a0: des vagues sous un ciel clair.",
    "en": "Illustration: waves under a clear sky.",
}
# What a channel of each network needs beside its sandbox; the stand-ins look only at the secrets' shape.
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "x": {},
    "telegram": {"chat": "@technopolys_{language}"},
    "mastodon": {},
    "bluesky": {"handle": "technopolys-{language}.test"},
    "linkedin": {"author": "urn:li:organization:{number}"},
    "facebook": {"page": "{number}"},
}
SECRETS = {
    "API_KEY": "sandbox-key",
    "API_SECRET": "sandbox-key-secret",
    "ACCESS_TOKEN": "{number}-sandbox",
    "ACCESS_TOKEN_SECRET": "sandbox-token-secret",
    "TOKEN": "{number}:sandbox",
    "APP_PASSWORD": "abcd-efgh-ijkl-mnop",
    "PAGE_TOKEN": "{number}-sandbox",
}
OWN_SECRETS = {"mastodon": "technopolys_{language}-sandbox"}
NUMBERS = {"fr": "2018", "en": "2019"}


def networks() -> list[str]:
    """The networks that have a channel and a stand-in."""
    here = {path.stem for path in Path(str(files("bot.sandbox"))).glob("*.py")}
    return [name for name in OPTIONS if name in NETWORKS and name in here]


def ten_items(folder: Path) -> Iterator[Item]:
    """Yield the items, each in both languages."""
    press: dict[str, Any] = tomllib.loads((files("bot.sandbox") / "press.toml").read_text("utf-8"))
    for story in press["articles"][:STORIES]:
        yield item(Kind.ARTICLE, *(told(story, language, folder) for language in LANGUAGES))
    for entry in load_pack("technopolys", ROOT):
        if entry.guid.removeprefix("pack:") in FACTS:
            yield replace(item(Kind.FACT, *entry.versions), topics=entry.topics, evergreen=True)
    video = press["videos"][0]
    yield item(
        Kind.VIDEO,
        *(
            Version(each, video[each]["title"], url=f"https://www.youtube.com/watch?v=d-{each}-00000")
            for each in LANGUAGES
        ),
    )
    yield item(Kind.ANNOUNCEMENT, *(Version(language, "", words) for language, words in TITLELESS.items()))


def item(kind: Kind, *versions: Version) -> Item:
    now = datetime.now(UTC)
    return Item(0, kind, PENDING_ITEM, "", 1, versions, now, topics=("StarTech", "technoquébec"))


def told(story: Mapping[str, Any], language: str, folder: Path) -> Version:
    words = story[language]
    slug = "-".join(re.findall(r"[a-z]+", folded_words(words["title"]))[:4])
    url = f"https://example.org/{language}/startech/{slug}"
    return Version(language, words["title"], words["summary"], url, str(waves(folder)), ALT[language])


def folded_words(text: str) -> str:
    """Return the text in lower case, without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def configuration(sandbox: str, folder: Path) -> tuple[Path, dict[str, str]]:
    """Write a channel for each network and language; return the file and the secrets."""
    lines = ['[bot]\nlanguage = "fr"\ngrace = "0s"\n\n[fetch]\nallow_private = ["127.0.0.1"]\n']
    environ = {}
    for network in networks():
        for language in LANGUAGES:
            name = f"{network}-{language}"
            own = "".join(
                f'{key} = "{value.format(language=language, number=NUMBERS[language])}"\n'
                for key, value in OPTIONS[network].items()
            )
            lines.append(
                f'[channels.{name}]\nnetwork = "{network}"\napi = "{sandbox}"\nlanguage = "{language}"\n{own}'
            )
            for secret in NETWORKS[network].secrets:
                variable = f"TECHNOPOLYS_{name.upper().replace('-', '_')}_{secret}"
                given = OWN_SECRETS.get(network, SECRETS[secret])
                environ[variable] = given.format(number=NUMBERS[language], language=language)
    path = folder / "technopolys.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path, environ


async def post_all(folder: Path, sandbox: Sandbox, clock: SystemClock) -> int:
    """Post the ten items everywhere; return how many posts are out."""
    settings = assemble.settings(*configuration(sandbox.url, folder))
    store = assemble.store(settings)
    made = assemble.assemble(settings, store, clock)
    await begin(made.worker)
    try:
        for one in ten_items(folder):
            _post(store, assemble.desk(settings), clock.now(), one)
            await _until_out(made.worker, store, clock)
        with store.read() as tx:
            posts = listing.posts(tx)
        left = [
            f"p{post.id} on {post.channel}: {post.state.value} {post.error}"
            for post in posts
            if not post.remote_id
        ]
        if left:
            raise SystemExit("\n".join(left))
        return len(posts)
    finally:
        await made.worker.stop(timedelta(seconds=1))
        await made.close()
        store.close()


def _post(store: Store, desk: operations.Desk, now: datetime, one: Item) -> None:
    who = local("gallery")
    with store.write() as tx:
        number = judgement.insert_item(tx, now, one, "gallery")
        operations.approve(tx, desk, now, who, number)
        operations.publish_now(tx, desk, now, who, number)


async def _until_out(worker: Worker, store: Store, clock: SystemClock) -> None:
    end = clock.now() + PATIENCE
    while clock.now() < end:
        await worker.step(clock.now())
        await worker.settled()
        with store.read() as tx:
            if all(post.remote_id or post.error for post in listing.posts(tx)):
                return
        await asyncio.sleep(0.05)


async def shoot(sandbox: str, into: Path) -> list[str]:
    """Take a picture of each network's two timelines, and one of the cards."""
    browser = chromium()
    if browser is None:
        raise SystemExit("a browser is missing: install chromium")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        context = await started.new_context(base_url=sandbox, viewport=PAGE)
        page = await context.new_page()
        await page.goto("/")
        paths = [await link.get_attribute("href") or "" for link in await page.locator("a[href]").all()]
        taken = []
        for network in networks():
            shots = {}
            for language in LANGUAGES:
                path = next(path for path in paths if _leads_to(path, network, language))
                await page.goto(path)
                await page.evaluate(ALL_PICTURES)
                shots[f"{network}, {language}"] = await page.screenshot(full_page=True, animations="disabled")
            picture = small(await side_by_side(context, shots))
            (into / f"gallery-{network}.png").write_bytes(picture)
            taken.append(network)
        cards = dict(_cards())
        (into / "gallery-cards.png").write_bytes(await side_by_side(context, cards))
        await started.close()
    return taken


def _leads_to(path: str, network: str, language: str) -> bool:
    """Say whether an address of the sandbox's home page is the account's."""
    marks = (f"/{NUMBERS[language]}", f":{NUMBERS[language]}", f"_{language}", f"-{language}.test")
    return path.startswith(f"/{network}/") and path.endswith(marks)


def _cards() -> Iterator[tuple[str, bytes]]:
    entries = {entry.guid.removeprefix("pack:"): entry for entry in load_pack("technopolys", ROOT)}
    for name, language, shape in (
        ("companies", "fr", ""),
        ("revenue", "en", ""),
        ("newcomers", "fr", SQUARE),
    ):
        version = next(v for v in entries[name].versions if v.language == language)
        card = card_of(version, Look())
        yield f"{name}, {language}", draw(in_shape(card, shape) if shape else card)


async def gallery(into: Path) -> None:
    """Post, then take the pictures."""
    clock = SystemClock()
    names = {number: f"technopolys {language.upper()}" for language, number in NUMBERS.items()}
    accounts = names | {f"urn:li:organization:{number}": name for number, name in names.items()}
    accounts |= {f"facebook.com/{number}": name for number, name in names.items()}
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="technopolys-gallery-")))
        sandbox = Sandbox(clock.now, accounts=accounts, sites=[Press(clock.now)])
        await sandbox.start(port=0)
        opened.push_async_callback(sandbox.stop)
        count = await post_all(folder, sandbox, clock)
        taken = await shoot(sandbox.url, into)
    print(f"{count} posts on {', '.join(taken)}: {into}")  # noqa: T201  a command's answer


if __name__ == "__main__":
    asyncio.run(gallery(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES))
