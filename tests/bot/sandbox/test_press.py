"""The demonstration's sites: feeds that grow by the shared clock, and pages behind every link."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import aiohttp
import pytest

from bot.sandbox.press import FEEDS, Press, Story
from bot.sandbox.server import Sandbox
from bot.sources.feed import Parsed, parse
from content_queue.item import Kind
from tests.bot.sandbox.conftest import HandClock

LONG = timedelta(hours=200)
"""As the sites tell time: about two hours of a visitor's."""


@pytest.fixture(name="press")
def press_fixture(clock: HandClock) -> Press:
    return Press(clock)


@pytest.fixture(name="site")
async def served_press(clock: HandClock, press: Press) -> AsyncIterator[aiohttp.ClientSession]:
    sandbox = Sandbox(clock, sites=[press])
    await sandbox.start()
    async with aiohttp.ClientSession(sandbox.url) as session:
        yield session
    await sandbox.stop()


async def read(site: aiohttp.ClientSession, name: str) -> Parsed:
    answer = await site.get(f"/press/{name}.xml")
    kind = Kind.VIDEO if "videos" in name else Kind.ARTICLE
    content_type = answer.headers["Content-Type"]
    return parse(await answer.read(), content_type=content_type, url=str(answer.url), kind=kind, language="")


def told(name: str) -> list[Story]:
    """All that a feed tells in a long while."""
    clock = HandClock()
    press = Press(clock)
    stories = {story.number: story for story in press.stories(name)}
    opened = clock()
    while clock() - opened < LONG:
        clock.forward(FEEDS[name].every)
        stories |= {story.number: story for story in press.stories(name)}
    return list(stories.values())


@pytest.mark.parametrize("name", FEEDS)
async def test_a_feed_reader_finds_several_entries_at_once_all_in_the_past(
    name: str, site: aiohttp.ClientSession, clock: HandClock
) -> None:
    entries = (await read(site, name)).entries
    assert len(entries) >= 4
    assert all(entry.published_at and entry.published_at <= clock() for entry in entries)
    assert all(entry.guid and entry.versions[0].title and entry.versions[0].summary for entry in entries)


@pytest.mark.parametrize("name", FEEDS)
async def test_a_new_entry_comes_by_the_shared_clock(
    name: str, site: aiohttp.ClientSession, clock: HandClock
) -> None:
    before = (await read(site, name)).entries
    clock.forward(FEEDS[name].every - timedelta(seconds=1))
    assert (await read(site, name)).entries == before
    clock.forward(timedelta(seconds=1))
    new = [entry for entry in (await read(site, name)).entries if entry not in before]
    assert [entry.published_at for entry in new] == [clock()]


async def test_a_feed_without_anything_new_is_not_sent_again(
    site: aiohttp.ClientSession, clock: HandClock
) -> None:
    first = await site.get("/press/startech-en.xml")
    condition = {"If-None-Match": first.headers["ETag"]}
    unchanged = await site.get("/press/startech-en.xml", headers=condition)
    assert (unchanged.status, await unchanged.read()) == (304, b"")
    clock.forward(FEEDS["startech-en"].every)
    assert (await site.get("/press/startech-en.xml", headers=condition)).status == 200


@pytest.mark.parametrize("name", ["startech-fr", "startech-en"])
async def test_every_article_of_a_feed_opens_a_page_of_its_own(
    name: str, site: aiohttp.ClientSession
) -> None:
    for entry in (await read(site, name)).entries:
        (version,) = entry.versions
        async with site.get(version.url) as answer:
            page = await answer.text()
        assert answer.status == 200
        assert f'<html lang="{version.language}">' in page
        assert f"<h1>{version.title}</h1>" in page


async def test_the_pages_of_a_story_name_each_other_once_both_are_out(
    site: aiohttp.ClientSession, press: Press, clock: HandClock
) -> None:
    assert 'hreflang="en"' in await (await site.get("/press/fr/0/any")).text()
    assert 'hreflang="fr"' in await (await site.get("/press/en/0/any")).text()
    clock.forward(FEEDS["startech-fr"].every)
    newest = press.stories("startech-fr")[0]
    assert "hreflang" not in await (await site.get(newest.path)).text()


async def test_links_of_a_feed_lead_to_pages_with_their_titles(
    site: aiohttp.ClientSession, press: Press
) -> None:
    for name in FEEDS:
        for entry in (await read(site, name)).entries:
            (version,) = entry.versions
            page = press.page_of(f"{version.url}{'&' if '?' in version.url else '?'}utm_source=x")
            assert page is not None
            assert page.title == version.title
            assert page.video == (entry.kind is Kind.VIDEO)
            assert f"<h1>{version.title}</h1>" in await (await site.get(page.path)).text()


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/press/fr/0/another-story",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=d-fr-00999",
        "https://video.example.org/watch?v=d-fr-00001",
        "https://example.org",
    ],
)
def test_a_link_to_elsewhere_is_none_of_its_pages(address: str, press: Press) -> None:
    assert press.page_of(address) is None


@pytest.mark.parametrize(
    "path",
    [
        "/press/fr/999/not-yet",
        "/press/de/0/any",
        "/press/other.xml",
        "/press/video/fr/999",
        "/press/video/de/0",
    ],
)
async def test_what_is_not_published_is_not_there(path: str, site: aiohttp.ClientSession) -> None:
    assert (await site.get(path)).status == 404


async def test_videos_are_known_by_ids_that_no_real_video_has(site: aiohttp.ClientSession) -> None:
    videos = [*(await read(site, "videos")).entries, *(await read(site, "videos-en")).entries]
    ids = {entry.versions[0].url.removeprefix("https://www.youtube.com/watch?v=") for entry in videos}
    assert len(ids) == len(videos)
    assert all(entry.kind is Kind.VIDEO for entry in videos)
    assert all(len(video) < 11 for video in ids)


@pytest.mark.parametrize(
    ("french", "english", "least"), [("startech-fr", "startech-en", 12), ("videos", "videos-en", 8)]
)
def test_stories_come_in_both_languages_with_the_same_figures(french: str, english: str, least: int) -> None:
    pairs = list(zip(told(french), told(english), strict=False))
    assert len(pairs) > least
    for ours, theirs in pairs:
        assert ours.number == theirs.number
        assert ours.title != theirs.title
        assert re.findall(r"\d+", f"{ours.title} {ours.summary}") == re.findall(
            r"\d+", f"{theirs.title} {theirs.summary}"
        )


@pytest.mark.parametrize("name", FEEDS)
def test_for_hours_nothing_is_told_twice_nor_in_the_same_way_twice_running(name: str) -> None:
    stories = told(name)
    assert len({(story.title, story.summary) for story in stories}) == len(stories)
    # without names and figures only the way of telling is left
    ways = [re.sub(r"\b[^\W\d_a-zà-ÿ][\w’-]*|\d+", "", f"{story.title} {story.summary}") for story in stories]
    assert all(one != following for one, following in pairwise(ways))


@pytest.mark.parametrize("name", FEEDS)
def test_words_are_set_as_they_are_printed(name: str) -> None:
    for story in told(name):
        text = f"{story.title}\n{story.summary}\n{story.body}"
        assert not re.search(r"['\"{}]|  |!|\.\.\.", text), text
        assert not re.search(r"\d min\b", text), text
        if story.language == "fr":
            assert not re.search(r"[^\u00a0][:%»]|«[^\u00a0]|\s[;!?]", text), text
        else:
            assert not re.search(r"\s[:%;!?]", text), text
