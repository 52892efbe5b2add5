"""Hashtags made from topics."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import regex

from bot.compose.typography import clean

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_TAG = regex.compile(r"[#＃]([\p{L}\p{M}\p{N}_]+)")


def hashtags(topics: Iterable[str], text: str, most: int) -> tuple[str, ...]:
    """Return at most ``most`` hashtags for ``topics``, in their order, none twice and none that ``text`` has.

    Words are joined in CamelCase, as screen readers need them; accents stay, other signs go. Twice is what
    differs only in accents or capitals.
    """
    tags: dict[str, str] = {}
    taken = {_folded(tag) for tag in _TAG.findall(text)}
    for tag in map(_tag, topics):
        if tag and _folded(tag) not in taken:
            tags.setdefault(_folded(tag), f"#{tag}")
    return tuple(tags.values())[:most]


def _tag(topic: str) -> str:
    """Return the topic in CamelCase, or "" if it has no letter: networks make no hashtag of a number."""
    tag = "".join(word[0].upper() + word[1:] for word in _WORD.findall(clean(topic)))
    return tag if any(map(str.isalpha, tag)) else ""


def _folded(tag: str) -> str:
    apart = unicodedata.normalize("NFKD", tag.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
