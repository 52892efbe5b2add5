"""Telegram's HTML: the few tags it knows, balanced, and the four named entities.

Source: Bot API, "HTML style". Stricter than Telegram in one thing: it shows an entity that it does not
know, such as `&nbsp;`, as it is written; here it is refused, since no reader should see it.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.sandbox.rich_text import Span

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_HIGHEST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_TOKEN = re.compile(
    r"<(?P<end>/)?(?P<tag>[A-Za-z][A-Za-z0-9-]*)?(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)(?P<closed>>)?"
    r"|&(?:\#x(?P<hex>[0-9A-Fa-f]{1,8})|\#(?P<number>[0-9]{1,10})|(?P<name>[A-Za-z][A-Za-z0-9]*));"
)
_ATTRIBUTE = re.compile(r"([A-Za-z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+)))?")


class NotTelegramHtmlError(ValueError):
    """What Telegram says after "can't parse entities: "."""


@dataclass(frozen=True, slots=True)
class Formatted:
    """What a reader sees, and the marks on it."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    start: int
    href: str


@dataclass(slots=True)
class _Reading:
    text: str = ""
    open: list[_Open] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


def parse_html(source: str) -> Formatted:
    """Return the text and its marks. Raises NotTelegramHtmlError where Telegram would answer 400."""
    reading, done = _Reading(), 0
    for token in _TOKEN.finditer(source):
        reading.text += source[done : token.start()]
        done = token.end()
        if token.group().startswith("&"):
            reading.text += _character(token)
        else:
            _read_tag(reading, token, len(source[: token.start()].encode(errors="replace")))
    if reading.open:
        raise NotTelegramHtmlError(f'Can\'t find end tag corresponding to start tag "{reading.open[-1].tag}"')
    reading.text += source[done:]
    return Formatted(reading.text, tuple(span for span in reading.spans if span.start < span.end))


def _read_tag(reading: _Reading, token: "re.Match[str]", offset: int) -> None:
    tag = (token["tag"] or "").lower()
    if not token["closed"]:
        raise NotTelegramHtmlError(f"Unclosed start tag at byte offset {offset}")
    if token["end"]:
        _close(reading, tag, offset)
        return
    if tag not in _KINDS:
        raise NotTelegramHtmlError(f'Unsupported start tag "{tag}" at byte offset {offset}')
    attributes = _attributes(token["attributes"])
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise NotTelegramHtmlError(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    reading.open.append(_Open(tag, len(reading.text), attributes.get("href", "")))


def _close(reading: _Reading, tag: str, offset: int) -> None:
    if not reading.open:
        raise NotTelegramHtmlError(f"Unexpected end tag at byte offset {offset}")
    opened = reading.open.pop()
    if tag != opened.tag:
        raise NotTelegramHtmlError(
            f'Unmatched end tag at byte offset {offset}, expected "</{opened.tag}>", found "</{tag}>"'
        )
    # Telegram drops a link that leads nowhere it knows, and keeps its words.
    if tag != "a" or _leads_somewhere(opened.href):
        reading.spans.append(Span(opened.start, len(reading.text), _KINDS[tag], opened.href))


def _attributes(written: str) -> dict[str, str]:
    return {
        name.lower(): "".join(values)
        for name, *values in ((m[1], *map(_unescape, m.groups("")[1:])) for m in _ATTRIBUTE.finditer(written))
    }


def _unescape(value: str) -> str:
    return _TOKEN.sub(lambda token: _character(token) if token[0][0] == "&" else token[0], value)


def _character(token: "re.Match[str]") -> str:
    if token["name"] is not None:
        if token["name"] not in _NAMED:
            raise NotTelegramHtmlError(f'Unsupported entity "{token.group()}"')
        return _NAMED[token["name"]]
    point = int(token["hex"], 16) if token["hex"] is not None else int(token["number"])
    if not 0 < point <= _HIGHEST_CODE_POINT or point in _SURROGATES:
        raise NotTelegramHtmlError(f'Unsupported entity "{token.group()}"')
    return chr(point)


def _leads_somewhere(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https", "tg"} and bool(parts.netloc)
