"""Five hundred strings that would run where they can: on every page and card they are words."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.async_api import ConsoleMessage, Page, Request, async_playwright

from bot.desk import judging, operations
from bot.desk.web.app import create_app
from bot.desk.web.server import serve
from content_queue.item import Item, Kind, Scope, Version
from content_queue.lifecycle import PENDING_ITEM, PostEvent
from content_queue.operations import judgement
from content_queue.people import local
from tests.bot.desk.samples import NOW, TOKEN, Queue, flood, parts_of
from tests.bot.desk.scripts import STRINGS

AN_ITEM = 10
"""So many strings stand in each item, each in a place of its own."""
PAGES = (
    "", "pending", "items", "items?state=pending", "calendar", "settle", "published", "holds", "sources",
    "facts", "calendar/month", "sources/startech", "add/file",
    "sources/film", "sources/film/release", "sources/film/release?newest=30",
    "resume?scope=channel&target=x-en", "people", "account", "fr/", "en/",
)  # fmt: skip
ASKED = 10
CALM = (200, 404, 422)
"""A page, or one calm line that says that there is no such thing."""


def items() -> Iterator[tuple[Item, str]]:
    """Yield the items with a word of one moderator to the others for each."""
    for number in range(0, len(STRINGS), AN_ITEM):
        yield made_of(STRINGS[number : number + AN_ITEM])


def made_of(strings: Sequence[str]) -> tuple[Item, str]:
    title, summary, other, short, alt, credit, label, topic, partner, word = strings
    versions = (
        Version(
            "fr",
            title,
            summary,
            "https://example.org/x",
            "https://example.org/x.png",
            alt,
            credit,
            label=label,
        ),
        Version("en", other, short, "javascript:alert(0)"),
    )
    return Item(0, Kind.ARTICLE, PENDING_ITEM, "", 1, versions, NOW, topics=(topic,), partner=partner), word


@pytest.fixture(name="hostile")
def hostile_queue(queue: Queue) -> Queue:
    """All wait but one, which is out, uncertain and failed; the reasons are as hostile as the words."""
    with queue.store.write() as tx:
        for item, word in items():
            number = judgement.insert_item(tx, NOW, item, "ana")
            judging.remark(tx, NOW, local("desk"), number, word)
    flood(queue, STRINGS[100:160])
    events = (PostEvent.ACCEPTED, PostEvent.UNKNOWN, PostEvent.REFUSED)
    for place, (post, event) in enumerate(zip(queue.approve(4), events, strict=False)):
        queue.publish(post, event, STRINGS[place] if event is not PostEvent.ACCEPTED else "")
    with queue.store.write() as tx:
        operations.pause(tx, NOW, local("desk"), Scope.CHANNEL, "x-en", why=STRINGS[40])
        operations.reject(tx, NOW, local("desk"), 9, STRINGS[60])
    return queue


class Witness:
    """Sees what a browser does that it should not: dialogs, complaints, requests to others."""

    def __init__(self, home: str) -> None:
        self.home = urlsplit(home).netloc
        self.seen: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("dialog", lambda dialog: self.seen.append(f"a dialog: {dialog.message}"))
        page.on("console", self._complaint)
        page.on("pageerror", lambda error: self.seen.append(f"an error: {error}"))
        page.on("request", self._request)

    def _complaint(self, message: ConsoleMessage) -> None:
        if not any(f"status of {calm}" in message.text for calm in CALM):
            self.seen.append(f"said: {message.text}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self.home:
            self.seen.append(f"asked: {request.url}")


def addresses() -> list[str]:
    numbers = range(4, 4 + len(STRINGS) // AN_ITEM)
    asked = [f"why?of={quote(string)}" for string in STRINGS[:: len(STRINGS) // ASKED]]
    return [*PAGES, *asked, *(f"items/i{n}" for n in numbers), *(f"items/i{n}/edit" for n in numbers[::5])]


@pytest.mark.browser
async def test_five_hundred_strings_run_nowhere(browser: Path, hostile: Queue) -> None:
    assert len(set(STRINGS)) == 500
    served = await serve(create_app(parts_of(hostile)), "127.0.0.1", 0)
    try:
        async with async_playwright() as playwright:
            chromium = await playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = await (await chromium.new_context(base_url=served.url)).new_page()
            witness = Witness(served.url)
            witness.watch(page)
            await page.goto(f"/?token={TOKEN}")
            read = ""
            for address in addresses():
                answer = await page.goto(f"/{address}")
                assert answer is not None
                assert answer.status in CALM, address
                assert urlsplit(page.url).netloc == witness.home, address
                assert witness.seen == [], address
                read += await page.inner_text("body")
            await chromium.close()
    finally:
        await served.stop()
    shown = [string for string in STRINGS if " ".join(string.split()) in " ".join(read.split())]
    assert len(shown) > len(STRINGS) / 2  # they stand there, as the words that they are
