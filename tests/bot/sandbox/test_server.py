"""The sandbox as a server: its life and its timeline."""

import logging
from asyncio import to_thread
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import tweepy
from telegram import Bot

from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import HandClock


def always() -> datetime:
    return datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


async def timeline(http: aiohttp.ClientSession, **query: str) -> list[dict[str, Any]]:
    answer = await http.get("/timeline.json", params=query)
    found: list[dict[str, Any]] = await answer.json()
    return found


async def test_the_timeline_tells_what_a_reader_sees_oldest_first(
    sandbox: Sandbox, http: aiohttp.ClientSession, x: tweepy.Client, bot: Bot
) -> None:
    made = await to_thread(x.create_tweet, text="R&D : https://example.org/a\n#Québec")
    await bot.send_message("@technopolys", "<b>R&amp;D</b>", parse_mode="HTML")
    assert await timeline(http) == [
        {
            "network": "x",
            "account": "1001",
            "id": made.data["id"],
            "url": f"{sandbox.url}/x/1001/status/{made.data['id']}",
            "text": "R&D : https://example.org/a\n#Québec",
            "link": "https://example.org/a",
            "media": [],
            "created_at": "2026-11-22T08:30:00+00:00",
        },
        {
            "network": "telegram",
            "account": "@technopolys",
            "id": "1",
            "url": f"{sandbox.url}/telegram/@technopolys/1",
            "text": "R&D",
            "link": None,
            "media": [],
            "created_at": "2026-11-22T08:30:00+00:00",
        },
    ]


async def test_the_timeline_may_be_asked_for_one_network_or_account(
    http: aiohttp.ClientSession, x: tweepy.Client, bot: Bot
) -> None:
    await to_thread(x.create_tweet, text="Sur X")
    await bot.send_message("@technopolys", "Ici")
    await bot.send_message("@other", "Ailleurs")
    assert [post["text"] for post in await timeline(http, network="telegram")] == ["Ici", "Ailleurs"]
    assert [post["text"] for post in await timeline(http, account="@other")] == ["Ailleurs"]
    assert await timeline(http, network="x", account="@other") == []


async def test_every_address_of_the_timeline_opens(
    http: aiohttp.ClientSession, x: tweepy.Client, bot: Bot
) -> None:
    await to_thread(x.create_tweet, text="Sur X")
    await bot.send_message("@technopolys", "Ici")
    for post in await timeline(http):
        answer = await http.get(post["url"])
        assert answer.status == 200
        assert post["text"] in await answer.text()


async def test_a_port_that_is_taken_is_an_os_error(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    second = Sandbox(always)
    with pytest.raises(OSError, match="address already in use"):
        await second.start(port=port)
    await second.stop()


async def test_the_port_asked_for_is_the_port_it_serves(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rpartition(":")[2])
    await sandbox.stop()
    again = Sandbox(always)
    assert await again.start(port=port) == port
    assert again.url == f"http://127.0.0.1:{port}"
    await again.stop()


async def test_the_timeline_stays_readable_after_the_end(sandbox: Sandbox, bot: Bot) -> None:
    await bot.send_message("@technopolys", "Ici")
    await sandbox.stop()
    assert [post.text for post in sandbox.timeline()] == ["Ici"]


def test_an_account_that_no_network_has_is_refused() -> None:
    with pytest.raises(ValueError, match="'technopolys' is no X user id, Telegram chat"):
        Sandbox(always, accounts={"technopolys": "Technopolys"})


async def test_nothing_secret_is_logged_not_even_in_trouble(
    sandbox: Sandbox,
    x: tweepy.Client,
    http: aiohttp.ClientSession,
    clock: HandClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox.misbehave(Fault("x", "cut-after"))
    with caplog.at_level(logging.DEBUG, logger="aiohttp"):
        await http.get("/bot42:very-secret/getMe")
        with pytest.raises(Exception, match="Connection"):
            await to_thread(x.create_tweet, text="Un")
    assert [record for record in caplog.records if record.name.startswith("aiohttp")] == []
