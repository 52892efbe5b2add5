"""An item's messages on one channel: every text that may go out, to the letter, for people to judge.

Usually that is one. A channel under a budget for links has two, with and without; an evergreen item has one
for each of its wordings. Which of them goes out is decided elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

from bot.compose.cut import at_word
from bot.compose.fit import DoesNotFit, fit
from bot.compose.link import address, find
from bot.compose.measure import graphemes
from bot.compose.template import needs_link
from bot.compose.typography import clean
from bot.compose.words import has_words, parts, title_and_summary
from bot.message import Limits, Message, Picture
from content_queue.item import Item, Kind, Version, item_name

# The last resort for a message without a link, on a network whose templates all need one.
_WORDS_ALONE = "{title}\n\n{summary}\n\n{credit}\n\n{hashtags}"

CARD_SUMMARY = 300
"""The most graphemes of a card's summary; what networks show of it is shorter still."""

# How the operator's word for links becomes variants: the name, and whether the link is carried.
_WAYS = {
    "always": (("", True),),
    "never": (("", False),),
    "budget": (("link", True), ("plain", False)),
}


class NoVersion(Exception):  # noqa: N818  named by what the item lacks
    """The item has no words in any of the channel's languages; one line says which."""


def free(_with_link: bool) -> int:  # noqa: FBT001  the signature of every network's price
    """Cost nothing."""
    return 0


@dataclass(frozen=True, slots=True)
class Style:
    """How a channel speaks.

    ``templates`` are the operator's own, by kind, "plain" (for messages without a link) and "default";
    ``limits.templates`` has the network's under the same names. ``links`` is always, never or budget.
    ``cost`` gives the price of one post, with a link or without, in millionths of a US dollar.
    """

    channel: str
    network: str
    languages: tuple[str, ...]
    limits: Limits
    templates: Mapping[str, str] = field(default_factory=dict)
    links: str = "always"
    require_alt: bool = True
    cost: Callable[[bool], int] = free


@dataclass(frozen=True, slots=True)
class _Variant:
    name: str
    wording: str
    link: str


def render(item: Item, style: Style) -> tuple[Message, ...]:
    """Return every message that ``item`` may become on the channel, the plainest first.

    Raises :class:`NoVersion` if it has no words in the channel's languages, :class:`DoesNotFit` if a text
    cannot be made short enough, ValueError for a template with mistakes.
    """
    version = _version(item, style)
    try:
        return tuple(_message(item, version, variant, style) for variant in _variants(item, version, style))
    except DoesNotFit as error:
        raise DoesNotFit(f"{item_name(item.id)} does not fit {style.channel}: {error}") from None


def style_digest(style: Style, kind: Kind) -> str:
    """Return the short digest of all that shapes messages of ``kind`` on the channel: templates and options.

    A stored message whose ``style`` is another was written by another template.
    """
    limits = style.limits
    templates = [_candidates(style, kind, linked=linked) for linked in (True, False)]
    options = (style.languages, style.links, style.require_alt)
    return _digest(templates, options, limits.maximum, limits.hashtags, limits.pictures)[:16]


def _version(item: Item, style: Style) -> Version:
    """Return the words in the first of the channel's languages that the item speaks."""
    for language in style.languages:
        version = item.version(language)
        if version is not None and has_words(version):
            return version
    spoken = " or ".join(style.languages)
    raise NoVersion(f"{item_name(item.id)} has no words in {spoken}, which {style.channel} speaks")


def _variants(item: Item, version: Version, style: Style) -> Iterator[_Variant]:
    link = address(version.url)
    ways = _WAYS[style.links] if link else _WAYS["never"]
    for number, wording in enumerate(("", *version.wordings) if item.evergreen else ("",)):
        says = f"wording-{number}" if number else ""
        for way, linked in ways:
            yield _Variant("-".join(filter(None, (says, way))), wording, link if linked else "")


def _message(item: Item, version: Version, variant: _Variant, style: Style) -> Message:
    limits, link = style.limits, variant.link
    words = parts(item, version, variant.wording, link, limits.hashtags)
    text = fit(words, _template(style, item.kind, linked=bool(link)), limits)
    pictures = _pictures(version, style)
    return Message(
        channel=style.channel,
        network=style.network,
        language=version.language,
        text=text,
        digest=_digest(style.channel, text, link, [(picture.source, picture.alt) for picture in pictures]),
        style=style_digest(style, item.kind),
        length=limits.measure(text),
        limit=limits.maximum,
        variant=variant.name,
        link=link,
        title=title_and_summary(version)[0],
        summary=_card_summary(version) if link else "",
        pictures=pictures,
        cost=style.cost(_shows_a_link(text, link)),
    )


def _card_summary(version: Version) -> str:
    """Return the words under the title of the link's card."""
    return _cut(title_and_summary(version)[1], CARD_SUMMARY)


def _template(style: Style, kind: Kind, *, linked: bool) -> str:
    candidates = _candidates(style, kind, linked=linked)
    return next(template for template in candidates if linked or not needs_link(template))


def _candidates(style: Style, kind: Kind, *, linked: bool) -> list[str]:
    """Return the templates for ``kind``, best first; of the same name the operator's before the network's."""
    names = (kind.value, "default") if linked else (kind.value, "plain", "default")
    both = (style.templates, style.limits.templates)
    return [of[name] for name in names for of in both if name in of] + [_WORDS_ALONE]


def _pictures(version: Version, style: Style) -> tuple[Picture, ...]:
    alt = clean(version.alt)
    if not version.image or style.limits.pictures < 1 or (style.require_alt and not alt):
        return ()
    return (Picture(version.image, _cut(alt, style.limits.alt_maximum)),)


def _cut(words: str, maximum: int) -> str:
    fits = partial(_within, maximum)
    return words if fits(words) else at_word(words, fits)


def _within(maximum: int, text: str) -> bool:
    return graphemes(text) <= maximum


def _shows_a_link(text: str, link: str) -> bool:
    """Return whether readers see a link, also one that the words hold by accident: X bills what it finds."""
    return bool(link and link in text) or bool(find(text))


def _digest(*values: object) -> str:
    return sha256(json.dumps(values).encode()).hexdigest()
