"""The Mastodon stand-in: strict where the network is, by plain HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import aiohttp
import pytest

from bot.sandbox.mastodon_rules import length
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import HandClock

SIGNED = {"Authorization": "Bearer lesvagues-token"}


async def post(http: aiohttp.ClientSession, form: Mapping[str, str], **headers: str) -> int:
    async with http.post("/api/v1/statuses", data=form, headers={**SIGNED, **headers}) as answer:
        return answer.status


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"status": "Bonjour", "language": "fr", "visibility": "unlisted"}, 200),
        ({"status": "a" * 501}, 422),
        ({"status": "https://example.org/" + "a" * 600}, 200),
        ({"status": " "}, 422),
        ({"status": "a", "visibility": "friends"}, 422),
        ({"status": "a", "language": "french!"}, 422),
        ({"status": "a", "media_ids[]": "7"}, 422),
        ({"status": "a", "stranger": "1"}, 400),
    ],
)
async def test_a_status_is_held_to_the_rules(
    http: aiohttp.ClientSession, sandbox: Sandbox, form: Mapping[str, str], status: int
) -> None:
    assert await post(http, form) == status
    assert len(sandbox.timeline()) == (status == 200)


async def test_a_key_brings_back_the_first_status_for_an_hour(
    http: aiohttp.ClientSession, sandbox: Sandbox, clock: HandClock
) -> None:
    for text in ("Une fois", "Autrement"):
        assert await post(http, {"status": text}, **{"Idempotency-Key": "k"}) == 200
    assert [shown.text for shown in sandbox.timeline()] == ["Une fois"]
    clock.forward(timedelta(hours=1))
    assert await post(http, {"status": "Une fois"}, **{"Idempotency-Key": "k"}) == 200
    assert len(sandbox.timeline()) == 2


async def test_nobody_gets_in_without_a_token(http: aiohttp.ClientSession) -> None:
    async with http.get("/api/v1/accounts/verify_credentials") as answer:
        assert answer.status == 401


async def test_300_posts_in_three_hours_are_enough(http: aiohttp.ClientSession, clock: HandClock) -> None:
    assert [await post(http, {"status": f"{number}"}) for number in range(301)] == [200] * 300 + [429]
    clock.forward(timedelta(hours=3))
    assert await post(http, {"status": "again"}) == 200


@pytest.mark.parametrize(
    ("text", "counted"), [("https://example.org/long/long", 23), ("example.org", 11), ("@a@b.example", 2)]
)
def test_it_counts_as_mastodon_counts(text: str, counted: int) -> None:
    assert length(text) == counted


async def test_the_page_of_a_post_shows_it(http: aiohttp.ClientSession, sandbox: Sandbox) -> None:
    await post(http, {"status": "Bonjour #CôteNord"})
    async with http.get(sandbox.timeline()[0].path) as page:
        assert "CôteNord" in await page.text()
