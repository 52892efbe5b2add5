"""Telegram's own rules: its words, its waits, its rights, its addresses."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from pydantic import ValidationError

from bot.channels import telegram
from bot.message import (
    Account,
    ChannelError,
    Frozen,
    LockedOut,
    Progress,
    Receipt,
    Refused,
    TryLater,
    Uncertain,
)
from tests.bot.channels import contract as c
from tests.bot.channels import server as s

KNOWN = c.stand_in("telegram")
ME = {"id": 123456789, "is_bot": True, "first_name": "Vagues", "username": "vagues_bot"}
RIGHTS = dict.fromkeys(
    (
        "can_be_edited",
        "can_change_info",
        "can_delete_messages",
        "can_delete_stories",
        "can_edit_stories",
        "can_invite_users",
        "can_manage_chat",
        "can_manage_video_chats",
        "can_post_stories",
        "can_promote_members",
        "can_restrict_members",
        "is_anonymous",
    ),
    True,
)


async def outcome(behaviour: s.Behaviour) -> Receipt | ChannelError:
    async with s.misbehaving(behaviour) as server:
        return await c.outcome_of(c.channel_on(telegram.NETWORK, KNOWN, server.url), "telegram")


async def test_the_request_is_the_frozen_message_with_its_preview() -> None:
    async with s.misbehaving(s.answering(200, KNOWN.body(7))) as server:
        channel = c.channel_on(telegram.NETWORK, KNOWN, server.url)
        message = c.message("telegram", "<b>Été</b> &amp; co", "https://example.org/a?b=1&c=2")
        frozen = await channel.prepare(message, Progress(key="k"), c.NOW)
        assert isinstance(frozen, Frozen)
        await channel.publish(frozen)
        await channel.close()
    request = server.requests[0]
    assert request.target.endswith("/sendMessage")
    assert {"accept-encoding: identity", "connection: close"} <= set(request.head.lower().splitlines())
    sent = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    assert json.loads(sent.pop("link_preview_options")) == {"url": "https://example.org/a?b=1&c=2"}
    assert sent == {"chat_id": "@lesvagues", "text": "<b>Été</b> &amp; co", "parse_mode": "HTML"}


async def test_a_message_without_a_link_has_no_preview() -> None:
    channel = c.channel_on(telegram.NETWORK, KNOWN, "http://127.0.0.1:9")
    frozen = await c.frozen_post(channel, "telegram")
    assert b'"link_preview_options":{"is_disabled":true}' in frozen.body
    await channel.close()


@pytest.mark.parametrize(
    ("status", "description", "error"),
    [
        (400, "Bad Request: message is too long", Refused),
        (400, "Bad Request: can't parse entities: Unsupported start tag", Refused),
        (400, "Bad Request: chat not found", LockedOut),
        (400, "Bad Request: not enough rights to send text messages to the chat", LockedOut),
        (400, "Bad Request: need administrator rights in the channel chat", LockedOut),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", LockedOut),
        (400, "Bad Request: CHAT_ADMIN_REQUIRED", LockedOut),
        (403, "Forbidden: bot was kicked from the channel chat", LockedOut),
        (401, "Unauthorized", LockedOut),
        (404, "Not Found", LockedOut),
        (409, "Conflict: terminated by other getUpdates request", Uncertain),
        (500, "Internal Server Error", Uncertain),
    ],
)
async def test_the_words_of_an_answer_decide(
    status: int, description: str, error: type[ChannelError]
) -> None:
    told = await outcome(
        s.answering_json(status, {"ok": False, "error_code": status, "description": description})
    )
    assert isinstance(told, ChannelError)
    assert type(told) is error
    assert told.reason.endswith(f": {description}")


async def test_a_group_that_moved_is_told_with_its_new_number() -> None:
    fields = {"ok": False, "description": "upgraded", "parameters": {"migrate_to_chat_id": -1001234}}
    told = await outcome(s.answering_json(400, fields))
    assert isinstance(told, LockedOut)
    assert told.reason == "the group has moved: write chat = -1001234"


@pytest.mark.parametrize(
    ("asked", "after"),
    [
        (17, timedelta(seconds=17)),
        (1.5, timedelta(seconds=1.5)),
        (10**12, timedelta(hours=24)),
        (-5, None),
        ("soon", None),
        ([1], None),
        (None, None),
    ],
)
async def test_a_429_waits_as_long_as_it_says(asked: object, after: timedelta | None) -> None:
    fields = {"ok": False, "error_code": 429, "parameters": {"retry_after": asked}}
    later = await outcome(s.answering_json(429, fields))
    assert isinstance(later, TryLater)
    assert later.after == after


async def test_a_429_of_something_before_telegram_is_heeded_too() -> None:
    later = await outcome(s.answering(429, b"<html>", {"Retry-After": "30"}))
    assert isinstance(later, TryLater)
    assert later.after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("chat", "address"),
    [
        ("@lesvagues", "https://t.me/lesvagues/7"),
        (-1001234567890, "https://t.me/c/1234567890/7"),
        ("-1001234567890", "https://t.me/c/1234567890/7"),
        (-4567, ""),
        (4567, ""),
    ],
)
async def test_a_receipt_says_where_the_public_sees_it(chat: object, address: str) -> None:
    known = c.StandIn(options={"chat": chat}, good=KNOWN.good, url="", secrets=KNOWN.secrets)
    async with s.misbehaving(s.answering(200, known.body(7))) as server:
        told = await c.outcome_of(c.channel_on(telegram.NETWORK, known, server.url), "telegram")
    assert told == Receipt("7", address)


@pytest.mark.parametrize("chat", ["lesvagues", "@les vagues", "@été_lesvagues", "", 0, 1.5, True, None, "-"])
def test_a_chat_that_is_neither_name_nor_number_is_refused(chat: object) -> None:
    with pytest.raises(ValidationError, match="a chat is written"):
        telegram.Options.model_validate({"chat": chat})


async def test_a_receipt_that_comes_after_the_deadline_is_handed_over() -> None:
    late: asyncio.Queue[tuple[Frozen, Receipt]] = asyncio.Queue()
    async with s.misbehaving(s.slowly(0.6, s.answering(200, KNOWN.body(7)))) as server:
        channel = c.channel_on(
            telegram.NETWORK,
            KNOWN,
            server.url,
            deadline=c.SHORT,
            late=lambda frozen, receipt: late.put_nowait((frozen, receipt)),
        )
        frozen = await c.frozen_post(channel, "telegram")
        with pytest.raises(Uncertain, match=r"no answer within 0\.3 s"):
            await channel.publish(frozen)
        assert await late.get() == (frozen, Receipt("7", "https://t.me/lesvagues/7"))
        await channel.close()


async def test_a_publish_that_is_cancelled_hands_its_receipt_over_too() -> None:
    late: asyncio.Queue[Receipt] = asyncio.Queue()
    asked = asyncio.Event()

    async def behave(request: s.Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await s.slowly(0.2, s.answering(200, KNOWN.body(7)))(request, writer)

    async with s.misbehaving(behave) as server:
        channel = c.channel_on(
            telegram.NETWORK, KNOWN, server.url, late=lambda _, receipt: late.put_nowait(receipt)
        )
        publishing = asyncio.ensure_future(channel.publish(await c.frozen_post(channel, "telegram")))
        await asked.wait()
        publishing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await publishing
        assert (await late.get()).remote_id == "7"
        await channel.close()


async def test_nothing_is_ever_found() -> None:
    async with s.misbehaving(s.hanging) as server:
        channel = c.channel_on(telegram.NETWORK, KNOWN, server.url)
        assert await channel.find(await c.frozen_post(channel, "telegram"), c.NOW, ()) is None
        await channel.close()
    assert server.requests == []


def member(status: str, **rights: bool) -> dict[str, object]:
    return {"ok": True, "result": {"status": status, "user": ME, **rights}}


@pytest.mark.parametrize(
    ("chat_member", "missing"),
    [
        (member("administrator", **RIGHTS, can_post_messages=True), ""),
        (
            member("administrator", **RIGHTS, can_post_messages=False),
            "may not post",
        ),
        (member("member"), ""),
        ({"ok": True, "result": {"status": "left", "user": ME}}, "not in the chat"),
        ({"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}, "chat not found"),
    ],
)
async def test_signing_in_says_which_right_is_missing(chat_member: dict[str, object], missing: str) -> None:
    status = 200 if chat_member["ok"] else 400
    behaviour = s.by_path(
        {
            "/getMe": s.answering_json(200, {"ok": True, "result": ME}),
            "/getChatMember": s.answering_json(status, chat_member),
        }
    )
    async with s.misbehaving(behaviour) as server:
        channel = c.channel_on(telegram.NETWORK, KNOWN, server.url)
        account = await channel.check()
        await channel.close()
    assert account == Account("123456789", "@vagues_bot", "https://t.me/lesvagues", account.missing)
    assert len(account.missing) == bool(missing)
    assert missing in " ".join(account.missing)


@pytest.mark.parametrize(("status", "error", "asked"), [(401, LockedOut, 1), (502, TryLater, 3)])
async def test_a_sign_in_that_fails_is_repeated_only_where_it_may_help(
    status: int, error: type[ChannelError], asked: int
) -> None:
    async with s.misbehaving(s.answering(status, b"")) as server:
        channel = c.channel_on(telegram.NETWORK, KNOWN, server.url)
        with pytest.raises(error):
            await channel.check()
        await channel.close()
    assert len(server.requests) == asked


async def test_a_sign_in_that_hangs_may_be_tried_later() -> None:
    async with s.misbehaving(s.hanging) as server:
        channel = c.channel_on(telegram.NETWORK, KNOWN, server.url, deadline=c.SHORT)
        with pytest.raises(TryLater):
            await channel.check()
        await channel.close()


async def test_the_log_at_its_most_talkative_holds_no_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    await outcome(s.answering(200, KNOWN.body(7)))
    await outcome(s.answering(200, b"<html>"))
    assert c.CANARY not in caplog.text
