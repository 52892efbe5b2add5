"""The pages, as a visitor reads them."""

from asyncio import to_thread
from base64 import b64encode
from datetime import timedelta
from html.parser import HTMLParser

import aiohttp
import pytest
import tweepy
from telegram import Bot, LinkPreviewOptions

from bot.sandbox.press import Press
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import ACCOUNTS, OAUTH, PNG, HandClock, x_client

HOSTILE = "<script>alert(1)</script>"


class Page(HTMLParser):
    """What a page says and what it is made of."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, tag: str, attribute: str) -> list[str]:
        return [attributes.get(attribute) or "" for name, attributes in self.tags if name == tag]


async def read(http: aiohttp.ClientSession, path: str, status: int = 200) -> Page:
    answer = await http.get(path)
    assert (answer.status, answer.content_type) == (status, "text/html")
    return Page(await answer.text())


async def test_the_home_page_links_every_account_and_shows_its_last_words(
    http: aiohttp.ClientSession, bot: Bot
) -> None:
    await bot.send_message("@technopolys", "Bonjour à toutes et à tous")
    page = await read(http, "/")
    assert {"/x/1001", "/telegram/@technopolys"} <= set(page.values("a", "href"))
    assert "Technopolys Québec" in page.text
    assert "Bonjour à toutes et à tous" in page.text
    assert "Nothing yet" in page.text


async def test_posts_arrive_by_themselves_without_script(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/x/1001", "/telegram/@technopolys"):
        page = await read(http, path)
        assert "4" in page.values("meta", "content")
        assert page.values("script", "src") == []


async def test_nothing_is_loaded_from_elsewhere(http: aiohttp.ClientSession) -> None:
    for path in ("/", "/x/1001", "/telegram/@technopolys"):
        answer = await http.get(path)
        page = Page(await answer.text())
        assert page.values("link", "href") == ["/static/sandbox.css", "data:,"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    style = await http.get("/static/sandbox.css")
    assert style.status == 200
    assert "url(" not in await style.text()


async def test_an_x_timeline_shows_newest_first_with_short_links_and_hashtags(
    http: aiohttp.ClientSession, x: tweepy.Client, clock: HandClock
) -> None:
    await to_thread(x.create_tweet, text="Le premier https://www.example.org/une/adresse/bien/longue #Québec")
    clock.forward(timedelta(hours=3))
    await to_thread(x.create_tweet, text="Le deuxième")
    page = await read(http, "/x/1001")
    assert page.text.index("Le deuxième") < page.text.index("Le premier")
    assert "example.org/une/adresse/bie…" in page.text
    assert "https://www.example.org/une/adresse/bien/longue" in page.values("a", "href")
    assert "From example.org" in page.text
    assert "3 h" in page.text
    assert "2 posts" in page.text


async def test_links_to_a_site_of_the_sandbox_open_there_under_their_titles(clock: HandClock) -> None:
    press = Press(clock)
    sandbox = Sandbox(clock, accounts=ACCOUNTS, sites=[press])
    await sandbox.start()
    story, film = press.stories("startech-fr")[0], press.stories("videos")[0]
    watch = f"https://www.youtube.com/watch?v={film.video}"
    async with aiohttp.ClientSession(sandbox.url) as http, Bot("42:token", f"{sandbox.url}/bot") as bot:
        client = x_client(sandbox)
        await to_thread(client.create_tweet, text=f"Lire {sandbox.url}{story.path}")
        client.session.close()
        await bot.send_message("@technopolys", f'<a href="{watch}">Voir</a>', parse_mode="HTML")
        on_x, on_telegram = await read(http, "/x/1001"), await read(http, "/telegram/@technopolys")
    await sandbox.stop()
    assert on_x.values("a", "href").count(story.path) == 2  # in the text and on the card
    assert story.title in on_x.text
    assert on_telegram.values("a", "href").count(film.video_path) == 2
    assert watch not in on_telegram.values("a", "href")
    assert film.title in on_telegram.text


async def test_the_address_that_a_client_knows_a_post_by_leads_to_it(
    http: aiohttp.ClientSession, x: tweepy.Client
) -> None:
    made = await to_thread(x.create_tweet, text="Bonjour")
    answer = await http.get(f"/i/status/{made.data['id']}")
    assert answer.url.path == f"/x/1001/status/{made.data['id']}"
    assert (await http.get("/i/status/1")).status == 404


async def test_a_picture_on_x_shows_its_alt_text_behind_a_badge(
    http: aiohttp.ClientSession, x: tweepy.Client
) -> None:
    body = {"media": b64encode(PNG).decode(), "media_category": "tweet_image"}
    signed = {"Authorization": OAUTH}
    media_id = (await (await http.post("/2/media/upload", json=body, headers=signed)).json())["data"]["id"]
    metadata = {"id": media_id, "metadata": {"alt_text": {"text": 'Carte "du" Québec'}}}
    await http.post("/2/media/metadata", json=metadata, headers=signed)
    await to_thread(x.create_tweet, text="https://example.org", media_ids=[media_id])
    page = await read(http, "/x/1001")
    [source] = page.values("img", "src")
    picture = await http.get(source)
    assert page.values("img", "alt") == ['Carte "du" Québec']
    assert "ALT" in page.text
    assert "From example.org" not in page.text
    assert (picture.content_type, await picture.read()) == ("image/png", PNG)
    assert (await http.get(source.removesuffix("0") + "1")).status == 404


async def test_a_telegram_bubble_has_a_bold_title_that_links_and_a_preview(
    http: aiohttp.ClientSession, bot: Bot
) -> None:
    text = '<b><a href="https://example.org/startech/les-vagues">Les vagues</a></b>\n\nUn <i>mot</i>.'
    options = LinkPreviewOptions(prefer_large_media=True)
    await bot.send_message("@technopolys", text, parse_mode="HTML", link_preview_options=options)
    page = await read(http, "/telegram/@technopolys")
    tags = [tag for tag, _ in page.tags]
    assert tags[tags.index("b") + 1] == "a"
    assert page.values("a", "href").count("https://example.org/startech/les-vagues") == 2
    assert "Les vagues\n\nUn mot." in page.text
    assert "example.orgLes vagues" in page.text


async def test_a_photo_by_address_is_named_and_not_fetched(http: aiohttp.ClientSession, bot: Bot) -> None:
    await bot.send_photo("@technopolys", "https://example.org/a.png", caption="Carte")
    page = await read(http, "/telegram/@technopolys")
    assert page.values("img", "src") == []
    assert "Picture from https://example.org/a.png" in page.text


async def test_whatever_was_posted_stays_text(
    sandbox: Sandbox, http: aiohttp.ClientSession, x: tweepy.Client, bot: Bot
) -> None:
    await to_thread(x.create_tweet, text=HOSTILE)
    await bot.send_message("@technopolys", HOSTILE)
    paths = ["/", "/x/1001", "/telegram/@technopolys", *(post.path for post in sandbox.timeline())]
    for path in paths:
        page = await read(http, path)
        assert "script" not in [tag for tag, _ in page.tags]
        assert HOSTILE in page.text


async def test_names_stay_text_too(clock: HandClock) -> None:
    sandbox = Sandbox(clock, accounts={"5": HOSTILE, "@five": HOSTILE})
    await sandbox.start()
    async with aiohttp.ClientSession(sandbox.url) as http:
        for path in ("/", "/x/5", "/telegram/@five"):
            assert "script" not in [tag for tag, _ in (await read(http, path)).tags]
    await sandbox.stop()


async def test_an_account_that_has_not_posted_says_so_quietly(http: aiohttp.ClientSession) -> None:
    assert "No posts yet" in (await read(http, "/x/1001")).text
    assert "No messages here yet" in (await read(http, "/telegram/@technopolys")).text


@pytest.mark.parametrize(
    "path", ["/x/999", "/telegram/@nobody", "/x/1001/status/1", "/telegram/@technopolys/1"]
)
async def test_what_is_not_there_is_said_to_be_so(http: aiohttp.ClientSession, path: str) -> None:
    assert "Nothing at this address" in (await read(http, path, status=404)).text
