"""How long a text is, in the units that networks count in."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING

import regex

from bot.compose.link import find

if TYPE_CHECKING:
    from collections.abc import Iterator

URL_WEIGHT = 23  # X: every link, whatever its length

_GRAPHEME = regex.compile(r"\X")

# X weighs every code point 2 but these, which weigh 1 (twitter-text config v3: 0-4351, 8192-8205, 8208-8223,
# 8242-8247).
_HEAVY = re.compile(r"[^\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")

# An emoji counts 2 whole: a keycap, a flag, or pictures with their skin tones joined by U+200D.
_PICTURE = r"(?:\p{EBase}\p{EMod}|\p{Extended_Pictographic}(?:\uFE0F|[\U000E0020-\U000E007F]+)?)\uFE0F?"
_EMOJI = regex.compile(rf"[0-9#*]\uFE0F?\u20E3|\p{{RI}}\p{{RI}}|{_PICTURE}(?:\u200D{_PICTURE})*")

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")


def graphemes(text: str) -> int:
    """Count characters as a reader sees them (Mastodon, Bluesky): an emoji family is one."""
    if text.isascii() and "\r" not in text:
        return len(text)
    return len(_GRAPHEME.findall(text))


def utf16(text: str) -> int:
    """Count UTF-16 code units (Telegram): an emoji of one code point is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def weighted(text: str) -> int:
    """Count as X does (twitter-text config v3): text in NFC, most letters 1, CJK and emoji 2, a link 23.

    Signs that X refuses (U+FFFE, U+FEFF, U+FFFF) weigh 2 like any other; typography takes them out.
    """
    text = unicodedata.normalize("NFC", text)
    links = find(text)
    between = _between(text, links) if links else (text,)
    return URL_WEIGHT * len(links) + sum(map(_weight, between))


def _between(text: str, links: list[tuple[int, int]]) -> Iterator[str]:
    at = 0
    for start, end in links:
        yield text[at:start]
        at = end
    yield text[at:]


def _weight(text: str) -> int:
    if text.isascii():
        return len(text)
    text = _EMOJI.sub("\U0001f600", text)
    return len(text) + len(_HEAVY.findall(text))


def html_text(markup: str) -> str:
    """Return what remains of Telegram's HTML after its entities are parsed: the words a reader sees."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), _TAG.sub("", markup))
