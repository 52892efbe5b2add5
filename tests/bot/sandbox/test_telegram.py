"""Telegram as python-telegram-bot sees it."""

from datetime import timedelta

import aiohttp
import pytest
from telegram import Bot, LinkPreviewOptions
from telegram.constants import ChatMemberStatus, ChatType, ParseMode
from telegram.error import BadRequest, InvalidToken, RetryAfter
from telegram.request import HTTPXRequest

from bot.sandbox.server import Sandbox
from tests.bot.sandbox.conftest import PNG, HandClock


async def test_a_message_is_answered_with_itself(bot: Bot, sandbox: Sandbox, clock: HandClock) -> None:
    text = (
        '<b><a href="https://example.org/a?b=1&amp;c=2">R&amp;D à Laval</a></b> \N{OK HAND SIGN} <i>oui</i>'
    )
    message = await bot.send_message("@technopolys", text, parse_mode=ParseMode.HTML)
    [post] = sandbox.timeline()
    assert (message.message_id, message.date) == (1, clock.now)
    assert (message.chat.type, message.chat.username) == (ChatType.CHANNEL, "technopolys")
    assert message.text == post.text == "R&D à Laval \N{OK HAND SIGN} oui"
    assert {entity.type: message.parse_entity(entity) for entity in message.entities} == {
        "bold": "R&D à Laval",
        "text_link": "R&D à Laval",
        "italic": "oui",
    }
    assert post.link == "https://example.org/a?b=1&c=2"


async def test_telegram_posts_twice_what_is_sent_twice(bot: Bot, sandbox: Sandbox) -> None:
    for _ in range(2):
        await bot.send_message("@technopolys", "Encore")
    assert [(post.id, post.text) for post in sandbox.timeline()] == [("1", "Encore"), ("2", "Encore")]


async def test_a_channel_is_the_same_by_name_and_by_number(bot: Bot, sandbox: Sandbox) -> None:
    chat = await bot.get_chat("@Technopolys")
    await bot.send_message(chat.id, "Par numéro")
    await bot.send_message("@TECHNOPOLYS", "Par nom")
    assert chat.id < -1_000_000_000_000
    assert chat.title == "Technopolys Québec"
    assert {post.account for post in sandbox.timeline()} == {"@technopolys"}


async def test_message_ids_grow_in_each_chat_by_itself(bot: Bot) -> None:
    ids = [(await bot.send_message(chat, "a")).message_id for chat in ("@one", "@two", "@one", -1001234)]
    assert ids == [1, 1, 2, 1]


async def test_the_bot_is_an_administrator_who_may_post(bot: Bot) -> None:
    me = await bot.get_me()
    member = await bot.get_chat_member("@technopolys", me.id)
    assert (me.id, me.is_bot) == (42, True)
    assert member.status == ChatMemberStatus.ADMINISTRATOR
    assert member.to_dict()["can_post_messages"]


async def test_a_photo_goes_out_with_its_caption(bot: Bot, sandbox: Sandbox) -> None:
    message = await bot.send_photo("@technopolys", PNG, caption="<b>Carte</b>", parse_mode=ParseMode.HTML)
    [post] = sandbox.timeline()
    assert (message.caption, message.photo[0].file_size) == ("Carte", len(PNG))
    assert [(picture.alt, picture.content) for picture in post.media] == [("", PNG)]


async def test_a_photo_may_be_an_address(bot: Bot, sandbox: Sandbox) -> None:
    await bot.send_photo("@technopolys", "https://example.org/a.png")
    assert sandbox.timeline()[0].media[0].address == "https://example.org/a.png"


async def test_the_preview_shows_the_address_asked_for(bot: Bot, sandbox: Sandbox) -> None:
    options = LinkPreviewOptions(url="https://example.org/b", show_above_text=True, prefer_small_media=True)
    await bot.send_message("@technopolys", "Voir example.com", link_preview_options=options)
    [post] = sandbox.timeline()
    assert post.card is not None
    assert (post.card.address, post.card.above, post.card.large) == ("https://example.org/b", True, False)
    assert post.link == "http://example.com"


async def test_a_preview_can_be_left_out(bot: Bot, sandbox: Sandbox) -> None:
    options = LinkPreviewOptions(is_disabled=True)
    await bot.send_message("@technopolys", "https://example.org", link_preview_options=options)
    assert sandbox.timeline()[0].card is None


async def test_a_deleted_message_is_gone_and_its_number_is_not_given_again(
    bot: Bot, sandbox: Sandbox
) -> None:
    first = await bot.send_message("@technopolys", "Trop vite")
    assert await bot.delete_message("@technopolys", first.message_id)
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await bot.delete_message("@technopolys", first.message_id)
    second = await bot.send_message("@technopolys", "Mieux")
    assert [post.id for post in sandbox.timeline()] == [str(second.message_id)] == ["2"]


async def test_there_are_never_updates(bot: Bot) -> None:
    assert await bot.get_updates(timeout=0) == ()
    assert await bot.delete_webhook()
    assert await bot.set_my_commands([("aide", "Aide")])


async def test_a_message_of_4096_units_goes_out_and_one_more_does_not(bot: Bot) -> None:
    await bot.send_message("@technopolys", "<b>" + "&amp;" * 4096 + "</b>", parse_mode=ParseMode.HTML)
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message("@technopolys", "\N{WAVING HAND SIGN}" * 2048 + "a")


async def test_a_caption_of_1024_units_goes_out_and_one_more_does_not(bot: Bot) -> None:
    await bot.send_photo("@technopolys", PNG, caption="a" * 1024)
    with pytest.raises(BadRequest, match="caption is too long"):
        await bot.send_photo("@technopolys", PNG, caption="a" * 1025)


@pytest.mark.parametrize("text", [" ", "<b> </b>"])
async def test_a_message_that_shows_nothing_is_refused(bot: Bot, text: str) -> None:
    with pytest.raises(BadRequest, match="Message text is empty"):
        await bot.send_message("@technopolys", text, parse_mode=ParseMode.HTML)


@pytest.mark.parametrize("chat", ["technopolys", "@", "@é", "", "0", "1.5"])
async def test_what_is_no_chat_is_not_found(bot: Bot, chat: str) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(chat, "a")


@pytest.mark.parametrize(
    "photo", [b"<svg/>", PNG + bytes(10 * 1024 * 1024), "no-such-file", "ftp://example.org/a.png"]
)
async def test_a_photo_that_telegram_would_not_take_is_refused(bot: Bot, photo: bytes | str) -> None:
    with pytest.raises(BadRequest):
        await bot.send_photo("@technopolys", photo)


async def test_markdown_is_not_spoken_here(bot: Bot) -> None:
    with pytest.raises(BadRequest, match="Unsupported parse_mode"):
        await bot.send_message("@technopolys", "*a*", parse_mode=ParseMode.MARKDOWN_V2)


async def test_more_than_20_messages_a_minute_are_a_flood(
    bot: Bot, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # without it the client warns of its own seconds
    for _ in range(20):
        await bot.send_message("@technopolys", "a")
    clock.forward(timedelta(seconds=10))
    with pytest.raises(RetryAfter) as refusal:
        await bot.send_message("@technopolys", "a")
    assert refusal.value.retry_after == timedelta(seconds=50)
    await bot.send_message("@other", "a")
    clock.forward(timedelta(seconds=50))
    await bot.send_message("@technopolys", "a")


@pytest.mark.parametrize("token", ["42", "42:", "a:token", "42:to.ken"])
async def test_a_malformed_token_opens_nothing(sandbox: Sandbox, token: str) -> None:
    bot = Bot(token, base_url=f"{sandbox.url}/bot", request=HTTPXRequest(read_timeout=5))
    with pytest.raises(InvalidToken):
        await bot.initialize()
    await bot.shutdown()


async def test_an_unknown_method_is_not_found(http: aiohttp.ClientSession) -> None:
    answer = await http.get("/bot42:token/sendDice")
    assert answer.status == 404
    assert await answer.json() == {
        "ok": False,
        "error_code": 404,
        "description": "Not Found: method not found",
    }


@pytest.mark.parametrize("how", ["query", "form", "multipart", "json"])
async def test_a_call_may_come_in_every_form_telegram_takes(
    http: aiohttp.ClientSession, sandbox: Sandbox, how: str
) -> None:
    params = {"chat_id": "@technopolys", "text": "Bonjour"}
    form = aiohttp.FormData(params, default_to_multipart=True)
    sends = {
        "query": http.get("/bot42:token/SENDMESSAGE", params=params),
        "form": http.post("/bot42:token/sendMessage", data=params),
        "multipart": http.post("/bot42:token/sendMessage", data=form),
        "json": http.post("/bot42:token/sendMessage", json=params),
    }
    answer = await sends.pop(how)
    for other in sends.values():
        other.close()
    assert (await answer.json())["result"]["text"] == "Bonjour"
    assert [post.text for post in sandbox.timeline()] == ["Bonjour"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"chat_id": "@a", "text": "\\ud83d"}', b"[" * 100_000])
async def test_a_call_that_cannot_be_read_is_a_bad_request(http: aiohttp.ClientSession, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await http.post("/bot42:token/sendMessage", data=body, headers=headers)
    assert answer.status == 400


@pytest.mark.parametrize("options", ["{", "[]"])
async def test_preview_options_must_be_an_object(http: aiohttp.ClientSession, options: str) -> None:
    params = {"chat_id": "@a", "text": "a", "link_preview_options": options}
    answer = await http.post("/bot42:token/sendMessage", data=params)
    assert answer.status == 400
