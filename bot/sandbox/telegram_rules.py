"""Telegram's rules for one message, and its limit per chat."""

import json
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from bot.sandbox.links import find_addresses
from bot.sandbox.published import Card
from bot.sandbox.telegram_html import Formatted, NotTelegramHtmlError, parse_html

MAXIMUM_TEXT = 4096
"""UTF-16 units of a message, after its entities were parsed. Source: Bot API, sendMessage."""
MAXIMUM_CAPTION = 1024
"""The same for a picture's caption. Source: Bot API, sendPhoto."""
MAXIMUM_PHOTO = 10 * 1024 * 1024
_PER_MINUTE = 20
_MINUTE = timedelta(minutes=1)


class Refusal(Exception):  # noqa: N818 - what it is, not that it failed
    """Ends a request. `retry_after` is set for a flood."""

    def __init__(self, status: int, description: str, retry_after: timedelta | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.retry_after = retry_after

    def as_json(self) -> dict[str, Any]:
        """Return the body as Telegram sends it; the wait in whole seconds."""
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": ceil(self.retry_after.total_seconds())}
        return body


def bad_request(what: str) -> Refusal:
    """Return the 400 that Telegram words "Bad Request: ..."."""
    return Refusal(400, f"Bad Request: {what}")


def flood(wait: timedelta) -> Refusal:
    """Return the 429 that asks to wait."""
    return Refusal(429, f"Too Many Requests: retry after {ceil(wait.total_seconds())}", wait)


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units, as Telegram counts offsets and, to be safe, lengths."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def read_text(params: Mapping[str, str]) -> Formatted:
    """Return the text of a message. Raises Refusal 400."""
    formatted = _formatted(params, "text")
    if not formatted.text.strip():
        raise bad_request("message text is empty")
    if utf16_length(formatted.text) > MAXIMUM_TEXT:
        raise bad_request("message is too long")
    return formatted


def read_caption(params: Mapping[str, str]) -> Formatted:
    """Return the caption of a picture; it may be empty. Raises Refusal 400."""
    formatted = _formatted(params, "caption")
    if utf16_length(formatted.text) > MAXIMUM_CAPTION:
        raise bad_request("message caption is too long")
    return formatted


def links_of(formatted: Formatted) -> list[str]:
    """Return every address a reader can follow, in the order of the text."""
    plain = [(link.start, link.address) for link in find_addresses(formatted.text)]
    hidden = [(span.start, span.href) for span in formatted.spans if span.kind == "text_link"]
    return [address for _, address in sorted(hidden + plain, key=lambda link: link[0])]


def read_card(params: Mapping[str, str], links: list[str]) -> Card | None:
    """Return the preview below a message: of the address asked for, else of its first link."""
    options = _preview_options(params)
    address = options.get("url") or next(iter(links), None)
    if options.get("is_disabled") is True or not address:
        return None
    return Card(
        str(address),
        large=options.get("prefer_small_media") is not True,
        above=options.get("show_above_text") is True,
    )


def _formatted(params: Mapping[str, str], name: str) -> Formatted:
    source = params.get(name, "")
    if any("\ud800" <= character <= "\udfff" for character in source):
        raise bad_request("strings must be encoded in UTF-8")
    mode = params.get("parse_mode", "").lower()
    if mode not in {"", "html"}:
        raise bad_request("unsupported parse_mode")
    try:
        return parse_html(source) if mode else Formatted(source)
    except NotTelegramHtmlError as error:
        raise bad_request(f"can't parse entities: {error}") from None


def _preview_options(params: Mapping[str, str]) -> dict[str, Any]:
    try:
        options = json.loads(params.get("link_preview_options") or "{}")
    except (ValueError, RecursionError):
        raise bad_request("can't parse link preview options JSON object") from None
    if not isinstance(options, dict):
        raise bad_request("object expected as link preview options")
    if params.get("disable_web_page_preview", "").lower() == "true":
        options.setdefault("is_disabled", True)
    return options


class FloodControl:
    """At most 20 messages a minute and chat. Source: Bot FAQ, "How can I avoid hitting limits?"."""

    def __init__(self) -> None:
        self._sent: dict[str, deque[datetime]] = {}

    def count(self, chat: str, now: datetime) -> None:
        """Count one message. Raises Refusal 429 if it is one too many; that one is not counted."""
        sent = self._sent.setdefault(chat, deque())
        while sent and not sent[0] <= now < sent[0] + _MINUTE:
            sent.popleft()
        if len(sent) >= _PER_MINUTE:
            raise flood(sent[0] + _MINUTE - now)
        sent.append(now)
