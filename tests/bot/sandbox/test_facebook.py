"""The Facebook stand-in: strict where the network is, by plain HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import timedelta

import aiohttp
import pytest

from bot.sandbox.facebook_rules import Refusal
from bot.sandbox.facebook_usage import Calls
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import PNG, HandClock

SIGNED = {"Authorization": "Bearer 42-token"}


async def said(answer: aiohttp.ClientResponse) -> tuple[int, int]:
    """Return an answer's status and the code of its error, 0 for none."""
    return answer.status, (await answer.json()).get("error", {}).get("code", 0)


async def post(http: aiohttp.ClientSession, fields: object, token: str = "42-token") -> tuple[int, int]:
    headers = {"Authorization": f"Bearer {token}"}
    async with http.post("/v25.0/42/feed", json=fields, headers=headers) as answer:
        return await said(answer)


async def upload(http: aiohttp.ClientSession, content: bytes = PNG, **fields: str) -> aiohttp.ClientResponse:
    form = aiohttp.FormData({"published": "false", **fields})
    form.add_field("source", io.BytesIO(content), filename="a.png", content_type="image/png")
    return await http.post("/v25.0/42/photos", data=form, headers=SIGNED)


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"message": "Bonjour"}, (200, 0)),
        ({"link": "https://example.org/"}, (200, 0)),
        ({"message": "a" * 63_206}, (200, 0)),
        ({"message": "a" * 63_207}, (400, 100)),
        ({"message": " "}, (400, 100)),
        ({"message": 7}, (400, 100)),
        ({"message": "a", "stranger": 1}, (400, 100)),
        ({"message": "a", "published": False}, (400, 100)),
        ({"message": "a", "link": "example.org"}, (400, 100)),
        ({"message": "a", "link": "https://www.facebook.com/a"}, (400, 100)),
        ({"message": "a", "attached_media": [{"media_fbid": "7"}]}, (400, 100)),
        ({"message": "a", "attached_media": "7"}, (400, 100)),
        (["a"], (400, 100)),
    ],
)
async def test_a_post_is_held_to_the_rules(
    http: aiohttp.ClientSession, sandbox: Sandbox, fields: object, answer: tuple[int, int]
) -> None:
    assert await post(http, fields) == answer
    assert len(sandbox.timeline()) == (answer == (200, 0))


@pytest.mark.parametrize(("token", "answer"), [("person-1", (403, 200)), ("43-token", (400, 100))])
async def test_only_the_pages_own_token_posts(
    http: aiohttp.ClientSession, token: str, answer: tuple[int, int]
) -> None:
    assert await post(http, {"message": "Bonjour"}, token) == answer


async def test_the_same_words_twice_running_are_refused(http: aiohttp.ClientSession) -> None:
    assert await post(http, {"message": "Un"}) == (200, 0)
    assert await post(http, {"message": "Un"}) == (400, 506)
    assert await post(http, {"message": "Deux"}) == (200, 0)
    assert await post(http, {"message": "Un"}) == (200, 0)


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (b"no picture", {}),
        (PNG + bytes(4 * 1024 * 1024), {}),
        (PNG, {"published": "true"}),
        (PNG, {"stranger": "1"}),
        (PNG, {"alt_text_custom": "a" * 1001}),
    ],
)
async def test_a_picture_is_held_to_the_rules(
    http: aiohttp.ClientSession, content: bytes, fields: Mapping[str, str]
) -> None:
    async with await upload(http, content, **fields) as answer:
        assert await said(answer) == (400, 100)


async def test_a_picture_goes_out_once_with_its_words_and_beside_no_link(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    async with await upload(http, alt_text_custom="Un phare") as answer:
        photo = {"media_fbid": (await answer.json())["id"]}
    both = {"link": "https://example.org/", "attached_media": [photo]}
    assert await post(http, both) == (400, 100)
    assert await post(http, {"attached_media": [photo, photo]}) == (400, 100)
    assert await post(http, {"attached_media": [photo]}) == (200, 0)
    assert [one.alt for one in sandbox.timeline()[0].media] == ["Un phare"]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v25.0/me?fields=id", (200, 0)),
        ("/v19.0/me", (400, 2635)),
        ("/v25.0/42/insights", (400, 2500)),
        ("/v25.0/42/published_posts?limit=101", (400, 100)),
        ("/v25.0/42/published_posts?fields=stranger", (200, 0)),
    ],
)
async def test_an_address_and_a_version_must_be_alive(
    http: aiohttp.ClientSession, path: str, answer: tuple[int, int]
) -> None:
    async with http.get(path, headers=SIGNED) as got:
        assert await said(got) == answer
    async with http.get("/v25.0/me") as got:
        assert await said(got) == (400, 2500)


async def test_the_page_of_a_post_and_of_its_account_show_it(
    http: aiohttp.ClientSession, sandbox: Sandbox
) -> None:
    await post(http, {"message": "Bonjour #CôteNord", "link": "https://example.org/a"})
    (posted,) = sandbox.timeline()
    for address in (posted.path, "/facebook/42"):
        async with http.get(address) as page:
            assert "#CôteNord" in await page.text()
    async with http.get("/42/posts/7") as page:
        assert page.status == 404
    async with http.delete(f"/v25.0/{posted.id}", headers=SIGNED) as answer:
        assert await said(answer) == (200, 0)
    async with http.delete(f"/v25.0/{posted.id}", headers=SIGNED) as answer:
        assert await said(answer) == (400, 100)


async def test_every_answer_to_a_page_tells_how_much_it_has_called(http: aiohttp.ClientSession) -> None:
    for path, status in (("/v25.0/me", 200), ("/v25.0/42/published_posts?limit=101", 400)):
        async with http.get(path, headers=SIGNED) as answer:
            (use,) = json.loads(answer.headers["X-Business-Use-Case-Usage"])["42"]
            assert (answer.status, use["call_count"]) == (status, 0)


def test_a_call_too_many_in_a_day_is_refused_and_counts() -> None:
    clock = HandClock()
    calls = Calls(clock, limit=4)
    shares = []
    for _ in range(5):
        (use,) = json.loads(calls.count("42")["X-Business-Use-Case-Usage"])["42"]
        shares.append((use["call_count"], use["estimated_time_to_regain_access"]))
        if len(shares) < 5:
            calls.refuse_excess("42")
        clock.forward(timedelta(hours=1))
    assert shares == [(25, 0), (50, 0), (75, 0), (100, 0), (100, 20 * 60)]
    with pytest.raises(Refusal, match="80001"):
        calls.refuse_excess("42")
    calls.count("7")
    calls.refuse_excess("7")
    clock.forward(timedelta(hours=22))
    calls.count("42")
    calls.refuse_excess("42")
