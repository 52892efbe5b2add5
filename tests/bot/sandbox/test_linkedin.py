"""The LinkedIn stand-in: strict where the network is, by plain HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
import pytest

from bot.sandbox.linkedin_rules import shown
from bot.sandbox.server import Sandbox

SIGNED = {
    "Authorization": "Bearer member-token",
    "LinkedIn-Version": "202605",
    "X-Restli-Protocol-Version": "2.0.0",
}
POST: Mapping[str, object] = {
    "author": "urn:li:organization:42",
    "commentary": "Bonjour",
    "visibility": "PUBLIC",
    "distribution": {"feedDistribution": "MAIN_FEED"},
    "lifecycleState": "PUBLISHED",
}


async def post(http: aiohttp.ClientSession, fields: Mapping[str, object], **headers: str) -> int:
    async with http.post("/rest/posts", json={**POST, **fields}, headers={**SIGNED, **headers}) as answer:
        return answer.status


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 201),
        ({"author": "urn:li:person:member"}, 201),
        ({"author": "urn:li:person:another"}, 403),
        ({"author": "42"}, 400),
        ({"commentary": "a" * 3001}, 422),
        ({"commentary": "a\\_" * 1500}, 201),
        ({"commentary": " "}, 400),
        ({"stranger": 1}, 400),
        ({"visibility": "FRIENDS"}, 400),
        ({"content": {"article": {"source": "https://example.org/", "title": "Un titre"}}}, 201),
        ({"content": {"article": {"source": "https://example.org/"}}}, 400),
        ({"content": {"article": {"source": "https://example.org/", "title": "a", "thumbnail": "b"}}}, 400),
        ({"content": {"media": {"id": "urn:li:image:stranger"}}}, 400),
    ],
)
async def test_a_post_is_held_to_the_rules(
    http: aiohttp.ClientSession, sandbox: Sandbox, fields: Mapping[str, object], status: int
) -> None:
    assert await post(http, fields) == status
    assert len(sandbox.timeline()) == (status == 201)


@pytest.mark.parametrize(("version", "status"), [("202605", 201), ("202411", 426), ("", 400), ("next", 400)])
async def test_a_version_must_be_alive(http: aiohttp.ClientSession, version: str, status: int) -> None:
    assert await post(http, {}, **{"LinkedIn-Version": version}) == status


@pytest.mark.parametrize(
    ("commentary", "seen"),
    [
        ("a (b) c", "a "),
        (r"a \(b\) c", "a (b) c"),
        (r"{hashtag|\#|Été_1} et #2 suite", "#Été_1 et #2 suite"),
        ("@[Les vagues](urn:li:organization:42) !", "Les vagues !"),
        ("à @ami", "à "),
        ("fin \\", "fin "),
    ],
)
def test_a_stray_sign_ends_the_text(commentary: str, seen: str) -> None:
    assert shown(commentary) == seen


async def test_nobody_gets_in_without_a_token(http: aiohttp.ClientSession) -> None:
    async with http.get("/v2/userinfo") as answer:
        assert answer.status == 401


async def test_a_members_posts_are_not_listed(http: aiohttp.ClientSession) -> None:
    asked = {"q": "author", "author": "urn:li:person:member"}
    finder = {**SIGNED, "X-RestLi-Method": "FINDER"}
    async with http.get("/rest/posts", params=asked, headers=finder) as answer:
        assert answer.status == 403


async def test_the_page_of_a_post_and_of_its_account_show_it(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    await post(http, {"commentary": r"Bonjour {hashtag|\#|CôteNord}"})
    for address in (sandbox.timeline()[0].path, "/linkedin/urn:li:organization:42"):
        async with http.get(address) as page:
            assert "#CôteNord" in await page.text()
