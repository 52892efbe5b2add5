"""An item's messages on one channel: every text that may go out, to the letter, for people to judge.

Usually that is one. A channel under a budget for links has two, with and without; an evergreen item has one
for each of its wordings. Which of them goes out is decided elsewhere. A channel that speaks two languages
together says both in one message, each with its own words, link and picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from hashlib import sha256

from bot.compose.blocked import hidden_on, host_of
from bot.compose.campaign import tagged
from bot.compose.card import alt_of, card_of
from bot.compose.cut import at_word
from bot.compose.fit import DoesNotFit, Parts, fit
from bot.compose.hashtags import folded
from bot.compose.link import address, find
from bot.compose.measure import graphemes
from bot.compose.style import Style, free
from bot.compose.template import needs_link
from bot.compose.together import fit_together
from bot.compose.typography import clean, our_template
from bot.compose.words import has_words, parts, title_and_summary
from bot.message import Message, Picture
from content_queue.item import Item, Kind, Version, item_name

__all__ = ["DoesNotFit", "LinkBlocked", "NoVersion", "Style", "free", "render", "style_digest"]

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
_NEWS = (("news", True),)


class LinkBlocked(Exception):  # noqa: N818  named by what keeps the item waiting
    """The network shows the item's link to nobody, and nothing goes out in its place; one line says so."""


class NoVersion(Exception):  # noqa: N818  named by what the item lacks
    """The item has no words in any of the channel's languages; one line says which."""


@dataclass(frozen=True, slots=True)
class _Variant:
    """One of the ways to say it: its name, which wording (0 is the title), linked or not.

    ``news`` says that our own page goes out in place of a link that the network does not show.
    """

    name: str
    wording: int
    linked: bool
    news: bool = False


def render(item: Item, style: Style) -> tuple[Message, ...]:
    """Return every message that ``item`` may become on the channel, the plainest first.

    Raises :class:`NoVersion` if it has no words in the channel's languages, :class:`DoesNotFit` if a text
    cannot be made short enough, :class:`LinkBlocked` if the network shows no such link and nothing of ours
    stands for it, ValueError for a template with mistakes.
    """
    versions = _versions(item, style)
    try:
        return tuple(_message(item, versions, variant, style) for variant in _variants(item, versions, style))
    except DoesNotFit as error:
        raise DoesNotFit(f"{item_name(item.id)} does not fit {style.channel}: {error}") from None


def style_digest(style: Style, kind: Kind) -> str:
    """Return the short digest of all that shapes messages of ``kind`` on the channel: templates and options.

    A stored message whose ``style`` is another was written by another template.
    """
    limits = style.limits
    templates = [_candidates(style, kind, linked=linked) for linked in (True, False)]
    topics = sorted(
        (name, sorted(topic.tags.items()), topic.everywhere) for name, topic in style.topics.items()
    )
    own = (style.together, style.most_hashtags, topics, sorted(style.partners.items()), style.campaign)
    card = asdict(style.card) if style.card is not None and kind is Kind.FACT else None
    options = (style.languages, style.links, style.require_alt, own, card)
    shown = (templates, options, limits.maximum, limits.pictures)
    return _digest(*shown, *_news_style(style, kind))[:16]


def _news_style(style: Style, kind: Kind) -> list[object]:
    """Return what shapes a message whose link is not shown; nothing where every link is."""
    blocked = style.limits.blocked
    if blocked is None:
        return []
    return [sorted(blocked.domains), blocked.page, _candidates(style, kind, linked=True, news=True)]


def _versions(item: Item, style: Style) -> tuple[Version, ...]:
    """Return the words in the channel's languages: all that speak together, else the first of them."""
    spoken = [version for language in style.languages if (version := item.version(language)) is not None]
    having = [version for version in spoken if has_words(version)]
    if not having:
        languages = " or ".join(style.languages)
        raise NoVersion(f"{item_name(item.id)} has no words in {languages}, which {style.channel} speaks")
    return tuple(having if style.together else having[:1])


def _variants(item: Item, versions: Sequence[Version], style: Style) -> Iterator[_Variant]:
    linked = any(address(version.url) for version in versions)
    ways = _WAYS[style.links] if linked else _WAYS["never"]
    hidden = any(hidden_on(version.url, style.limits.blocked) for version in versions)
    news = hidden and any(with_link for _, with_link in ways)
    if news:
        ways = _NEWS
    wordings = 1 + max(len(version.wordings) for version in versions) if item.evergreen else 1
    for number in range(wordings):
        says = f"wording-{number}" if number else ""
        for way, with_link in ways:
            yield _Variant("-".join(filter(None, (says, way))), number, with_link, news)


def _message(item: Item, versions: Sequence[Version], variant: _Variant, style: Style) -> Message:
    limits = style.limits
    blocks = _blocks(item, versions, variant, style)
    text = fit_together(blocks, limits) if len(blocks) > 1 else fit(*blocks[0], limits)
    link = blocks[0][0].url
    length = limits.measure(text)
    shown = limits.caption is None or length <= limits.caption
    beside = style.limits.beside_link or variant.news
    pictures = _pictures(item.kind, versions, link, style) if shown and (beside or not link) else ()
    return Message(
        channel=style.channel,
        network=style.network,
        language=versions[0].language,
        text=text,
        digest=_digest(style.channel, text, link, [(picture.source, picture.alt) for picture in pictures]),
        style=style_digest(style, item.kind),
        length=length,
        limit=limits.maximum,
        variant=variant.name,
        link=link,
        title=title_and_summary(versions[0])[0],
        summary=_card_summary(versions[0]) if link else "",
        pictures=pictures,
        cost=style.cost(_shows_a_link(text, link)) + style.alt_cost * _described(pictures),
    )


def _card_summary(version: Version) -> str:
    """Return the words under the title of the link's card."""
    return _cut(title_and_summary(version)[1], CARD_SUMMARY)


def _blocks(
    item: Item, versions: Sequence[Version], variant: _Variant, style: Style
) -> list[tuple[Parts, str]]:
    """Return for each version its parts and its template; a common link stands once, the hashtags last."""
    blocks: list[tuple[Parts, str]] = []
    tags: dict[str, str] = {}
    links = {""}
    for version in versions:
        link = _link(item, version, style) if variant.linked else ""
        link = "" if link in links else link
        links.add(link)
        words = parts(item, version, _wording(version, variant.wording), link, style)
        for tag in words.hashtags:
            tags.setdefault(folded(tag), tag)
        template = _template(style, item.kind, linked=bool(link), news=variant.news)
        template = our_template(template, version.language)
        blocks.append((replace(words, hashtags=()), template))
    last, template = blocks[-1]
    blocks[-1] = (replace(last, hashtags=_shared(tuple(tags.values()), style, len(versions))), template)
    return blocks


def _shared(tags: tuple[str, ...], style: Style, languages: int) -> tuple[str, ...]:
    """Return the hashtags of all languages; where there are several, no more than one language bears."""
    return tags if languages == 1 else tags[: style.most_hashtags]


def _wording(version: Version, number: int) -> str:
    """Return the words of that number, "" for the title; who has fewer begins again."""
    return ("", *version.wordings)[number % (1 + len(version.wordings))]


def _link(item: Item, version: Version, style: Style) -> str:
    """Return the address as it goes out: whole on every network, its campaign named."""
    link = address(version.url)
    if hidden_on(link, style.limits.blocked):
        link = _page_instead(item, link, style)
    if not link:
        return ""
    names = {
        "channel": style.channel,
        "network": style.network,
        "language": version.language,
        "kind": item.kind.value,
        "source": item.source,
    }
    return address(tagged(link, style.campaign, names))


def _page_instead(item: Item, link: str, style: Style) -> str:
    """Return our page in place of a link that the network does not show; raise LinkBlocked for none."""
    blocked = style.limits.blocked
    if blocked is None or not blocked.page:
        host, name = host_of(link), item_name(item.id)
        raise LinkBlocked(f"{name} waits on {style.channel}: its network shows no link to {host}")
    return address(blocked.page)


def _template(style: Style, kind: Kind, *, linked: bool, news: bool) -> str:
    candidates = _candidates(style, kind, linked=linked, news=news)
    return next(template for template in candidates if linked or not needs_link(template))


def _candidates(style: Style, kind: Kind, *, linked: bool, news: bool = False) -> list[str]:
    """Return the templates for ``kind``, best first; of the same name the operator's before the network's."""
    names = (kind.value, "default") if linked else (kind.value, "plain", "default")
    names = ("news", *names) if news else names
    both = (style.templates, style.limits.templates)
    return [of[name] for name in names for of in both if name in of] + [_WORDS_ALONE]


def _pictures(kind: Kind, versions: Sequence[Version], link: str, style: Style) -> tuple[Picture, ...]:
    """Return each version's picture with its own alt text; a shared one speaks the first's language.

    Where we bring the card of the link ourselves, the first picture is the card's; a card shows no alt text.
    """
    if link and style.limits.card is not None:
        shown = next((version for version in versions if version.image), None)
        return () if shown is None else (Picture(shown.image, _alt(clean(shown.alt), style), card=True),)
    found: dict[str, Picture] = {}
    for version in versions:
        source, alt = _picture(kind, version, style)
        if source and (alt or not style.require_alt):
            found.setdefault(source, Picture(source, _alt(alt, style)))
    return tuple(found.values())[: style.limits.pictures]


def _picture(kind: Kind, version: Version, style: Style) -> tuple[str, str]:
    """Return a version's picture and its alt text; a fact without one has its card."""
    if version.image or kind is not Kind.FACT or style.card is None:
        return version.image, clean(version.alt)
    card = card_of(version, style.card)
    return card.address, alt_of(card, version.language)


def _alt(words: str, style: Style) -> str:
    return _cut(words, style.limits.alt_maximum)


def _cut(words: str, maximum: int) -> str:
    fits = partial(_within, maximum)
    return words if fits(words) else at_word(words, fits)


def _within(maximum: int, text: str) -> bool:
    return len(text) <= maximum or graphemes(text) <= maximum  # no grapheme is less than a character


def _described(pictures: Sequence[Picture]) -> int:
    """Return how many pictures go out with alt text."""
    return sum(1 for picture in pictures if picture.alt and not picture.card)


def _shows_a_link(text: str, link: str) -> bool:
    """Return whether readers see a link, also one that the words hold by accident: X bills what it finds."""
    return bool(link and link in text) or bool(find(text))


def _digest(*values: object) -> str:
    return sha256(json.dumps(values).encode()).hexdigest()
