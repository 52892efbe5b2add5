"""Items are completed from their own pages, over real HTTP, where a source asks for it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.clock import FakeClock
from bot.http_client import HttpClient
from bot.runtime.completing import Completing
from content_queue.item import Item, Version
from content_queue.lifecycle import ItemState
from tests.bot.http_client.servers import answer
from tests.bot.runtime.sites import Reading, reading, sites
from tests.bot.runtime.world import HOUR, NOW
from tests.bot.sources.documents import rss

HTML = b"Content-Type: text/html; charset=utf-8"
ALTERNATES = """<link rel="alternate" hreflang="fr" href="/fr/phare">
<link rel="alternate" hreflang="en" href="/en/light">"""
FRENCH = f"""<html lang="fr"><title>Un phare</title><meta property="og:description" content="Il éclaire.">
<meta property="og:image" content="/phare.jpg">
<meta property="article:published_time" content="2026-01-15T09:00:00Z">
<meta property="og:image:alt" content="Un phare.">{ALTERNATES}"""
ENGLISH = f"""<html lang="en"><title>A lighthouse</title>{ALTERNATES}"""
Found = tuple[list[str], list[Item]]
LONELY = '<html lang="en"><title>A lighthouse</title>'


class Pages:
    """A site with a feed of titles alone, and its pages, which a test changes."""

    def __init__(self, **pages: str) -> None:
        self.pages = pages
        self.host = ""

    def __call__(self, path: str, _head: bytes) -> bytes:
        if path == "/feed":
            entry = f"<title>Un phare</title><link>{self.host}/fr/phare</link><guid>1</guid>"
            return answer(rss(entry), b"Content-Type: application/rss+xml")
        page = self.pages.get(path.rpartition("/")[2])
        return answer(b"no", HTML, status=b"503 Away") if page is None else answer(page.encode(), HTML)


async def completed(folder: Path, pages: Pages, *, read_pages: bool = True, rounds: int = 1) -> Found:
    """Read the feed, complete what is new; return what was asked for, and the items."""
    clock = FakeClock(NOW)
    async with sites(clock, pages) as (site,):
        pages.host = site.url("")
        given = {"url": site.url("/feed"), "backlog": 9, "read_pages": read_pages, "language": "fr"}
        async with reading(folder, clock, {"site": given}) as world:
            await lived(world, clock, rounds)
            return [path for _, path in site.log], world.items()


async def lived(world: Reading, clock: FakeClock, rounds: int) -> None:
    await world.now()
    public = HttpClient(user_agent="test")
    completing = Completing(world.store, clock, world.http, public, ("fr", "en"))
    for _ in range(rounds):
        if completing.due(clock.now(), world.parts.intakes):
            await completing.complete(world.parts.intakes)
        clock.advance(HOUR)
    await public.close()


async def test_text_picture_and_the_other_language_come_from_the_page(tmp_path: Path) -> None:
    pages = Pages(phare=FRENCH, light=ENGLISH)
    asked, (item,) = await completed(tmp_path, pages, rounds=3)
    assert asked == ["/feed", "/fr/phare", "/en/light"]
    assert item.versions == (
        Version(
            "fr", "Un phare", "Il éclaire.", f"{pages.host}/fr/phare", f"{pages.host}/phare.jpg", "Un phare."
        ),
        Version("en", "A lighthouse", "", f"{pages.host}/en/light"),
    )
    assert item.state is ItemState.PENDING
    assert item.published_at == datetime(2026, 1, 15, 9, tzinfo=UTC)  # the feed gave no date


async def test_where_nobody_asked_for_it_no_page_is_read(tmp_path: Path) -> None:
    asked, _ = await completed(tmp_path, Pages(phare=FRENCH), read_pages=False)
    assert asked == ["/feed"]


async def test_a_side_that_does_not_name_the_page_in_turn_is_none(tmp_path: Path) -> None:
    pages = Pages(phare=FRENCH, light=LONELY)
    _, (item,) = await completed(tmp_path, pages)
    assert [version.language for version in item.versions] == ["fr"]


async def test_a_page_in_another_language_than_its_feed_says_adds_nothing(tmp_path: Path) -> None:
    pages = Pages(phare=FRENCH.replace('lang="fr"', 'lang="en"'))
    _, (item,) = await completed(tmp_path, pages)
    assert (item.revision, item.versions[0].summary) == (1, "")


async def test_a_page_that_cannot_be_read_is_asked_three_times_in_all(tmp_path: Path) -> None:
    asked, _ = await completed(tmp_path, Pages(), rounds=6)
    assert asked == ["/feed", "/fr/phare", "/fr/phare", "/fr/phare"]


async def test_a_page_on_another_private_host_is_not_read_although_the_operator_opened_it(
    tmp_path: Path,
) -> None:
    pages = Pages(phare=FRENCH)
    clock = FakeClock(NOW)
    async with sites(clock, pages) as (site,):
        pages.host = site.url("").replace("127.0.0.1", "127.0.0.2")
        given = {"url": site.url("/feed"), "backlog": 9, "read_pages": True}
        async with reading(tmp_path, clock, {"site": given}) as world:
            await lived(world, clock, 1)
        assert [path for _, path in site.log] == ["/feed"]
