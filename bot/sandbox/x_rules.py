"""X's rules for the text of a post, written from their description (twitter-text configuration, version 3).

The bot measures with other code on purpose: where the two disagree, one of them is wrong.
"""

import unicodedata

import regex

from bot.sandbox.links import find_links

MAXIMUM_WEIGHT = 280
"""The longest post, in weighted characters."""
LINK_WEIGHT = 23
"""Every link weighs this, whatever its length."""

_LIGHT = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
"""Code points that weigh 1; all others weigh 2."""
_EMOJI = regex.compile(
    r"""
    [0-9\#*]\uFE0F?\u20E3
    | \p{Regional_Indicator}{2}
    | \p{Extended_Pictographic} (?:\uFE0F|\p{Emoji_Modifier})? (?:[\U000E0020-\U000E007E]+\U000E007F)?
      (?:\u200D \p{Extended_Pictographic} (?:\uFE0F|\p{Emoji_Modifier})?)*
    """,
    regex.VERBOSE,
)
_INVALID = regex.compile(r"[\uFFFE\uFEFF\uFFFF\uD800-\uDFFF]")
_CASHTAG = regex.compile(r"(?<![^\s])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?![\w$])")


def weighted_length(text: str) -> int:
    """Return the length that X counts, in weighted characters; at most 280 may be posted."""
    normal = unicodedata.normalize("NFC", text)
    total, end = 0, 0
    for link in find_links(normal):
        total += _weight(normal[end : link.start]) + LINK_WEIGHT
        end = link.end
    return total + _weight(normal[end:])


def has_invalid_characters(text: str) -> bool:
    """Tell whether X would refuse a character: U+FFFE, U+FEFF, U+FFFF, or half of a surrogate pair."""
    return _INVALID.search(text) is not None


def count_cashtags(text: str) -> int:
    """Count `$ABC` marks; X allows one a post."""
    return sum(1 for _ in _CASHTAG.finditer(text))


def same_text(one: str, other: str) -> bool:
    """Tell whether two texts are the same to X's duplicate rule."""
    return unicodedata.normalize("NFC", one).strip() == unicodedata.normalize("NFC", other).strip()


def _weight(text: str) -> int:
    without, emoji = _EMOJI.subn("", text)
    weight: int = 2 * emoji + sum(1 if _is_light(ord(character)) else 2 for character in without)
    return weight


def _is_light(point: int) -> bool:
    return any(first <= point <= last for first, last in _LIGHT)
