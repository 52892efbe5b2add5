"""The Bluesky stand-in: strict where the network is, by plain HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import HandClock

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
KEY = "3m6abcdefgh2k"


class Client:
    """An account that signed in."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._headers: dict[str, str] = {}
        self.did = ""
        self.refresh = ""

    async def sign_in(self, handle: str = "lesvagues.example") -> int:
        body = {"identifier": handle, "password": "any"}
        status, answer = await self.call("com.atproto.server.createSession", body)
        if status == 200:
            self.did, self.refresh = answer["did"], answer["refreshJwt"]
            self._headers = {"Authorization": f"Bearer {answer['accessJwt']}"}
        return status

    async def call(self, method: str, body: object, **headers: str) -> tuple[int, Any]:
        sent = {**self._headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        how = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self._session.post(f"/xrpc/{method}", headers=sent, **how) as answer:
            return answer.status, await answer.json()

    async def post(self, record: dict[str, Any], key: str = KEY) -> tuple[int, Any]:
        base = {"$type": "app.bsky.feed.post", "createdAt": "2026-11-22T12:00:00Z"}
        body = {"repo": self.did, "collection": "app.bsky.feed.post", "rkey": key, "record": base | record}
        return await self.call("com.atproto.repo.createRecord", body)


@pytest.fixture(name="account")
async def signed_in(http: aiohttp.ClientSession) -> Client:
    account = Client(http)
    assert await account.sign_in() == 200
    return account


async def test_a_post_is_shown_with_its_links_its_card_and_its_page(
    account: Client, http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    status, blob = await account.call("com.atproto.repo.uploadBlob", PNG, Content_Type="image/png")
    assert status == 200
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/"}
    external = {"uri": "https://example.org/", "title": "Titre", "description": "Mots", "thumb": blob["blob"]}
    record = {
        "text": "Été ici",
        "facets": [{"index": {"byteStart": 6, "byteEnd": 9}, "features": [link]}],
        "embed": {"$type": "app.bsky.embed.external", "external": external},
    }
    status, answer = await account.post(record)
    assert (status, answer["uri"]) == (200, f"at://{account.did}/app.bsky.feed.post/{KEY}")
    (post,) = sandbox.timeline()
    assert [(run.text, run.href) for run in post.body] == [("Été ", ""), ("ici", "https://example.org/")]
    async with http.get(post.path) as page:
        shown = await page.text()
    assert "Titre" in shown
    assert "Mots" in shown
    async with http.get(f"/media/bluesky/lesvagues.example/{KEY}/card") as picture:
        assert await picture.read() == PNG


@pytest.mark.parametrize(
    "record",
    [
        {"text": "é" * 301},
        {"text": "👨‍👩‍👧‍👦" * 121},
        {"text": ""},
        {"text": "a", "langs": ["fr", "en", "es", "de"]},
        {"text": "a", "createdAt": "2026-11-22T12:00:00"},
        {"text": "a", "stranger": 1},
        {"text": "é", "facets": [{"index": {"byteStart": 0, "byteEnd": 9}, "features": []}]},
        {
            "text": "a",
            "embed": {"$type": "app.bsky.embed.external", "external": {"uri": "https://a.example"}},
        },
        {"text": "a", "embed": {"$type": "app.bsky.embed.images", "images": [{"image": {}}]}},
    ],
)
async def test_a_record_that_does_not_fit_is_refused(
    account: Client, record: dict[str, Any], sandbox: Sandbox
) -> None:
    assert (await account.post(record))[0] == 400
    assert sandbox.timeline() == []


@pytest.mark.parametrize("span", [(0, 1), (1, 2), (0, 99), (2, 2)])
async def test_a_mark_lies_within_the_text_and_between_whole_characters(
    account: Client, span: tuple[int, int]
) -> None:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/"}
    facet = {"index": {"byteStart": span[0], "byteEnd": span[1]}, "features": [link]}
    assert (await account.post({"text": "éa", "facets": [facet]}))[0] == 400


async def test_the_same_key_twice_is_an_error_and_one_record(account: Client, sandbox: Sandbox) -> None:
    assert (await account.post({"text": "a"}))[0] == 200
    assert (await account.post({"text": "a"}))[0] == 500
    assert (await account.post({"text": "a"}, "not-a-key"))[0] == 400
    assert len(sandbox.timeline()) == 1
    gone = {"repo": account.did, "collection": "app.bsky.feed.post", "rkey": KEY}
    for _ in range(2):
        assert await account.call("com.atproto.repo.deleteRecord", gone) == (200, {})
    assert sandbox.timeline() == []


async def test_a_session_ends_and_is_renewed_once(account: Client, clock: HandClock) -> None:
    clock.forward(timedelta(hours=2))
    status, told = await account.post({"text": "a"})
    assert (status, told["error"]) == (400, "ExpiredToken")
    renewed = {"Authorization": f"Bearer {account.refresh}"}
    assert (await account.call("com.atproto.server.refreshSession", {}, **renewed))[0] == 200
    assert (await account.call("com.atproto.server.refreshSession", {}, **renewed))[0] == 400


async def test_signing_in_is_capped(account: Client, clock: HandClock) -> None:
    assert [await account.sign_in() for _ in range(30)] == [200] * 29 + [429]
    clock.forward(timedelta(minutes=5))
    assert await account.sign_in() == 200
