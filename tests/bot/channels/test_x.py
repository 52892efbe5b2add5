"""X's own rules: its words, its resets, its timeline, its prices."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from pydantic import ValidationError

from bot.channels import x
from bot.message import (
    Account,
    ChannelError,
    Frozen,
    LockedOut,
    Progress,
    Receipt,
    Recent,
    Refused,
    Seen,
    TryLater,
    Uncertain,
)
from tests.bot.channels import contract as c
from tests.bot.channels import server as s

KNOWN = c.stand_in("x")
EPOCH = int(c.NOW.timestamp())
ME = {"data": {"id": "42", "username": "lesvagues", "name": "Les vagues"}}


async def outcome(behaviour: s.Behaviour) -> Receipt | ChannelError:
    async with s.misbehaving(behaviour) as server:
        return await c.outcome_of(c.channel_on(x.NETWORK, KNOWN, server.url), "x")


async def test_the_request_is_the_frozen_text_signed_for_x_and_sent_once() -> None:
    async with s.misbehaving(s.answering(201, KNOWN.body(7))) as server:
        channel = c.channel_on(x.NETWORK, KNOWN, server.url + "/")
        frozen = await channel.prepare(c.message("x", "« Été » & co"), Progress(key="k"), c.NOW)
        assert frozen == Frozen('{"text":"« Été » & co"}'.encode(), "k")
        assert await channel.publish(frozen) == Receipt("7", f"{server.url}/i/status/7")
        await channel.close()
    request = server.requests[0]
    assert request.target == "/2/tweets"
    assert json.loads(request.body) == {"text": "« Été » & co"}
    assert {"accept-encoding: identity", "connection: close"} <= set(request.head.lower().splitlines())
    assert re.search(r"^Authorization: OAuth .*oauth_token=\"42-canary\"", request.head, re.MULTILINE)


@pytest.mark.parametrize(
    ("status", "fields", "error"),
    [
        (403, {"detail": "You are not allowed to create a Tweet with duplicate content."}, Refused),
        (403, {"detail": "You are not permitted to perform this action."}, Refused),
        (403, {"detail": "You have been blocked from replying to this author."}, Refused),
        (403, {"errors": [{"code": 187, "message": "Status is a duplicate."}]}, Refused),
        (403, {"type": "https://api.twitter.com/2/problems/user-suspended", "detail": "x"}, LockedOut),
        (403, {"errors": [{"code": 326, "message": "this account is temporarily locked."}]}, LockedOut),
        (403, {"title": "Client Forbidden", "reason": "client-not-enrolled", "detail": "When …"}, LockedOut),
        (403, {"type": "https://api.twitter.com/2/problems/client-forbidden", "detail": "a"}, LockedOut),
        (403, {"type": "https://api.twitter.com/2/problems/oauth1-permissions", "detail": "a"}, LockedOut),
        (403, {"errors": [{"code": 453, "message": "You need another access level"}]}, LockedOut),
        (403, {"title": "Forbidden", "detail": "Forbidden", "status": 403}, LockedOut),
        (403, ["page"], LockedOut),
        (402, {"title": "CreditsDepleted"}, LockedOut),
        (429, {"type": "https://api.twitter.com/2/problems/usage-capped"}, LockedOut),
    ],
)
async def test_the_words_of_an_answer_decide(status: int, fields: object, error: type[ChannelError]) -> None:
    assert type(await outcome(s.answering_json(status, fields))) is error


async def test_the_reason_tells_what_x_said() -> None:
    refused = await outcome(s.answering_json(403, {"detail": "duplicate content"}))
    assert isinstance(refused, Refused)
    assert refused.reason == "X answered 403 Forbidden: duplicate content"


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, None),
        ({"x-rate-limit-reset": str(EPOCH + 600)}, timedelta(minutes=10)),
        ({"x-rate-limit-reset": str(EPOCH - 600)}, None),
        ({"x-rate-limit-reset": "4070908800"}, timedelta(hours=24)),
        ({"x-rate-limit-reset": "soon"}, None),
        ({"x-rate-limit-reset": "9" * 5000}, timedelta(hours=24)),
        (
            {
                "x-rate-limit-reset": str(EPOCH + 600),
                "x-app-limit-24hour-remaining": "0",
                "x-app-limit-24hour-reset": str(EPOCH + 7200),
            },
            timedelta(hours=2),
        ),
        (
            {
                "x-rate-limit-reset": str(EPOCH + 600),
                "x-user-limit-24hour-remaining": "5",
                "x-user-limit-24hour-reset": str(EPOCH + 7200),
            },
            timedelta(minutes=10),
        ),
        (
            {
                "x-rate-limit-reset": str(EPOCH + 600),
                "x-user-limit-24hour-remaining": "0",
                "x-user-limit-24hour-reset": "",
            },
            timedelta(minutes=10),
        ),
    ],
)
async def test_a_429_waits_till_the_reset_that_counts(
    headers: Mapping[str, str], after: timedelta | None
) -> None:
    later = await outcome(s.answering_json(429, {"title": "Too Many Requests"}, headers))
    assert isinstance(later, TryLater)
    assert later.after == after


async def test_a_receipt_that_comes_after_the_deadline_is_handed_over() -> None:
    late: asyncio.Queue[tuple[Frozen, Receipt]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def keep(frozen: Frozen, receipt: Receipt) -> None:
        loop.call_soon_threadsafe(late.put_nowait, (frozen, receipt))

    async with s.misbehaving(s.slowly(0.6, s.answering(201, KNOWN.body(7)))) as server:
        channel = c.channel_on(x.NETWORK, KNOWN, server.url, deadline=c.SHORT, late=keep)
        frozen = await c.frozen_post(channel, "x")
        with pytest.raises(Uncertain, match=r"no answer within 0\.3 s"):
            await channel.publish(frozen)
        assert await late.get() == (frozen, Receipt("7", f"{server.url}/i/status/7"))
        await channel.close()


async def test_signing_in_says_who_we_are_and_repeats_while_x_is_out_of_order() -> None:
    behaviour = s.in_turn(s.answering(503, b""), s.cutting_before_the_answer, s.answering_json(200, ME))
    async with s.misbehaving(behaviour) as server:
        channel = c.channel_on(x.NETWORK, KNOWN, server.url)
        account = await channel.check()
        await channel.close()
    assert account == Account("42", "@lesvagues", "https://x.com/lesvagues")
    assert [request.target for request in server.requests] == ["/2/users/me"] * 3


async def test_an_app_that_may_only_read_is_told() -> None:
    async with s.misbehaving(s.answering_json(200, ME, {"x-access-level": "read"})) as server:
        channel = c.channel_on(x.NETWORK, KNOWN, server.url)
        assert (await channel.check()).missing == (
            "the app may only read: allow write, then renew the tokens",
        )
        await channel.close()


@pytest.mark.parametrize(
    ("status", "error", "asked"),
    [(401, LockedOut, 1), (429, TryLater, 1), (500, TryLater, 3), (200, TryLater, 3)],
)
async def test_a_sign_in_that_fails_is_repeated_only_where_it_may_help(
    status: int, error: type[ChannelError], asked: int
) -> None:
    reset = {"x-rate-limit-reset": str(EPOCH + 60)}
    async with s.misbehaving(s.answering(status, b"<html>", reset)) as server:
        channel = c.channel_on(x.NETWORK, KNOWN, server.url)
        with pytest.raises(error):
            await channel.check()
        await channel.close()
    assert len(server.requests) == asked


def tweet(number: int, text: str, **more: object) -> dict[str, object]:
    return {"id": str(number), "text": text, "created_at": "2026-11-22T12:00:01.000Z", **more}


def entities(*urls: Mapping[str, str]) -> dict[str, object]:
    return {"urls": list(urls)}


SHORT_LINK = {"url": "https://t.co/a", "expanded_url": "https://example.org/vagues?a=1&copy=2"}
LONG = "Les vagues & cie\n\nhttps://example.org/vagues?a=1&copy=2"


async def found(wanted: str, *pages: object, known: tuple[str, ...] = ()) -> tuple[Receipt | None, s.Server]:
    async with s.misbehaving(s.in_turn(*(s.answering_json(200, page) for page in pages))) as server:
        channel = c.channel_on(x.NETWORK, KNOWN, server.url)
        frozen = await channel.prepare(c.message("x", wanted), Progress(key="k"), c.NOW)
        assert isinstance(frozen, Frozen)
        receipt = await channel.find(frozen, c.NOW, known)
        await channel.close()
        return receipt, server


@pytest.mark.parametrize(
    ("wanted", "post"),
    [
        ("Les vagues", tweet(7, "Les vagues")),
        ("e\u0301te\u0301 < 3", tweet(7, "été &lt; 3")),
        (LONG, tweet(7, "Les vagues &amp; cie\n\nhttps://t.co/a", entities=entities(SHORT_LINK))),
        (
            "Lire example.org",
            tweet(
                7,
                "Lire https://t.co/b",
                entities=entities({"url": "https://t.co/b", "expanded_url": "http://example.org/"}),
            ),
        ),
        (
            "Une photo",
            tweet(
                7,
                "Une photo https://t.co/p",
                entities=entities(
                    {
                        "url": "https://t.co/p",
                        "expanded_url": "https://x.com/a/status/7/photo/1",
                        "media_key": "3_1",
                    }
                ),
            ),
        ),
        ("Long " * 80, tweet(7, "Long Long…", note_tweet={"text": "Long " * 79 + "Long"})),
    ],
)
async def test_our_post_is_found_under_what_x_made_of_its_words(wanted: str, post: object) -> None:
    receipt, server = await found(wanted, {"data": [tweet(9, "another"), post]})
    assert receipt == Receipt("7", f"{server.url}/i/status/7")
    target = server.requests[0].target
    assert target.startswith("/2/users/42/tweets?")  # the number is in the access token: nobody was asked
    assert "start_time=2026-11-22T11%3A58%3A00Z" in target


@pytest.mark.parametrize(
    "posts",
    [
        [],
        None,
        ["odd"],
        [{"id": "../", "text": "Les vagues"}],
        [tweet(7, "Les vagues hautes")],
        [tweet(8, "Les vagues")],
        [tweet(7, "Les vagues", created_at="2026-11-21T12:00:00.000Z")],
        [tweet(7, "Les vagues", created_at="then")],
        [tweet(7, "Les vagues https://t.co/a", entities=entities(SHORT_LINK))],
    ],
)
async def test_a_post_that_is_older_known_odd_or_says_otherwise_is_not_ours(posts: object) -> None:
    receipt, _ = await found("Les vagues", {"data": posts, "meta": {"result_count": 1}}, known=("8",))
    assert receipt is None


async def test_a_busy_timeline_is_read_page_by_page() -> None:
    first = {"data": [tweet(9, "another")], "meta": {"next_token": "n2"}}
    receipt, server = await found("Les vagues", first, {"data": [tweet(7, "Les vagues")]})
    assert receipt is not None
    assert "pagination_token=n2" in server.requests[1].target


async def test_what_the_account_posted_lately_is_read_whole_and_in_its_own_words() -> None:
    first = {
        "data": [tweet(9, "Une &amp; deux"), tweet(8, "Lire https://t.co/a", entities=entities(SHORT_LINK))]
    }
    last = {"data": [tweet(7, "Vieux", created_at="2026-11-22T11:00:00.000Z"), tweet(6, "Trois")]}
    pages = ({**first, "meta": {"next_token": "more"}}, last)
    async with s.misbehaving(s.in_turn(*(s.answering_json(200, page) for page in pages))) as server:
        channel = c.channel_on(x.NETWORK, KNOWN, server.url)
        assert isinstance(channel, Recent)
        seen = await channel.recent(c.NOW)
        await channel.close()
    at = c.NOW + timedelta(seconds=1)
    assert seen == [
        Seen("9", f"{server.url}/i/status/9", "Une & deux", at),
        Seen("8", f"{server.url}/i/status/8", f"Lire {SHORT_LINK['expanded_url']}", at),
        Seen("6", f"{server.url}/i/status/6", "Trois", at),
    ]


async def test_a_timeline_that_x_does_not_show_whole_is_not_taken_for_all_of_it() -> None:
    endless = {"data": [tweet(9, "Une")], "meta": {"next_token": "more"}}
    async with s.misbehaving(s.answering_json(200, endless)) as server:
        channel = c.channel_on(x.NETWORK, KNOWN, server.url)
        assert isinstance(channel, Recent)
        with pytest.raises(TryLater):
            await channel.recent(c.NOW)
        await channel.close()


async def test_a_timeline_that_cannot_be_read_is_not_an_absent_post() -> None:
    async with s.misbehaving(s.answering(500, b"")) as server:
        channel = c.channel_on(x.NETWORK, KNOWN, server.url)
        with pytest.raises(TryLater):
            await channel.find(await c.frozen_post(channel, "x"), c.NOW, ())
        await channel.close()


async def test_the_log_at_its_most_talkative_holds_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("tweepy", "oauthlib", "requests_oauthlib", "urllib3"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    await outcome(s.answering(201, KNOWN.body(7)))
    assert c.CANARY not in caplog.text


def test_a_post_costs_more_with_a_link() -> None:
    options = x.Options.model_validate({"prices": {"post": 0.0155}, "limit": 4000})
    assert x.NETWORK.cost(options, False) == 15_500
    assert x.NETWORK.cost(options, True) == 200_000
    assert x.NETWORK.limits(options).maximum == 4000


@pytest.mark.parametrize(
    "bad", [{"price": 1}, {"prices": {"pots": 1}}, {"prices": {"post": -1}}, {"limit": 0}]
)
def test_options_that_x_does_not_know_are_refused(bad: object) -> None:
    with pytest.raises(ValidationError):
        x.Options.model_validate(bad)
