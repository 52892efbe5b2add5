"""A stand-in for the Telegram Bot API: messages and pictures in channels, and what a client asks besides.

Sources: Bot API reference; error texts as tdlib/telegram-bot-api sends them. There is no duplicate rule:
Telegram posts twice what is sent twice.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.sandbox.accounts import Account, Accounts
from bot.sandbox.faults import Faults
from bot.sandbox.published import Clock, Media, Published, Timeline
from bot.sandbox.rich_text import runs
from bot.sandbox.telegram_answers import administrator, all_spans, bot_user, full_chat, message
from bot.sandbox.telegram_call import Call, read_call, read_photo
from bot.sandbox.telegram_html import Formatted
from bot.sandbox.telegram_rules import (
    FloodControl,
    Refusal,
    bad_request,
    flood,
    links_of,
    read_caption,
    read_card,
    read_text,
)

_LONGEST_POLL = timedelta(seconds=1)
"""getUpdates never has any; it answers after this at the latest."""
_USUAL_FLOOD_WAIT = timedelta(seconds=30)

Method = Callable[[Call], Awaitable[Any]]


class TelegramVoice:
    """How Telegram words its refusals."""

    network = "telegram"

    def refuse(self, effect: str, retry_after: timedelta | None) -> web.Response:
        """Return Telegram's answer for an effect; a 429 asks to wait `retry_after`, by default 30 s."""
        refusals = {
            "401": Refusal(401, "Unauthorized"),
            "402": Refusal(402, "Payment Required"),
            "403-duplicate": Refusal(403, "Forbidden: duplicate content"),
            "429": flood(_USUAL_FLOOD_WAIT if retry_after is None else retry_after),
            "500": Refusal(500, "Internal Server Error"),
            "502": Refusal(502, "Bad Gateway"),
            "503": Refusal(503, "Service Unavailable"),
        }
        return refused(refusals[effect])

    def empty(self) -> web.Response:
        """Return a 200 that says nothing."""
        return web.json_response({})


class TelegramApi:
    """The methods of the Bot API and what stands behind them."""

    def __init__(
        self,
        now: Clock,
        accounts: Accounts,
        timeline: Timeline,
        faults: Faults,
        base_url: Callable[[], str],
        stopping: asyncio.Event,
    ) -> None:
        self._now = now
        self._accounts = accounts
        self._timeline = timeline
        self._faults = faults
        self._base_url = base_url
        self._stopping = stopping
        self._voice = TelegramVoice()
        self._floods = FloodControl()
        self._last_ids: dict[str, int] = {}
        self._methods: dict[str, Method] = {
            "getme": self._get_me,
            "getchat": self._get_chat,
            "getchatmember": self._get_chat_member,
            "getupdates": self._get_updates,
            "setmycommands": _done,
            "deletewebhook": _done,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "deletemessage": self._delete_message,
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the one address of the Bot API, for GET and POST."""
        return [web.route("*", "/bot{token:[^/]+}/{method}", self._serve)]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        return await self._faults.answer(self._voice, _method_of(request), request, self._answer)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            bot_id = _bot_id(request.match_info["token"])
            method = self._methods.get(_method_of(request), _unknown)
            result = await method(await read_call(request, bot_id))
        except Refusal as refusal:
            return refused(refusal)
        return web.json_response({"ok": True, "result": result})

    async def _get_me(self, call: Call) -> dict[str, Any]:
        return bot_user(call.bot_id)

    async def _get_chat(self, call: Call) -> dict[str, Any]:
        return full_chat(self._chat(call))

    async def _get_chat_member(self, call: Call) -> dict[str, Any]:
        self._chat(call)
        return administrator(call.bot_id)

    async def _get_updates(self, call: Call) -> list[Any]:
        asked = call.params.get("timeout", "0")
        wait = min(float(asked) if asked.isdecimal() else 0.0, _LONGEST_POLL.total_seconds())
        await asyncio.wait([stopped := asyncio.ensure_future(self._stopping.wait())], timeout=wait)
        stopped.cancel()
        return []

    async def _send_message(self, call: Call) -> dict[str, Any]:
        return self._publish(call, read_text(call.params), None)

    async def _send_photo(self, call: Call) -> dict[str, Any]:
        return self._publish(call, read_caption(call.params), read_photo(call))

    async def _delete_message(self, call: Call) -> bool:
        message_id = call.params.get("message_id", "")
        if not self._timeline.remove("telegram", self._chat(call).key, message_id):
            raise bad_request("message to delete not found")
        return True

    def _publish(self, call: Call, formatted: Formatted, photo: Media | None) -> dict[str, Any]:
        account, now = self._chat(call), self._now()
        card = None if photo else read_card(call.params, links_of(formatted))
        self._floods.count(account.key, now)
        post_id = str(self._last_ids.get(account.key, 0) + 1)
        links = links_of(formatted) + ([card.address] if card else [])
        post = Published(
            network="telegram",
            account=account.key,
            id=post_id,
            url=f"{self._base_url()}{account.path}/{post_id}",
            text=formatted.text,
            link=next(iter(links), None),
            media=(photo,) if photo else (),
            created_at=now,
            body=runs(formatted.text, all_spans(formatted)),
            card=card,
        )
        self._last_ids[account.key] = int(post_id)
        self._timeline.add(post)
        return message(post, account, formatted)

    def _chat(self, call: Call) -> Account:
        account = self._accounts.on_telegram(call.params.get("chat_id", ""))
        if account is None:
            raise bad_request("chat not found")
        return account


def refused(refusal: Refusal) -> web.Response:
    """Return a refusal as Telegram sends it."""
    return web.json_response(refusal.as_json(), status=refusal.status)


async def _unknown(_call: Call) -> bool:
    raise Refusal(404, "Not Found: method not found")


async def _done(_call: Call) -> bool:
    return True


def _method_of(request: web.Request) -> str:
    return request.match_info["method"].lower()


def _bot_id(token: str) -> int:
    match = re.fullmatch(r"([0-9]{1,15}):[\w-]+", token, re.ASCII)
    if match is None:
        raise Refusal(404 if ":" not in token else 401, "Not Found" if ":" not in token else "Unauthorized")
    return int(match[1])
