"""Speaking with Telegram through python-telegram-bot; the only file of this room that knows the library.

Rules: https://core.telegram.org/bots/api (getUpdates, sendMessage, answerCallbackQuery).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from bot.channels.answer import AnswerError, first_cause
from bot.channels.telegram_client import asked_wait, bot_over, careful_request
from bot.desk.telegram.talk import Heard, Say

if TYPE_CHECKING:
    import telegram as ptb
    from telegram.request import HTTPXRequest

    from bot.secret import Secret

CONNECT_WITHIN = timedelta(seconds=10)
ANSWER_WITHIN = timedelta(seconds=20)
BATCH = 20
"""So many updates are fetched at once: an answer stays small."""
CAPTION = 1024
"""Characters beside a picture (Bot API, sendPhoto)."""
HEARD = ("message", "callback_query", "my_chat_member")
_CONFLICT, _BAD, _UNKNOWN = 409, 400, 404
Result = TypeVar("Result")


class WireError(RuntimeError):
    """Telegram could not be asked, or said no. Its words hold no secret.

    ``conflict``: another process polls the same bot. ``refused``: it will say the same again. ``wait`` is
    what it asked for.
    """

    def __init__(
        self, words: str, *, conflict: bool = False, refused: bool = False, wait: timedelta | None = None
    ) -> None:
        super().__init__(words)
        self.conflict, self.refused, self.wait = conflict, refused, wait


class Wire:
    """The bot behind the moderators' chat."""

    def __init__(self, token: Secret, api: str = "") -> None:
        """Keep what is needed; the library loads with the first call."""
        self._token, self._api = token, api
        self._made: ptb.Bot | None = None

    async def greet(self, commands: Sequence[tuple[str, str]], language: str) -> None:
        """Show what can be typed in a language; "" is for everybody else's."""
        await self._call(lambda: self._bot.set_my_commands(commands, language_code=language or None))

    async def hear(self, offset: int | None, wait: timedelta) -> list[Heard]:
        """Fetch what happened; what stands before ``offset`` counts as fetched."""
        found = await self._call(
            lambda: self._bot.get_updates(
                offset, limit=BATCH, timeout=int(wait.total_seconds()), allowed_updates=HEARD
            )
        )
        return [heard(update) for update in found]

    async def say(self, chat: int, said: Say) -> int:
        """Send a message; return its number."""
        from telegram import ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

        rows = [
            [InlineKeyboardButton(one.label, callback_data=one.value) for one in row] for row in said.rows
        ]
        markup = ForceReply(selective=True) if said.asks else InlineKeyboardMarkup(rows) if rows else None
        quiet = LinkPreviewOptions(is_disabled=True)
        sent = await self._call(
            lambda: self._bot.send_message(
                chat, said.html, parse_mode="HTML", reply_markup=markup, link_preview_options=quiet
            )
        )
        return int(sent.message_id)

    async def show(self, chat: int, picture: bytes, alt: str) -> None:
        """Send a picture; Telegram shows 1024 characters beside it."""
        await self._call(lambda: self._bot.send_photo(chat, picture, caption=alt[:CAPTION] or None))

    async def address_of(self, file: str) -> str:
        """Return where the bytes of a file are. The address holds the token: it is told to nobody."""
        found = await self._call(lambda: self._bot.get_file(file))
        return str(found.file_path or "")

    async def toast(self, query: str, text: str) -> None:
        """Answer a press; Telegram shows 200 characters."""
        await self._call(lambda: self._bot.answer_callback_query(query, text[:200] or None))

    async def close_buttons(self, chat: int, message: int) -> None:
        """Take the buttons away from under a message; one that is gone is no error."""
        try:
            await self._call(lambda: self._bot.edit_message_reply_markup(chat, message))
        except WireError as error:
            if not error.refused:
                raise

    async def leave(self, chat: int) -> None:
        """Walk out of a chat."""
        await self._call(lambda: self._bot.leave_chat(chat))

    async def close(self) -> None:
        """Let connections go."""
        if self._made is not None:
            await self._made.request.shutdown()
            await self._made._request[0].shutdown()  # noqa: SLF001  the library has no other way to it

    @property
    def _bot(self) -> ptb.Bot:
        if self._made is None:
            self._made = _bot(self._token, self._api)
        return self._made

    async def _call(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        failure: WireError
        try:
            return await ask()
        except Exception as error:  # noqa: BLE001  whatever is not an answer is a failure all the same
            failure = _judged(error)
        raise failure  # out here, so that it drags along no error that may hold the token


def heard(update: ptb.Update) -> Heard:
    """Read an update: who, where, what. Whoever hides behind a chat is nobody."""
    if update.callback_query is not None:
        return _press(update.update_id, update.callback_query)
    if update.my_chat_member is not None:
        return _joined(update.update_id, update.my_chat_member)
    said = update.message
    if said is None:  # edited messages, posts of channels: nothing that anybody says to us
        return Heard(update.update_id, 0, 0)
    sender = said.from_user.id if said.from_user and not said.from_user.is_bot and not said.sender_chat else 0
    return Heard(
        update=update.update_id,
        chat=said.chat.id,
        sender=sender,
        private=said.chat.type == "private",
        text=_text(said),
        reply_to=said.reply_to_message.message_id if said.reply_to_message else 0,
        message=said.message_id,
        moved_to=said.migrate_to_chat_id or 0,
        photo=_photo(said) or (_photo(said.reply_to_message) if said.reply_to_message else ""),
        quoted=_text(said.reply_to_message) if said.reply_to_message else "",
        forwarded=said.forward_origin is not None,
    )


def _text(said: ptb.Message) -> str:
    return said.text or said.caption or ""


def _photo(said: ptb.Message) -> str:
    """Return the file of a message's picture, the largest there is of it, or ""."""
    if said.photo:
        return str(said.photo[-1].file_id)
    sent = said.document
    return str(sent.file_id) if sent and (sent.mime_type or "").startswith("image/") else ""


def _press(number: int, query: ptb.CallbackQuery) -> Heard:
    under = query.message
    return Heard(
        update=number,
        chat=under.chat.id if under else 0,
        sender=0 if query.from_user.is_bot else query.from_user.id,
        private=under is not None and under.chat.type == "private",
        message=under.message_id if under else 0,
        query=query.id,
        data=query.data or "",
    )


def _joined(number: int, change: ptb.ChatMemberUpdated) -> Heard:
    there = change.new_chat_member.status not in {"left", "kicked"}
    name = f"@{change.chat.username}" if change.chat.username else ""
    private = change.chat.type == "private" or not there
    return Heard(number, change.chat.id, 0, private=private, text=name, joined=True)


def _bot(token: Secret, api: str) -> ptb.Bot:
    def request() -> HTTPXRequest:
        return careful_request(
            connect=CONNECT_WITHIN, write=ANSWER_WITHIN, read=ANSWER_WITHIN, kept_alive=True, most=2
        )

    return bot_over(token, api, request(), request())


def _judged(error: Exception) -> WireError:
    answer = first_cause(error, AnswerError)
    if answer is None:
        return WireError(f"Telegram could not be asked ({type(error).__name__})")
    words = str(answer.fields.get("description", ""))[:200]
    return WireError(
        f"Telegram said {answer.status} {words}".rstrip(),
        conflict=answer.status == _CONFLICT,
        refused=_BAD <= answer.status <= _UNKNOWN,
        wait=asked_wait(answer),
    )
