"""What X refuses, as tweepy sees it."""

import json
from asyncio import to_thread
from base64 import b64encode
from datetime import timedelta
from io import BytesIO
from typing import Any

import aiohttp
import pytest
import tweepy

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import OAUTH, PNG, HandClock, x_client

SIGNED = {"Authorization": OAUTH}
PICTURE = {"media": b64encode(PNG).decode(), "media_category": "tweet_image"}


async def test_a_text_of_280_goes_out_and_one_of_281_does_not(sandbox: Sandbox, x: tweepy.Client) -> None:
    await to_thread(x.create_tweet, text="é" * 280)
    with pytest.raises(tweepy.Forbidden, match="not permitted"):
        await to_thread(x.create_tweet, text="é" * 281)
    assert len(sandbox.timeline()) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " \n"},
        {"text": 5},
        {"text": "byte order mark \ufeff"},
        {"text": "not a character \uffff"},
        {"text": "half a pair \ud83d"},
        {"text": "a", "unknown": 1},
        {"text": "a", "media": {"media_ids": ["1"]}},
        {"text": "a", "media": {"media_ids": []}},
        {"text": "a", "media": {"media_ids": ["1", "2", "3", "4", "5"]}},
        {"text": "a", "media": {"media_ids": [1]}},
        {"text": "a", "media": {"unknown": []}},
        {"text": "a", "media": "1"},
        ["a"],
    ],
)
async def test_a_malformed_post_is_an_invalid_request(
    sandbox: Sandbox, http: aiohttp.ClientSession, body: object
) -> None:
    answer = await http.post("/2/tweets", json=body, headers=SIGNED)
    problem = await answer.json()
    assert (answer.status, problem["title"]) == (400, "Invalid Request")
    assert problem["type"].endswith("/problems/invalid-request")
    assert problem["errors"][0]["message"]
    assert sandbox.timeline() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_an_invalid_request(http: aiohttp.ClientSession, body: bytes) -> None:
    answer = await http.post("/2/tweets", data=body, headers=SIGNED)
    assert answer.status == 400


async def test_the_same_text_is_refused_for_a_day(
    sandbox: Sandbox, x: tweepy.Client, clock: HandClock
) -> None:
    await to_thread(x.create_tweet, text="Encore")
    clock.forward(timedelta(hours=23, minutes=59))
    with pytest.raises(tweepy.Forbidden) as refusal:
        await to_thread(x.create_tweet, text="Encore")
    detail = "You are not allowed to create a Tweet with duplicate content."
    assert refusal.value.api_messages == [detail]
    clock.forward(timedelta(minutes=1))
    await to_thread(x.create_tweet, text="Encore")
    assert len(sandbox.timeline()) == 2


async def test_another_account_may_post_the_same_text(sandbox: Sandbox, x: tweepy.Client) -> None:
    await to_thread(x.create_tweet, text="Encore")
    other = x_client(sandbox, "2002-token")
    await to_thread(other.create_tweet, text="Encore")
    other.session.close()
    assert [post.account for post in sandbox.timeline()] == ["1001", "2002"]


async def test_a_second_cashtag_is_refused(x: tweepy.Client) -> None:
    with pytest.raises(tweepy.Forbidden, match="maximum of one cashtag"):
        await to_thread(x.create_tweet, text="$SHOP et $BCE")


async def test_more_than_100_posts_in_15_minutes_are_refused_until_the_window_ends(
    sandbox: Sandbox, x: tweepy.Client, clock: HandClock, http: aiohttp.ClientSession
) -> None:
    first = await http.post("/2/tweets", json={"text": "0"}, headers=SIGNED)
    reset = clock.now + timedelta(minutes=15)
    assert first.headers["x-rate-limit-limit"] == "100"
    assert first.headers["x-rate-limit-remaining"] == "99"
    assert first.headers["x-rate-limit-reset"] == str(int(reset.timestamp()))
    for number in range(1, 100):
        await http.post("/2/tweets", json={"text": str(number)}, headers=SIGNED)
    clock.forward(timedelta(minutes=14))
    with pytest.raises(tweepy.TooManyRequests) as refusal:
        await to_thread(x.create_tweet, text="Un de trop")
    assert refusal.value.reset_time == int(reset.timestamp())
    assert len(sandbox.timeline()) == 100
    clock.forward(timedelta(minutes=1))
    await to_thread(x.create_tweet, text="Un de trop")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer ",
        "Basic abc",
        OAUTH.replace("oauth_signature", "signature"),
        OAUTH.replace("oauth_nonce", "nonce"),
        OAUTH.replace("oauth_timestamp", "timestamp"),
        OAUTH.replace("oauth_consumer_key", "consumer_key"),
        OAUTH.replace("1001-token", "token"),
        OAUTH.replace("1001-token", ""),
    ],
)
async def test_whoever_does_not_sign_in_is_unauthorized(
    sandbox: Sandbox, http: aiohttp.ClientSession, authorization: str
) -> None:
    headers = {"Authorization": authorization}
    answer = await http.post("/2/tweets", json={"text": "a"}, headers=headers)
    problem = await answer.json()
    assert (answer.status, problem["title"]) == (401, "Unauthorized")
    assert sandbox.timeline() == []


@pytest.mark.parametrize(
    "body",
    [
        {"media": PICTURE["media"]},
        PICTURE | {"media_category": "tweet_video"},
        PICTURE | {"media": "no base64!"},
        PICTURE | {"media": 5},
        PICTURE | {"media": b64encode(b"<svg/>").decode()},
        PICTURE | {"media": b64encode(PNG + bytes(5 * 1024 * 1024)).decode()},
        PICTURE | {"unknown": "1"},
    ],
)
async def test_a_picture_that_x_would_not_take_is_refused(
    http: aiohttp.ClientSession, body: dict[str, Any]
) -> None:
    content = BytesIO(json.dumps(body).encode())
    answer = await http.post("/2/media/upload", data=content, headers=SIGNED)
    assert answer.status == 400


async def uploaded(http: aiohttp.ClientSession) -> str:
    answer = await http.post("/2/media/upload", json=PICTURE, headers=SIGNED)
    return str((await answer.json())["data"]["id"])


@pytest.mark.parametrize("metadata", [{}, {"alt_text": {"text": "a" * 1001}}, {"alt_text": {"text": 5}}, 5])
async def test_an_alt_text_must_be_there_and_not_too_long(
    http: aiohttp.ClientSession, metadata: object
) -> None:
    body = {"id": await uploaded(http), "metadata": metadata}
    answer = await http.post("/2/media/metadata", json=body, headers=SIGNED)
    assert answer.status == 400


async def test_an_alt_text_needs_its_picture(http: aiohttp.ClientSession) -> None:
    body = {"id": "1", "metadata": {"alt_text": {"text": "a"}}}
    answer = await http.post("/2/media/metadata", json=body, headers=SIGNED)
    assert answer.status == 400


async def test_an_upload_is_forgotten_after_a_day(
    http: aiohttp.ClientSession, clock: HandClock, x: tweepy.Client
) -> None:
    media_id = await uploaded(http)
    clock.forward(timedelta(hours=24))
    with pytest.raises(tweepy.BadRequest):
        await to_thread(x.create_tweet, text="Tard", media_ids=[media_id])


async def test_a_picture_of_somebody_else_is_unknown(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    media_id = await uploaded(http)
    other = x_client(sandbox, "2002-token")
    with pytest.raises(tweepy.BadRequest):
        await to_thread(other.create_tweet, text="Pas à moi", media_ids=[media_id])
    other.session.close()


@pytest.mark.parametrize(
    "query",
    [
        {"max_results": "4"},
        {"max_results": "101"},
        {"max_results": "many"},
        {"start_time": "yesterday"},
        {"start_time": "2026-13-01T00:00:00Z"},
        {"exclude": "likes"},
        {"unknown": "1"},
    ],
)
async def test_a_timeline_query_that_x_would_not_take_is_refused(
    http: aiohttp.ClientSession, query: dict[str, str]
) -> None:
    answer = await http.get("/2/users/1001/tweets", params=query, headers=SIGNED)
    assert answer.status == 400
