"""Bad days: what the real clients make of them, and whether the post was made."""

import asyncio
from asyncio import to_thread
from datetime import timedelta

import aiohttp
import pytest
import requests
import telegram.error
import tweepy
from telegram import Bot

from bot.sandbox.faults import AFTER, EFFECTS, Fault
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import OAUTH, HandClock

SIGNED = {"Authorization": OAUTH}

ON_X: dict[str, type[Exception]] = {
    "401": tweepy.Unauthorized,
    "402": tweepy.HTTPException,
    "403-duplicate": tweepy.Forbidden,
    "429": tweepy.TooManyRequests,
    "500": tweepy.TwitterServerError,
    "502": tweepy.TwitterServerError,
    "503": tweepy.TwitterServerError,
    "hang": requests.ReadTimeout,
    "cut-before": requests.ConnectionError,
    "html": requests.JSONDecodeError,
    "redirect": tweepy.HTTPException,
    "cut-after": requests.ConnectionError,
    "500-after": tweepy.TwitterServerError,
}
ON_TELEGRAM: dict[str, type[Exception]] = {
    "401": telegram.error.InvalidToken,
    "402": telegram.error.NetworkError,
    "403-duplicate": telegram.error.Forbidden,
    "429": telegram.error.RetryAfter,
    "500": telegram.error.NetworkError,
    "502": telegram.error.NetworkError,
    "503": telegram.error.NetworkError,
    "hang": telegram.error.TimedOut,
    "cut-before": telegram.error.NetworkError,
    "html": telegram.error.TelegramError,
    "redirect": telegram.error.TelegramError,
    "cut-after": telegram.error.NetworkError,
    "500-after": telegram.error.NetworkError,
    "empty-after": KeyError,
}


def texts(sandbox: Sandbox) -> list[str]:
    return [post.text for post in sandbox.timeline()]


@pytest.mark.parametrize("effect", sorted(ON_X))
async def test_trouble_on_x_looks_as_it_does_to_tweepy(
    sandbox: Sandbox, x: tweepy.Client, effect: str
) -> None:
    x.session.request.keywords["timeout"] = 0.3
    sandbox.misbehave(Fault("x", effect))
    with pytest.raises(ON_X[effect]):
        await to_thread(x.create_tweet, text="Un")
    await to_thread(x.create_tweet, text="Deux")
    assert texts(sandbox) == (["Un", "Deux"] if effect in AFTER else ["Deux"])


async def test_an_empty_success_on_x_is_no_error_to_tweepy(sandbox: Sandbox, x: tweepy.Client) -> None:
    sandbox.misbehave(Fault("x", "empty-after"))
    answer = await to_thread(x.create_tweet, text="Un")
    assert answer.data is None
    assert texts(sandbox) == ["Un"]


@pytest.mark.parametrize("effect", sorted(ON_TELEGRAM))
async def test_trouble_on_telegram_looks_as_it_does_to_its_client(
    sandbox: Sandbox, bot: Bot, effect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    sandbox.misbehave(Fault("telegram", effect))
    with pytest.raises(ON_TELEGRAM[effect]):
        await bot.send_message("@technopolys", "Un", read_timeout=0.3)
    await bot.send_message("@technopolys", "Deux")
    assert texts(sandbox) == (["Un", "Deux"] if effect in AFTER else ["Deux"])


def test_every_effect_is_tried_on_both_networks() -> None:
    assert ON_X.keys() | {"empty-after"} == ON_TELEGRAM.keys() == EFFECTS


async def test_a_429_says_when_to_come_back_by_the_shared_clock(
    sandbox: Sandbox, x: tweepy.Client, bot: Bot, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    wait = timedelta(seconds=90)
    sandbox.misbehave(Fault("x", "429", retry_after=wait))
    sandbox.misbehave(Fault("telegram", "429", retry_after=wait))
    with pytest.raises(tweepy.TooManyRequests) as on_x:
        await to_thread(x.create_tweet, text="Un")
    with pytest.raises(telegram.error.RetryAfter) as on_telegram:
        await bot.send_message("@technopolys", "Un")
    assert on_x.value.reset_time == int((clock.now + wait).timestamp())
    assert on_x.value.response.headers["x-rate-limit-remaining"] == "0"
    assert on_telegram.value.retry_after == wait


async def test_a_refusal_says_what_x_says(sandbox: Sandbox, x: tweepy.Client) -> None:
    sandbox.misbehave(Fault("x", "402"))
    with pytest.raises(tweepy.HTTPException) as refusal:
        await to_thread(x.create_tweet, text="Un")
    problem = refusal.value.response.json()
    assert (problem["status"], problem["title"]) == (402, "CreditsDepleted")


async def test_a_client_that_follows_a_redirect_gives_itself_away(
    sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    sandbox.misbehave(Fault("x", "redirect"))
    first = await http.post("/2/tweets", json={"text": "Un"}, headers=SIGNED, allow_redirects=False)
    assert (first.status, texts(sandbox)) == (307, [])
    await http.post(first.headers["Location"], json={"text": "Un"}, headers=SIGNED)
    assert texts(sandbox) == ["Un"]


async def test_a_fault_lasts_as_many_requests_as_it_says(sandbox: Sandbox, x: tweepy.Client) -> None:
    sandbox.misbehave(Fault("x", "503", count=2))
    for _ in range(2):
        with pytest.raises(tweepy.TwitterServerError):
            await to_thread(x.create_tweet, text="Un")
    await to_thread(x.create_tweet, text="Un")
    assert texts(sandbox) == ["Un"]


async def test_a_fault_meets_creates_only_unless_it_names_something_else(
    sandbox: Sandbox, x: tweepy.Client, bot: Bot
) -> None:
    sandbox.misbehave(Fault("x", "500"))
    sandbox.misbehave(Fault("telegram", "500"))
    await to_thread(x.get_me, user_auth=True)
    await bot.get_chat("@technopolys")
    sandbox.misbehave(Fault("x", "503", method="timeline"))
    sandbox.misbehave(Fault("telegram", "503", method="getMe"))
    with pytest.raises(tweepy.TwitterServerError, match="503"):
        await to_thread(x.get_users_tweets, "1001", user_auth=True)
    with pytest.raises(telegram.error.NetworkError, match="Service Unavailable"):
        await bot.get_me()


async def test_trouble_on_one_network_leaves_the_other_alone(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.misbehave(Fault("x", "500"))
    await bot.send_message("@technopolys", "Un")
    assert texts(sandbox) == ["Un"]


@pytest.mark.parametrize("effect", ["cut-after", "html"])
async def test_a_picture_in_a_form_meets_trouble_too(sandbox: Sandbox, bot: Bot, effect: str) -> None:
    sandbox.misbehave(Fault("telegram", effect))
    with pytest.raises(telegram.error.TelegramError):
        await bot.send_photo("@technopolys", b"\x89PNG\r\n\x1a\n", caption="Carte")
    assert texts(sandbox) == (["Carte"] if effect in AFTER else [])


async def test_what_hangs_ends_when_the_sandbox_stops(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    sandbox.misbehave(Fault("x", "hang"))
    hanging = asyncio.create_task(http.post("/2/tweets", json={"text": "Un"}, headers=SIGNED))
    done, _ = await asyncio.wait([hanging], timeout=0.2)
    assert not done
    await asyncio.wait_for(sandbox.stop(), timeout=5)
    with pytest.raises(aiohttp.ClientError):
        await hanging
    assert texts(sandbox) == []


async def test_faults_are_told_listed_and_cleared_over_http(
    sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    fault = {"network": "x", "effect": "429", "count": 3, "method": "create", "retry_after": 1.5}
    told = await http.post("/faults", json=fault)
    assert (told.status, await told.json()) == (201, fault)
    await http.post("/faults", json={"network": "telegram", "effect": "hang"})
    assert [each["effect"] for each in await (await http.get("/faults")).json()] == ["429", "hang"]
    assert (await http.delete("/faults")).status == 204
    assert await (await http.get("/faults")).json() == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "a fault is a JSON object"),
        ({}, "network must be one of apprise, bluesky, facebook, linkedin, mastodon, telegram, x"),
        ({"network": "x"}, "effect must be one of 401, 402"),
        ({"network": "x", "effect": "500", "count": 0}, "count must be at least 1"),
        ({"network": "x", "effect": "500", "count": "2"}, "count and retry_after are numbers"),
        ({"network": "x", "effect": "500", "retry_after": "2"}, "count and retry_after are numbers"),
        ({"network": "x", "effect": "500", "method": "sendMessage"}, "method must be one of create"),
        ({"network": "x", "effect": "500", "when": "now"}, "unknown: when"),
    ],
)
async def test_a_fault_that_cannot_be_played_is_refused_with_its_reason(
    http: aiohttp.ClientSession, body: object, said: str
) -> None:
    answer = await http.post("/faults", json=body)
    assert answer.status == 400
    assert (await answer.json())["error"].startswith(said)
