"""Apprise's own rules: which addresses it takes, where its requests go, what its answers are worth."""

from __future__ import annotations

import asyncio
import io
import json
import os
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from bot.channels.apprise import NETWORK
from bot.channels.apprise_child import Watch
from bot.channels.network import Wiring, forget_late
from bot.message import (
    Channel,
    ChannelError,
    Deletes,
    Frozen,
    LockedOut,
    Progress,
    Receipt,
    Recent,
    Refused,
    TryLater,
    Uncertain,
)
from bot.secret import Secret
from tests.bot.channels import contract as c
from tests.bot.channels import server as s

VARIABLE = "TECHNOPOLYS_DISCORD_FR_URL"
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"


def channel(url: str, api: str = "", limit: int = 2000, late: object = forget_late) -> Channel:
    wiring = Wiring(
        name="discord-fr",
        options=NETWORK.options(limit=limit),
        secrets={"URL": Secret(url)},
        api=api,
        clock_now=lambda: c.NOW,
        deadline=c.PATIENT,
        pause=timedelta(0),
    )
    return NETWORK.connect(replace(wiring, late_receipt=late))  # type: ignore[arg-type]  # what a test hands in


async def outcome(url: str, behaviour: s.Behaviour) -> tuple[Receipt | ChannelError, list[s.Request]]:
    async with s.misbehaving(behaviour) as server:
        got = await c.outcome_of(channel(url, server.url), "apprise")
    return got, server.requests


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense://a", f"{VARIABLE} is no address that Apprise knows"),
        ("", f"{VARIABLE} is no address that Apprise knows"),
        ("json://a.example/b json://c.example/d", f"{VARIABLE} holds several addresses"),
        ("tgram://123456789:AABBccddEEffGGhhIIjjKKllMMnnOOppQQr/@a", 'network = "telegram"'),
        ("mastodon://access-token@vagues.example", 'network = "mastodon"'),
        ("toots://access-token@vagues.example", 'network = "mastodon"'),
        ("bluesky://lesvagues.bsky.social/app-pass-word", 'network = "bluesky"'),
        ("bsky://nonsense", 'network = "bluesky"'),
        ("x://consumer/secret/token/tokensecret", 'network = "x"'),
        ("twitter://consumer/secret/token/tokensecret?mode=tweet", 'network = "x"'),
    ],
)
@pytest.mark.usefixtures("quick_apprise")
async def test_an_address_that_is_not_for_apprise_locks_the_channel_and_names_the_way_out(
    url: str, words: str
) -> None:
    made = channel(url)
    with pytest.raises(LockedOut) as at_check:
        await made.check()
    with pytest.raises(LockedOut) as before_sending:
        await c.frozen_post(made, "apprise")
    assert words in at_check.value.reason
    assert words in before_sending.value.reason
    await made.close()


async def test_check_names_the_service_and_a_limit_that_it_does_not_take() -> None:
    for limit, missing in (2000, ()), (2001, ("set limit = 2000: Discord takes no more",)):
        made = channel(DISCORD, limit=limit)
        account = await made.check()
        assert (account.name, account.missing) == ("Discord", missing)
        await made.close()


async def test_nothing_is_read_back_and_nothing_taken_back() -> None:
    made = channel(DISCORD)
    assert await made.find(Frozen(b"{}", "k1"), c.NOW, ()) is None
    assert not isinstance(made, Recent | Deletes)
    await made.close()


async def test_the_text_arrives_to_the_letter_and_in_one_message() -> None:
    text = "Été *fort* <b>a</b> \\n & cie\n\nhttps://example.org/a?b=1&c=2"
    async with s.misbehaving(s.answering(204, b"")) as server:
        made = channel(f"{DISCORD}?overflow=split", server.url)
        frozen = await made.prepare(c.message("apprise", text), Progress("k1"), c.NOW)
        assert isinstance(frozen, Frozen)
        assert await made.publish(frozen) == Receipt("k1")
        await made.close()
    (request,) = server.requests
    assert request.target == "/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
    assert json.loads(request.body)["content"] == text


async def test_a_request_that_failed_is_not_repeated_whatever_the_address_asks() -> None:
    got, requests = await outcome("json://vagues.example/a?retry=3&wait=0", s.answering(503, b""))
    assert isinstance(got, Uncertain)
    assert len(requests) == 1
    got, requests = await outcome("json://vagues.example/a?retry=3&wait=0", s.cutting_before_the_answer)
    assert isinstance(got, Uncertain)
    assert len(requests) == 1


async def test_no_redirect_is_followed_whatever_the_address_asks() -> None:
    away = s.answering(302, b"", {"Location": "/elsewhere"})
    got, requests = await outcome("json://vagues.example/a?redirect=yes", away)
    assert isinstance(got, Uncertain)
    assert [request.target for request in requests] == ["/a"]


async def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with s.misbehaving(s.answering(200, b"")) as proxy:
        monkeypatch.setitem(os.environ, "http_proxy", proxy.url)
        got, requests = await outcome("json://vagues.example/a", s.answering(200, b""))
    assert got == Receipt("k1")
    assert (len(requests), proxy.requests) == (1, [])


async def test_a_refusal_is_believed_and_a_wait_is_the_services_own() -> None:
    got, _ = await outcome(DISCORD, s.answering(404, b""))
    assert isinstance(got, LockedOut)
    got, _ = await outcome("json://vagues.example/a", s.answering(429, b"", {"Retry-After": "90"}))
    assert isinstance(got, TryLater)
    assert got.after == timedelta(seconds=90)


async def test_what_its_service_does_not_take_was_never_sent() -> None:
    async with s.misbehaving(s.answering(200, b"")) as server:
        made = channel("json://vagues.example/a", server.url)
        frozen = await made.prepare(c.message("apprise", ""), Progress("k1"), c.NOW)
        assert isinstance(frozen, Frozen)
        with pytest.raises(Refused, match="Apprise sent nothing"):
            await made.publish(frozen)
        await made.close()
    assert server.requests == []


async def test_an_answer_after_the_deadline_is_evidence_all_the_same() -> None:
    late = asyncio.Queue[Receipt]()
    async with s.misbehaving(s.slowly(1, s.answering(200, b""))) as server:
        known = c.stand_in("apprise")
        made = c.channel_on(
            NETWORK, known, server.url, deadline=c.SHORT, late=lambda _frozen, got: late.put_nowait(got)
        )
        with pytest.raises(Uncertain, match="no answer within"):
            await made.publish(await c.frozen_post(made, "apprise"))
        assert await asyncio.wait_for(late.get(), 10) == Receipt("k1")
        await made.close()


async def test_closing_waits_for_no_message_under_way() -> None:
    asked = asyncio.Event()

    async def hang(request: s.Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await s.hanging(request, writer)

    async with s.misbehaving(hang) as server:
        made = channel("json://vagues.example/a", server.url)
        sending = asyncio.create_task(made.publish(await c.frozen_post(made, "apprise")))
        await asked.wait()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await asyncio.wait_for(made.close(), 5)


def test_all_requests_of_a_message_go_to_one_site() -> None:
    watch, made = Watch("", 1), list[str]()

    def request(_method: str, url: str, **_what: object) -> requests.Response:
        made.append(url)
        answer = requests.Response()
        answer.status_code, answer.raw = 200, io.BytesIO(b"{}")
        answer.headers["Content-Length"] = "2"
        return answer

    own = ["https://www.vagues.example/a", "https://api.vagues.example/b"]
    for url in own:
        assert watch.send(request, "POST", url).status_code == 200
    for url in ("https://example.org/", "https://vagues.example.org/", "http://127.0.0.1/", "http://[::1]/"):
        with pytest.raises(requests.ConnectionError):
            watch.send(request, "POST", url)
    assert made == own
