"""Mastodon's own rules: what a server says of itself, the key, pictures, reading back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels.mastodon import NETWORK
from bot.channels.mastodon_server import bare, bare_html
from bot.channels.network import InMemory, Wiring
from bot.message import (
    Channel,
    Frozen,
    Image,
    LockedOut,
    NotYet,
    Picture,
    Progress,
    Receipt,
    Refused,
    TryLater,
    Uncertain,
)
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.secret import Secret
from tests.bot.channels import contract as c
from tests.bot.channels import server as s
from tests.bot.channels.standins.mastodon import STAND_IN

LIMITS = NETWORK.limits(NETWORK.options())
TEXT = "Été & cie <3 avec @ami@ailleurs.example\n\nhttps://example.org/a?b=1&c=2#d\n\n#CôteNord"


@pytest.fixture(name="sandbox")
async def running_sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox(lambda: c.NOW, accounts={"lesvagues@sandbox": "Les vagues"})
    await made.start()
    yield made
    await made.stop()


def channel(api: str, kept: Mapping[str, str] | None = None) -> Channel:
    """A channel that reads every picture as the same small PNG."""

    async def picture(_digest: str) -> Image:
        return Image(c.PNG, "image/png", 800, 450)

    wiring = Wiring(
        name="mastodon-fr",
        options=NETWORK.options(),
        secrets={"ACCESS_TOKEN": Secret("lesvagues-canary")},
        api=api,
        clock_now=lambda: c.NOW,
        deadline=c.PATIENT,
        pause=timedelta(0),
        picture=picture,
        kept=InMemory(kept),
    )
    return NETWORK.connect(wiring)


async def frozen(of: Channel, text: str, pictures: tuple[Picture, ...] = ()) -> Frozen:
    made = await of.prepare(replace(c.message("mastodon", text), pictures=pictures), Progress("k1"), c.NOW)
    assert isinstance(made, Frozen)
    return made


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("https://example.org/une/adresse/bien/longue", 23),
        ("Lire https://example.org/a, puis http://example.org/b", 5 + 23 + 7 + 23),
        ("example.org", 11),
        ("README.md", 9),
        ("@ami@ailleurs.example", 4),
        ("👨‍👩‍👧‍👦 é", 3),
    ],
)
def test_a_whole_address_counts_23_and_a_mention_without_its_server(text: str, length: int) -> None:
    assert LIMITS.measure(text) == length


async def test_the_account_is_named_with_its_server(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    account = await made.check()
    assert (account.name, account.url) == (
        f"@lesvagues@{sandbox.url.removeprefix('http://')}",
        f"{sandbox.url}/@lesvagues",
    )
    await made.close()


async def test_what_the_server_said_is_kept_for_a_day(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    await frozen(made, "Bonjour")
    sandbox.misbehave(Fault("mastodon", "500", 9, "instance"))
    await frozen(made, "Bonjour encore")
    await made.close()
    yesterday = {**STAND_IN.kept, "api": sandbox.url, "seen": (c.NOW - timedelta(days=1)).isoformat()}
    made = channel(sandbox.url, yesterday)
    with pytest.raises(TryLater):
        await frozen(made, "Bonjour")
    await made.close()


async def test_language_visibility_and_key_are_on_the_wire_and_the_key_is_the_same_at_every_repeat() -> None:
    async with s.misbehaving(s.answering(200, STAND_IN.body(7))) as server:
        made = c.channel_on(NETWORK, STAND_IN, server.url)
        once = await c.frozen_post(made, "mastodon")
        await made.publish(once)
        await made.publish(once)
        await made.close()
    assert [request.head.lower().count("idempotency-key: k1") for request in server.requests] == [1, 1]
    assert server.requests[0].body == server.requests[1].body
    assert b"language=fr" in server.requests[0].body
    assert b"visibility=public" in server.requests[0].body


async def test_the_same_key_twice_is_one_post(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    once = await frozen(made, TEXT)
    assert await made.publish(once) == await made.publish(once)
    assert [post.text for post in sandbox.timeline()] == [TEXT]
    await made.close()


async def test_a_post_whose_answer_was_lost_is_found_though_the_server_made_html_of_it(
    sandbox: Sandbox,
) -> None:
    made = channel(sandbox.url)
    once = await frozen(made, TEXT)
    assert await made.find(once, c.NOW, ()) is None
    sandbox.misbehave(Fault("mastodon", "cut-after"))
    with pytest.raises(Uncertain):
        await made.publish(once)
    posted = sandbox.timeline()[0]
    assert await made.find(once, c.NOW, ()) == Receipt(posted.id, posted.url)
    assert await made.find(once, c.NOW, (posted.id,)) is None
    assert await made.find(once, c.NOW + timedelta(minutes=3), ()) is None
    await made.close()


def test_words_are_the_same_as_their_html() -> None:
    content = (
        '<p>Été &amp; cie &lt;3 avec <span class="h-card"><a href="https://ailleurs.example/@ami">@<span>ami</span>'
        '</a></span></p><p><a href="https://example.org/a?b=1&amp;c=2#d"><span class="invisible">https://</span>'
        '<span class="ellipsis">example.org/a?b=1&amp;c</span><span class="invisible">=2#d</span></a></p>'
        '<p><a href="/tags/CôteNord">#<span>CôteNord</span></a></p>'
    )
    assert bare_html(content) == bare(TEXT)
    assert bare_html(content) != bare(TEXT + ".")


async def test_pictures_go_out_with_alt_text(sandbox: Sandbox) -> None:
    made = channel(sandbox.url)
    once = await frozen(made, "Un phare", (Picture("", "Un phare, la nuit.", "d1"),))
    assert isinstance(await made.publish(once), Receipt)
    assert [one.alt for one in sandbox.timeline()[0].media] == ["Un phare, la nuit."]
    await made.close()


async def test_it_waits_for_a_picture_that_is_still_processed_and_uploads_it_once() -> None:
    uploaded = s.answering_json(202, {"id": "9", "type": "image", "url": None})
    answers = {"/api/v2/media": uploaded, "/api/v1/media/9": s.answering_json(206, {"id": "9", "url": None})}
    async with s.misbehaving(s.by_path(answers)) as server:
        made = channel(server.url, {**STAND_IN.kept, "api": server.url})
        saved: dict[str, str] = {}

        async def save(pairs: Mapping[str, str]) -> None:
            saved.update(pairs)

        what = replace(c.message("mastodon"), pictures=(Picture("", "Un phare", "d1"),))
        assert await made.prepare(what, Progress("k1", {}, save), c.NOW) == NotYet(timedelta(seconds=5))
        assert await made.prepare(what, Progress("k1", saved, save), c.NOW) == NotYet(timedelta(seconds=5))
        await made.close()
    assert [request.method for request in server.requests] == ["POST", "GET", "GET"]
    assert b"Un phare" in server.requests[0].body


@pytest.mark.parametrize(
    ("version", "keyed"),
    [
        ("4.5.2", True),
        ("4.3.0+glitch", True),
        ("4.6.0-nightly.2026-11-01", True),
        ("2.7.2 (compatible; Pleroma 2.6.0)", False),
        ("2.7.2 (compatible; Akkoma 3.10)", False),
        ("0.17.3+git-abc", False),
        ("", False),
    ],
)
async def test_only_mastodon_itself_is_known_to_honour_the_key(version: str, keyed: bool) -> None:
    answers = {
        "verify_credentials": s.answering_json(200, {"id": "42", "username": "lesvagues"}),
        "/instance": s.answering_json(200, {"version": version}),
        "/statuses": s.answering_json(200, []),
    }
    async with s.misbehaving(s.by_path(answers)) as server:
        made = channel(server.url)
        once = await frozen(made, "Bonjour")
        assert json.loads(once.body)["keyed"] is keyed
        if keyed:
            assert await made.find(once, c.NOW, ()) is None
        else:
            with pytest.raises(Refused, match="not known to honour our key"):
                await made.find(once, c.NOW, ())
        await made.close()


@pytest.mark.parametrize(
    ("server_says", "text", "refused"),
    [
        ({"maximum": "20"}, "a" * 21, True),
        ({"maximum": "20"}, "a" * 20, False),
        ({"maximum": "30", "link": "0"}, "https://example.org/" + "a" * 20, True),
        ({"maximum": "30", "link": "23"}, "https://example.org/" + "a" * 20, False),
    ],
)
async def test_a_text_too_long_for_this_server_is_refused_before_the_wire(
    server_says: Mapping[str, str], text: str, refused: bool
) -> None:
    async with s.misbehaving(s.hanging) as server:
        made = channel(server.url, {**STAND_IN.kept, "api": server.url, **server_says})
        if refused:
            with pytest.raises(Refused, match="this server takes"):
                await frozen(made, text)
        else:
            await frozen(made, text)
        await made.close()
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "words", "error"),
    [
        (403, "Your login is currently disabled", LockedOut),
        (403, "This action is outside the authorized scopes", LockedOut),
        (403, "Quoting is refused", Refused),
        (422, "Cannot attach files that have not finished processing. Try again in a moment!", TryLater),
        (422, "Validation failed: Text character limit of 500 exceeded", Refused),
    ],
)
async def test_its_words_say_more_than_its_status(status: int, words: str, error: type) -> None:
    async with s.misbehaving(s.answering_json(status, {"error": words})) as server:
        assert type(await c.outcome_of(c.channel_on(NETWORK, STAND_IN, server.url), "mastodon")) is error


@pytest.mark.parametrize(
    ("reset", "wait"),
    [
        ("2026-11-22T12:01:30.000Z", timedelta(seconds=90)),
        (str(int(c.NOW.timestamp()) + 45), timedelta(seconds=45)),
        ("soon", None),
    ],
)
async def test_a_429_says_when_in_both_ways(reset: str, wait: timedelta | None) -> None:
    headers = {"X-RateLimit-Reset": reset}
    async with s.misbehaving(s.answering_json(429, {"error": "Too many requests"}, headers)) as server:
        outcome = await c.outcome_of(c.channel_on(NETWORK, STAND_IN, server.url), "mastodon")
    assert isinstance(outcome, TryLater)
    assert outcome.after == wait


async def test_a_good_answer_with_strange_headers_is_a_receipt_all_the_same() -> None:
    headers = {"X-RateLimit-Reset": "never", "X-RateLimit-Remaining": "many", "Deprecation": "true"}
    async with s.misbehaving(s.answering(200, STAND_IN.body(7), headers)) as server:
        outcome = await c.outcome_of(c.channel_on(NETWORK, STAND_IN, server.url), "mastodon")
    assert isinstance(outcome, Receipt)
