"""A page's address becomes a proposal in each language the page has; what cannot be read says why."""

import asyncio
from collections.abc import Mapping

import pytest

from bot.http_client import HttpClient
from bot.sources.story import NoStory, Story, find_story
from content_queue.item import Kind, Version
from tests.bot.http_client.servers import answer, serving

LANGUAGES = ("fr", "en")
HTML = b"Content-Type: text/html; charset=utf-8"
FRENCH = """<html lang="fr"><title>Un phare | Vagues</title><meta property="og:title" content="Un phare">
<meta property="og:description" content="Il éclaire la baie."><meta property="og:image" content="/phare.jpg">
<meta property="og:image:alt" content="Un phare, la nuit."><link rel="canonical" href="/fr/phare">
<link rel="alternate" hreflang="en-CA" href="/en/lighthouse">
<link rel="alternate" hreflang="fr" href="/fr/phare">
<link rel="alternate" hreflang="de" href="/de/turm">"""
ENGLISH = """<html lang="en"><meta property="og:title" content="A lighthouse">
<meta property="og:description" content="It lights the bay.">"""


async def story_at(path: str, pages: Mapping[str, bytes], *, mutual: bool = False) -> tuple[Story, str]:
    """Read a path of a site whose pages are the whole answers named by their last part."""

    async def script(head: bytes, writer: asyncio.StreamWriter) -> None:
        name = head.split(b" ")[1].decode().rpartition("/")[2]
        writer.write(pages.get(name, answer(b"no", HTML, status=b"404 Not Found")))
        await writer.drain()

    http = HttpClient(user_agent="test", allow_private=("127.0.0.1",))
    async with serving(script) as server:
        try:
            return await find_story(http, server.url(path), LANGUAGES, mutual=mutual), server.url("")
        finally:
            await http.close()


async def test_a_page_and_its_translation_are_proposed_with_picture_and_address() -> None:
    pages = {"phare": answer(FRENCH.encode(), HTML), "lighthouse": answer(ENGLISH.encode(), HTML)}
    pages["phare?utm_source=x"] = pages["phare"]
    story, home = await story_at("/fr/phare?utm_source=x", pages)
    assert story.kind is Kind.ARTICLE
    assert story.versions == (
        Version(
            "fr",
            "Un phare",
            "Il éclaire la baie.",
            f"{home}/fr/phare",
            f"{home}/phare.jpg",
            "Un phare, la nuit.",
        ),
        Version("en", "A lighthouse", "It lights the bay.", f"{home}/en/lighthouse"),
    )


async def test_a_translation_that_is_gone_leaves_the_page() -> None:
    story, _ = await story_at("/fr/phare", {"phare": answer(FRENCH.encode(), HTML)})
    assert [version.language for version in story.versions] == ["fr"]


async def test_a_page_in_no_language_we_speak_counts_as_the_first() -> None:
    story, _ = await story_at("/x", {"x": answer(b'<html lang="de"><title>Ein Turm</title>', HTML)})
    assert [(version.language, version.title) for version in story.versions] == [("fr", "Ein Turm")]


async def test_a_page_that_sends_its_readers_on_is_followed_once() -> None:
    sending = answer(b'<meta http-equiv="refresh" content="0; url=/there">', HTML)
    story, home = await story_at("/here", {"here": sending, "there": answer(ENGLISH.encode(), HTML)})
    assert story.versions[0].url == f"{home}/there"


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (answer(b"no", HTML, status=b"404 Not Found"), "answered 404"),
        (answer(b"%PDF", b"Content-Type: application/pdf"), "is no web page"),
        (answer(b"<p>words</p>", HTML), "does not say what it is called"),
    ],
)
async def test_a_page_that_proposes_nothing_says_why(page: bytes, why: str) -> None:
    with pytest.raises(NoStory, match=why):
        await story_at("/x", {"x": page})


async def test_an_address_within_is_not_read() -> None:
    http = HttpClient(user_agent="test")
    with pytest.raises(NoStory, match="cannot be read"):
        await find_story(http, "http://127.0.0.1:9/x", LANGUAGES)
    await http.close()


async def test_a_site_that_does_not_answer_is_told_in_plain_words() -> None:
    http = HttpClient(user_agent="test", allow_private=("127.0.0.1",))
    with pytest.raises(NoStory, match="cannot be reached: is it written as"):
        await find_story(http, "http://127.0.0.1:9/x", LANGUAGES)
    await http.close()


@pytest.mark.parametrize(
    ("back", "languages"), [("", ["fr"]), ("/fr/autre", ["fr"]), ("/fr/phare", ["fr", "en"])]
)
async def test_where_nobody_looks_a_translation_has_to_name_the_page_in_turn(
    back: str, languages: list[str]
) -> None:
    named = f'{ENGLISH}<link rel="alternate" hreflang="fr" href="{back}">' if back else ENGLISH
    pages = {"phare": answer(FRENCH.encode(), HTML), "lighthouse": answer(named.encode(), HTML)}
    story, _ = await story_at("/fr/phare", pages, mutual=True)
    assert [version.language for version in story.versions] == languages
