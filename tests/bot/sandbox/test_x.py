"""X as tweepy sees it when all goes well."""

import html
from asyncio import to_thread
from base64 import b64encode
from datetime import timedelta

import aiohttp
import pytest
import tweepy

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import OAUTH, PNG, HandClock, x_client


def upload(x: tweepy.Client, alt: str) -> str:
    body = {"media": b64encode(PNG).decode(), "media_category": "tweet_image"}
    media_id = str(x.request("POST", "/2/media/upload", json=body, user_auth=True).json()["data"]["id"])
    metadata = {"id": media_id, "metadata": {"alt_text": {"text": alt}}}
    x.request("POST", "/2/media/metadata", json=metadata, user_auth=True)
    return media_id


async def test_a_post_gets_an_id_and_stands_on_the_timeline(sandbox: Sandbox, x: tweepy.Client) -> None:
    made = await to_thread(x.create_tweet, text="Bonjour à Québec")
    [post] = sandbox.timeline()
    assert (post.id, post.text, post.account) == (made.data["id"], "Bonjour à Québec", "1001")


async def test_who_posts_is_told_by_the_token(x: tweepy.Client) -> None:
    me = await to_thread(x.get_me, user_auth=True)
    assert (me.data.id, me.data.name, me.data.username) == (1001, "Technopolys", "Technopolys")


async def test_the_own_timeline_comes_newest_first_with_links_shortened_and_text_escaped(
    x: tweepy.Client, clock: HandClock
) -> None:
    await to_thread(x.create_tweet, text="R&D <ici> https://example.org/a?b=1&c=2 fin")
    clock.forward(timedelta(seconds=1))
    await to_thread(x.create_tweet, text="Le deuxième")
    answer = await to_thread(
        x.get_users_tweets, "1001", tweet_fields=["created_at", "entities"], user_auth=True
    )
    newest, oldest = answer.data
    [url] = oldest.entities["urls"]
    assert newest.text == "Le deuxième"
    assert newest.created_at == clock.now
    assert oldest.text.startswith("R&amp;D &lt;ici&gt; https://t.co/")
    assert oldest.text[url["start"] : url["end"]] == url["url"]
    original = html.unescape(oldest.text).replace(url["url"], url["expanded_url"])
    assert original == "R&D <ici> https://example.org/a?b=1&c=2 fin"


async def test_reading_back_starts_where_it_is_told(x: tweepy.Client, clock: HandClock) -> None:
    await to_thread(x.create_tweet, text="Hier")
    clock.forward(timedelta(hours=20))
    await to_thread(x.create_tweet, text="Ce matin")
    since = clock.now - timedelta(minutes=2)
    answer = await to_thread(x.get_users_tweets, "1001", start_time=since, max_results=5, user_auth=True)
    assert [post.text for post in answer.data] == ["Ce matin"]


async def test_a_long_timeline_comes_page_by_page(x: tweepy.Client) -> None:
    for number in range(7):
        await to_thread(x.create_tweet, text=f"Texte {number}")
    pages = await to_thread(
        lambda: list(tweepy.Paginator(x.get_users_tweets, "1001", max_results=5, user_auth=True))
    )
    assert [[post.text[-1] for post in page.data] for page in pages] == [list("65432"), list("10")]


async def test_an_empty_timeline_has_no_data(x: tweepy.Client) -> None:
    answer = await to_thread(x.get_users_tweets, "1001", user_auth=True)
    assert answer.data is None
    assert answer.meta == {"result_count": 0}


async def test_a_picture_brings_its_alt_text_and_a_link_of_its_own(
    sandbox: Sandbox, x: tweepy.Client
) -> None:
    media_id = await to_thread(upload, x, "Carte du Québec")
    await to_thread(x.create_tweet, text="Voici", media_ids=[media_id])
    [post] = sandbox.timeline()
    answer = await to_thread(x.get_users_tweets, "1001", tweet_fields=["entities"], user_auth=True)
    [url] = answer.data[0].entities["urls"]
    assert [picture.alt for picture in post.media] == ["Carte du Québec"]
    assert answer.data[0].text == f"Voici {url['url']}"
    assert url["expanded_url"].endswith("/photo/1")


async def test_a_picture_alone_is_a_post(sandbox: Sandbox, x: tweepy.Client) -> None:
    media_id = await to_thread(upload, x, "Carte")
    await to_thread(x.create_tweet, media_ids=[media_id])
    assert sandbox.timeline()[0].text == ""


async def test_a_picture_may_come_as_a_form(http: aiohttp.ClientSession) -> None:
    form = aiohttp.FormData({"media_category": "tweet_image"})
    form.add_field("media", PNG, filename="a.png")
    answer = await http.post("/2/media/upload", data=form, headers={"Authorization": OAUTH})
    assert answer.status == 200
    assert (await answer.json())["data"]["size"] == len(PNG)


async def test_a_deleted_post_is_gone(sandbox: Sandbox, x: tweepy.Client) -> None:
    made = await to_thread(x.create_tweet, text="Trop vite")
    await to_thread(x.delete_tweet, made.data["id"])
    assert sandbox.timeline() == []
    with pytest.raises(tweepy.NotFound):
        await to_thread(x.delete_tweet, made.data["id"])


async def test_nobody_deletes_what_others_posted(sandbox: Sandbox, x: tweepy.Client) -> None:
    made = await to_thread(x.create_tweet, text="À moi")
    other = x_client(sandbox, "2002-token")
    with pytest.raises(tweepy.Forbidden):
        await to_thread(other.delete_tweet, made.data["id"])
    other.session.close()
    assert len(sandbox.timeline()) == 1


async def test_ids_grow_even_while_the_clock_stands_still(sandbox: Sandbox, x: tweepy.Client) -> None:
    for text in ("Un", "Deux", "Trois"):
        await to_thread(x.create_tweet, text=text)
    ids = [int(post.id) for post in sandbox.timeline()]
    assert ids == sorted(set(ids))


async def test_a_bearer_user_token_signs_in(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    headers = {"Authorization": "Bearer 2002-token"}
    answer = await http.post("/2/tweets", json={"text": "Bonjour"}, headers=headers)
    assert answer.status == 201
    assert sandbox.timeline()[0].account == "2002"


async def test_what_x_does_not_have_is_not_found(http: aiohttp.ClientSession) -> None:
    answer = await http.get("/2/lists/1")
    assert (answer.status, answer.content_type) == (404, "application/problem+json")
