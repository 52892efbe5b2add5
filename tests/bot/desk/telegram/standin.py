"""A stand-in of the Bot API with people in it: it holds every call against the published description."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.bot.channels import server as s
from tests.bot.channels.test_telegram_description import complaints, sent

GROUP = -1001234567890
TOKEN = "123456789:canary-canary-canary-canary-canary"
_TAG = re.compile(r"<[^>]+>")


@dataclass
class Message:
    """What the bot has said, as it stands in the chat now."""

    id: int
    chat: int
    html: str
    markup: Mapping[str, Any]

    @property
    def text(self) -> str:
        plain = _TAG.sub("", self.html)
        return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

    @property
    def buttons(self) -> dict[str, str]:
        rows = self.markup.get("inline_keyboard", [])
        return {button["text"]: button["callback_data"] for row in rows for button in row}

    @property
    def asks(self) -> bool:
        return self.markup.get("force_reply") is True


@dataclass
class Telegram:
    """Chats, what was said in them, and what people do; ``wrong`` is what the description says of calls."""

    description: Mapping[str, Any]
    updates: list[dict[str, Any]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    offsets: list[str | None] = field(default_factory=list)
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    shown: list[tuple[int, bytes, str]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    _update: int = 1000
    _message: int = 0

    def says(self, who: int, text: str, chat: int = GROUP, reply_to: int = 0, **more: object) -> int:
        """Somebody writes; return the update's number."""
        message = {
            "message_id": self._number(),
            "date": 1,
            "chat": chat_of(chat),
            "from": user(who),
            "text": text,
        }
        if reply_to:
            message["reply_to_message"] = {"message_id": reply_to, "date": 1, "chat": chat_of(chat)}
        return self.happens("message", message | more)

    def photo_of(self, name: str) -> list[dict[str, Any]]:
        """Return a picture in two sizes, the larger last."""
        sizes = (("small", 90), (name, 1280))
        return [
            {"file_id": each, "file_unique_id": each, "width": side, "height": side} for each, side in sizes
        ]

    def presses(self, who: int, message: Message, label: str = "", *, data: str = "", chat: int = 0) -> int:
        """Somebody presses a button; return the update's number."""
        under = {"message_id": message.id, "date": 1, "chat": chat_of(chat or message.chat)}
        query = {"id": f"q{self._update}", "from": user(who), "chat_instance": "1", "message": under}
        return self.happens("callback_query", query | {"data": data or message.buttons[label]})

    def happens(self, kind: str, what: Mapping[str, Any]) -> int:
        self._update += 1
        self.updates.append({"update_id": self._update, kind: what})
        return self._update

    @property
    def last(self) -> Message:
        return self.messages[-1]

    def _number(self) -> int:
        self._message += 1
        return self._message

    def answer(self, request: s.Request) -> tuple[int, object]:
        """Answer one call as Telegram would."""
        method = request.target.rpartition("/")[2]
        self.calls.append(method)
        self.wrong += [f"{method}: {each}" for each in complaints(request, self.description)]
        given = {name: value for name, value in sent(request).items() if isinstance(value, str)}
        if method == "sendPhoto":
            (content,) = (value for value in sent(request).values() if isinstance(value, bytes))
            self.shown.append((int(given["chat_id"]), content, given.get("caption", "")))
        if method in self.refusals:
            status, words = self.refusals[method]
            return status, {"ok": False, "error_code": status, "description": words}
        return 200, {"ok": True, "result": self._result(method, given)}

    def _result(self, method: str, given: Mapping[str, str]) -> object:
        match method:
            case "getUpdates":
                return self._updates(given.get("offset"))
            case "sendMessage":
                said = Message(
                    self._number(),
                    int(given["chat_id"]),
                    given["text"],
                    json.loads(given.get("reply_markup", "{}")),
                )
                assert 0 < len(said.text.encode("utf-16-le")) // 2 <= 4096
                assert all(0 < len(data.encode()) <= 64 for data in said.buttons.values())
                self.messages.append(said)
                return {"message_id": said.id, "date": 1, "chat": chat_of(said.chat), "text": said.text}
            case "answerCallbackQuery":
                self.toasts.append(given.get("text", ""))
            case "editMessageReplyMarkup":
                found = next(one for one in self.messages if one.id == int(given["message_id"]))
                found.markup = {}
                return {"message_id": found.id, "date": 1, "chat": chat_of(found.chat)}
            case "sendPhoto":
                return {"message_id": self._number(), "date": 1, "chat": chat_of(int(given["chat_id"]))}
            case "getFile":
                name = given["file_id"]
                return {"file_id": name, "file_unique_id": name, "file_path": f"photos/{name}.jpg"}
            case "leaveChat":
                self.left.append(int(given["chat_id"]))
        return True

    def _updates(self, offset: str | None) -> list[dict[str, Any]]:
        self.offsets.append(offset)
        if offset:
            self.updates = [one for one in self.updates if one["update_id"] >= int(offset)]
        return list(self.updates)


def user(number: int) -> dict[str, Any]:
    """Return somebody; all have the same name."""
    return {"id": number, "is_bot": False, "first_name": "Editor", "username": "editor"}


def chat_of(number: int) -> dict[str, Any]:
    """Return a chat: a person's own where the number is one's."""
    if number > 0:
        return {"id": number, "type": "private", "first_name": "Editor"}
    return {"id": number, "type": "supergroup", "title": "Modération"}


@asynccontextmanager
async def telegram(description: Mapping[str, Any]) -> AsyncIterator[Telegram]:
    """Serve a stand-in."""
    made = Telegram(description)

    async def behave(request: s.Request, writer: asyncio.StreamWriter) -> None:
        if request.target.startswith(f"/file/bot{TOKEN}/photos/"):
            name = request.target.rpartition("/")[2].removesuffix(".jpg")
            found = made.files.get(name)
            await s.answering(200 if found else 404, found or b"")(request, writer)
            return
        status, body = made.answer(request)
        await s.answering_json(status, body)(request, writer)

    async with s.misbehaving(behave) as server:
        made.url = server.url
        yield made
