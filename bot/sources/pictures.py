"""Which picture an entry comes with, and what its author says is on it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.sources.links import web_address
from bot.sources.words import cut, tidy, unescaped_again

MAX_ALT = 1000
_MARKUP_READ = 200_000
_SMALLEST = 32
_IMG = re.compile(r"<[iI][mM][gG]\b([^<>]{0,8000})>")  # said so, it is found at the pace of "<"
_ATTRIBUTE = re.compile(r"""([a-z-]{2,20})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE)
_PICTURE_NAME = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
# Counters and smileys, not pictures.
_NO_PICTURE = re.compile(
    r"//(?:[^/]*\.)?(?:feedburner\.com/~|feedsportal\.com|doubleclick\.net|s\.w\.org/images/core/emoji"
    r"|medium\.com/_/stat|pixel\.wp\.com|stats\.wordpress\.com"
    r"|gravatar\.com/avatar)|wp-includes/images/smilies|[/.]pixel\.gif|flattr-badge",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """A picture's address and alternative text, both "" where there is none."""

    address: str = ""
    alt: str = ""


def from_media(media: Iterable[Mapping[str, str]], *bases: str) -> Found:
    """Return the widest picture among ``media`` (``url``, ``type``, ``medium``, ``width``)."""
    pictures = [one for one in media if _is_picture(one)]
    for one in sorted(pictures, key=lambda one: -_number(one.get("width"))):
        address = _picture_address(one.get("url") or one.get("href") or "", *bases)
        if address:
            return Found(address)
    return Found()


def from_markup(markup: str, *bases: str) -> Found:
    """Return the first real picture that ``markup`` shows: no counter, no smiley, nothing tiny."""
    for tag in _IMG.finditer(markup[:_MARKUP_READ]):
        attributes = {
            name.lower(): html.unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag[1])
        }
        sides = [
            _number(attributes[side]) for side in ("width", "height") if attributes.get(side, "").isdecimal()
        ]
        address = _picture_address(attributes.get("src", ""), *bases)
        if address and min(sides, default=_SMALLEST) >= _SMALLEST:
            return Found(address, cut(tidy(unescaped_again(attributes.get("alt", ""))), MAX_ALT))
    return Found()


def same_picture(one: str, other: str) -> bool:
    """Tell whether two addresses are one picture, but for the size that WordPress writes into its name."""
    return _without_size(one) == _without_size(other)


def _without_size(address: str) -> str:
    return re.sub(r"-\d{2,4}x\d{2,4}(?=\.\w{3,4}$)", "", address.partition("?")[0])


def _is_picture(one: Mapping[str, str]) -> bool:
    said = one.get("medium") or (one.get("type") or "").partition("/")[0]
    address = (one.get("url") or one.get("href") or "").partition("?")[0]
    return said == "image" if said else bool(_PICTURE_NAME.search(address))


def _picture_address(address: str, *bases: str) -> str:
    absolute = web_address(address, *bases)
    return "" if _NO_PICTURE.search(absolute) else absolute


def _number(text: str | None) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) < 6 else 0  # noqa: PLR2004  no picture is wider
