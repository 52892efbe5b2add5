"""Telegram, through python-telegram-bot.

Rules and errors: https://core.telegram.org/bots/api (making requests, ResponseParameters, sendMessage).
A bot cannot read a channel's history and has no key for its posts: after a lost answer nothing proves.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable, Collection, Coroutine
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

from bot.channels.answer import (
    AnswerError,
    by_status,
    checked_id,
    first_cause,
    json_object,
    reading,
    status_line,
)
from bot.channels.harmless import repeated
from bot.channels.network import Network, Recovery, Wiring
from bot.channels.telegram_client import asked_wait, bot_over, careful_request, parameters
from bot.message import (
    Account,
    ChannelError,
    Frozen,
    Limits,
    LockedOut,
    Message,
    NotYet,
    Picture,
    Progress,
    Receipt,
    Refused,
    TryLater,
    Uncertain,
)

if TYPE_CHECKING:
    import telegram as ptb

Result = TypeVar("Result")

CAPTION = 1024
"""The longest text beside a picture; a longer one goes out with its preview instead."""

# What a 400 says about the account rather than about the post (tdlib/telegram-bot-api, Client.cpp).
_ACCOUNT_WORDS = (
    "chat not found",
    "not enough rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_admin_required",
)


class Options(BaseModel):
    """Telegram's own key: ``chat`` is a public channel's "@name" or a chat's number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chat: int | str

    @field_validator("chat", mode="before")
    @classmethod
    def _an_address(cls, value: object) -> int | str:
        text = str(value)
        if isinstance(value, (int, str)) and re.fullmatch(r"-?[1-9][0-9]{0,18}", text):
            return int(text)
        if isinstance(value, str) and re.fullmatch(r"@[A-Za-z]\w{0,31}", text, re.ASCII):
            return text
        raise ValueError('a chat is written "@channel" or as its number, such as -1001234567890')


def _measure(markup: str) -> int:
    """Return a text's length in UTF-16 units, markup left out."""
    from bot.compose.measure import html_text, utf16

    return utf16(html_text(markup))


def _limits(_options: Options) -> Limits:
    """Return what Telegram takes. Its captions are short: a long text goes out with its link alone."""
    linked = '<b><a href="{url}">{title}</a></b>'
    return Limits(
        maximum=4096,
        measure=_measure,
        escape=html.escape,
        templates={
            "default": f"{linked}\n\n{{summary}}",
            "plain": "<b>{title}</b>\n\n{summary}",
            "fact": "{title}\n\n{credit}",
            "quote": "{title}\n\n{credit}",
            "video": linked,
            "press": linked,
        },
        hashtags=0,
        pictures=1,
        caption=CAPTION,
    )


class TelegramChannel:
    """One chat that a bot posts to."""

    def __init__(self, wiring: Wiring[Options]) -> None:
        """Take what the channel needs and build the bot; asks nothing of the network."""
        self._wiring = wiring
        self._bot = _bot(wiring)
        self._sending: set[asyncio.Task[Receipt | ChannelError]] = set()

    @property
    def name(self) -> str:
        """The channel's name in the configuration."""
        return self._wiring.name

    @property
    def limits(self) -> Limits:
        """What Telegram takes."""
        return _limits(self._wiring.options)

    async def check(self) -> Account:
        """Sign in; raises LockedOut where Telegram says no and TryLater where it cannot be asked."""
        me = await self._read(self._bot.get_me)
        chat = self._wiring.options.chat
        try:
            member = await self._read(lambda: self._bot.get_chat_member(chat, me.id))
            missing = _missing_rights(member)
        except (LockedOut, Refused) as error:
            missing = (error.reason,)
        url = f"https://t.me/{chat[1:]}" if isinstance(chat, str) else ""
        return Account(id=str(me.id), name=f"@{me.username}", url=url, missing=missing)

    async def prepare(self, message: Message, progress: Progress, now: datetime) -> Frozen | NotYet:
        """Freeze the parameters of sendPhoto, whose caption is short, or of sendMessage: canonical JSON."""
        parameters: dict[str, object] = {"chat_id": self._wiring.options.chat, "parse_mode": "HTML"}
        if picture := _photo(message):
            parameters |= {"caption": message.text, "photo": picture.digest}
        else:
            preview = {"url": message.link} if message.link else {"is_disabled": True}
            parameters |= {"text": message.text, "link_preview_options": preview}
        body = json.dumps(parameters, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return Frozen(body.encode(), progress.key)

    async def publish(self, frozen: Frozen) -> Receipt:
        """Make the one create request; raises one of the four errors.

        At the deadline the request goes on by itself: its receipt, if one comes, is evidence.
        """
        photo = await self._photo_of(frozen)
        sending = asyncio.create_task(self._outcome(self._create(frozen, photo)))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)
        try:
            await asyncio.wait({sending}, timeout=self._wiring.deadline.total_seconds())
        finally:
            if not sending.done():
                sending.add_done_callback(lambda task: self._hand_over(frozen, task))
        outcome = sending.result() if sending.done() else self._overdue()
        if isinstance(outcome, ChannelError):
            raise outcome  # out here, so that it drags along no error that may hold the token
        return outcome

    async def find(self, frozen: Frozen, since: datetime, known: Collection[str]) -> Receipt | None:
        """Find nothing, always: a bot cannot read what it posted."""
        return None

    async def delete(self, remote_id: str) -> None:
        """Delete the message; one that is not there any more is no error."""
        chat = self._wiring.options.chat
        try:
            await self._read(lambda: self._bot.delete_message(chat, int(remote_id)))
        except Refused as error:
            if "message to delete not found" not in error.reason.casefold():
                raise

    async def close(self) -> None:
        """Let connections go, those of a request still under way too."""
        for sending in self._sending:
            sending.cancel()
        await self._bot.request.shutdown()

    async def _photo_of(self, frozen: Frozen) -> bytes | None:
        """Return the bytes of the frozen picture, None without one; raises Refused if they are gone."""
        if not (digest := json_object(frozen.body).get("photo")):
            return None
        image = await self._wiring.picture(str(digest))
        if image is None:
            raise Refused("the picture's bytes are gone: approve the item again")
        return image.content

    async def _create(self, frozen: Frozen, photo: bytes | None) -> Receipt:
        """Send the frozen message and read its receipt."""
        from telegram import LinkPreviewOptions

        what = json.loads(frozen.body)
        if photo is not None:
            sent = await self._bot.send_photo(**(what | {"photo": photo}))
        else:
            preview = LinkPreviewOptions(**what.pop("link_preview_options"))
            sent = await self._bot.send_message(link_preview_options=preview, **what)
        number = checked_id(sent.message_id)
        if not number:
            raise AnswerError(200, {}, b"")
        return Receipt(number, _address(self._wiring.options.chat, number))

    async def _read(self, ask: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Make a harmless call, repeated while Telegram is out of order."""

        async def once() -> Result:
            outcome = await self._outcome(_within(ask(), self._wiring.deadline))
            if isinstance(outcome, ChannelError):
                raise reading(outcome)
            return outcome

        return await repeated(once, self._wiring.pause, self._wiring.deadline)

    async def _outcome(self, call: Coroutine[Any, Any, Result]) -> Result | ChannelError:
        """Make a call; whatever goes wrong comes back as one of the four errors."""
        try:
            return await call
        except TimeoutError:
            return self._overdue()
        except Exception as error:  # noqa: BLE001  whatever is not an answer is an outcome all the same
            return _judged(error, self._wiring)

    def _overdue(self) -> Uncertain:
        """Return what a passed deadline means."""
        return Uncertain(f"Telegram gave no answer within {self._wiring.deadline.total_seconds():g} s")

    def _hand_over(self, frozen: Frozen, sending: asyncio.Task[Receipt | ChannelError]) -> None:
        """Hand a late receipt over."""
        outcome = None if sending.cancelled() else sending.result()
        if isinstance(outcome, Receipt):
            self._wiring.late_receipt(frozen, outcome)


def _photo(message: Message) -> Picture | None:
    """Return the picture that goes out with a message, if its words fit beside one."""
    shown = next((one for one in message.pictures if one.digest and not one.card), None)
    return shown if _measure(message.text) <= CAPTION else None


async def _within(call: Coroutine[Any, Any, Result], deadline: timedelta) -> Result:
    """Await a call, but no longer than ``deadline``."""
    async with asyncio.timeout(deadline.total_seconds()):
        return await call


def _bot(wiring: Wiring[Options]) -> ptb.Bot:
    """Build the bot over a client that is as careful as a create request must be.

    The read timeout is longer than the deadline: a receipt that comes after it is still evidence.
    """
    deadline = wiring.deadline
    # A connection kept alive may be dead: a create sent into it would be uncertain for nothing.
    request = careful_request(connect=deadline / 3, write=deadline, read=deadline * 4, kept_alive=False)
    return bot_over(wiring.secrets["TOKEN"], wiring.api, request, request)


def _judged(error: Exception, wiring: Wiring[Options]) -> ChannelError:
    """Return what an error of a call means: an answer by its words, a lost one by its cause."""
    import httpx

    if answer := first_cause(error, AnswerError):
        return _judged_answer(answer, wiring)
    if first_cause(error, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        return TryLater("Telegram could not be reached: nothing was sent")
    return Uncertain(f"the answer of Telegram was lost ({type(error).__name__})")


def _judged_answer(answer: AnswerError, wiring: Wiring[Options]) -> ChannelError:
    """Return what an answer of Telegram means: by its words where they say more than its status."""
    words = answer.fields.get("description")
    reason = status_line("Telegram", answer.status, words, wiring.redact)
    told = str(words).casefold()
    if answer.status == 400:  # noqa: PLR2004  Bad Request
        if moved := checked_id(str(parameters(answer).get("migrate_to_chat_id", "")).removeprefix("-")):
            return LockedOut(f"the group has moved: write chat = -{moved}")
        if any(word in told for word in _ACCOUNT_WORDS):
            return LockedOut(reason)
    if answer.status == 403:  # noqa: PLR2004  Forbidden: the bot was blocked, kicked, or never let in
        return LockedOut(reason)
    return by_status(answer.status, reason, asked_wait(answer))


def _missing_rights(member: ptb.ChatMember) -> tuple[str, ...]:
    """Return what the bot lacks in its chat to post there."""
    if member.status in {"left", "kicked"}:
        return ("the bot is not in the chat: add it, in a channel as administrator",)
    if getattr(member, "can_post_messages", None) is False:
        return ("the bot may not post: allow it to post messages",)
    if member.status == "restricted" and not getattr(member, "can_send_messages", False):
        return ("the bot is restricted: allow it to send messages",)
    return ()


def _address(chat: int | str, number: str) -> str:
    """Return where the public sees a message; "" for a chat without addresses."""
    if isinstance(chat, str):
        return f"https://t.me/{chat[1:]}/{number}"
    channel = str(chat).removeprefix("-100")
    return f"https://t.me/c/{channel}/{number}" if str(chat).startswith("-100") else ""


NETWORK = Network(
    name="telegram",
    options=Options,
    secrets=("TOKEN",),
    limits=_limits,
    cost=lambda _options, _linked: 0,
    recovery=Recovery(),
    connect=TelegramChannel,
)
