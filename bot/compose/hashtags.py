"""Hashtags made from topics."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

import regex

from bot.compose.style import Topic
from bot.compose.typography import clean

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
_TAG = regex.compile(r"[#＃]([\p{L}\p{M}\p{N}_]+)")
_PLAIN = Topic()


def hashtags(
    topics: Iterable[str], text: str, most: int, language: str = "", known: Mapping[str, Topic] | None = None
) -> tuple[str, ...]:
    """Return at most ``most`` hashtags for ``topics``, in their order, none twice and none that ``text`` has.

    ``known`` are the topics with a form of their own, by :func:`folded` name. Of the others words are joined
    in CamelCase, as screen readers need them; accents stay, other signs go. Twice is what differs only in
    accents or capitals. A topic that asks for its hashtag everywhere has it even beyond ``most``.
    """
    taken = {folded(tag) for tag in _TAG.findall(text)}
    tags: dict[str, tuple[str, bool]] = {}
    for topic in topics:
        own = (known or {}).get(folded(topic), _PLAIN)
        tag = own.tags.get(language) or _tag(topic)
        if tag and folded(tag) not in taken:
            tags.setdefault(folded(tag), (f"#{tag}", own.everywhere))
    return tuple(tag for place, (tag, asked) in enumerate(tags.values()) if place < most or asked)


def folded(name: str) -> str:
    """Return a name without case, accents and all that is neither letter nor digit, to compare by."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in apart if sign.isalnum())


def is_hashtag(tag: str) -> bool:
    """Say whether networks make a hashtag of ``tag``, without its sign: one word, not only digits."""
    return bool(tag) and _TAG.fullmatch(f"#{tag}") is not None and not tag.isdigit()


def _tag(topic: str) -> str:
    """Return the topic in CamelCase, or "" if it has no letter: networks make no hashtag of a number."""
    tag = "".join(word[0].upper() + word[1:] for word in _WORD.findall(clean(topic)))
    return tag if any(map(str.isalpha, tag)) else ""
