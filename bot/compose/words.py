"""What an item's version has to say, as plain parts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.compose.cut import first_sentence
from bot.compose.fit import Parts
from bot.compose.hashtags import folded, hashtags
from bot.compose.mentions import defused
from bot.compose.style import Style
from bot.compose.typography import clean, our_own
from content_queue.item import Item, Kind, Version

_WORD = re.compile(r"\w+")
_EXCERPT_MARK = re.compile(r"\s*\[(?:…|\.\.\.)\]$")  # WordPress ends an excerpt with it
_OURS = frozenset({Kind.FACT})  # worded by the movement; every other title is quoted as written
_SOURCED = frozenset({Kind.FACT, Kind.QUOTE})

_BEFORE_CREDIT = {
    (Kind.FACT, "fr"): "Source : ",
    (Kind.FACT, "en"): "Source: ",
    (Kind.QUOTE, "fr"): "— ",
    (Kind.QUOTE, "en"): "— ",
}
_WITH = {"fr": "Avec ", "en": "With "}


def has_words(version: Version) -> bool:
    """Return whether the version says anything; one that is only a picture does not."""
    return bool(clean(version.title) or clean(version.summary))


def title_and_summary(version: Version) -> tuple[str, str]:
    """Return both, cleaned; without a title, the first sentence is the title and the rest the summary.

    A summary that only repeats the title is left out.
    """
    title, summary = clean(version.title), _EXCERPT_MARK.sub("…", clean(version.summary))
    if not title:
        title = first_sentence(summary)
        summary = summary[len(title) :].strip()
    return title, "" if _says(title, summary) else summary


def parts(item: Item, version: Version, wording: str, link: str, style: Style) -> Parts:
    """Return the parts of ``version``; ``wording`` takes the title's place unless it is empty.

    ``link`` is the address to show, or "".
    """
    title, summary = title_and_summary(version)
    title = clean(wording) or title
    ours = item.kind in _OURS
    if ours:
        title, summary = (our_own(text, version.language) for text in (title, summary))
    title, summary = (defused(text, style.partners.values()) for text in (title, summary))
    tags = hashtags(item.topics, f"{title} {summary}", style.most_hashtags, version.language, style.topics)
    credit = _credit(item, version, title, style)
    return Parts(title, summary, link, credit, tags, version.language, ours)


def _credit(item: Item, version: Version, title: str, style: Style) -> str:
    """Return the credit line, or "" where the title already names all that stands in it."""
    sourced = item.kind in _SOURCED
    credit = our_own(clean(version.credit or ("" if sourced else item.partner)), version.language)
    if not credit or set(_words(credit)) <= set(_words(title)):
        return ""
    before = _BEFORE_CREDIT.get((item.kind, version.language)) or _WITH.get(version.language, "")
    if credit.casefold().startswith(before.strip(" :").casefold()):
        return credit
    handle = "" if sourced else style.partners.get(folded(credit), "")
    return our_own(before, version.language) + (handle or defused(credit))


def _says(title: str, summary: str) -> bool:
    words = _words(summary)
    return _words(title)[: len(words)] == words


def _words(text: str) -> Sequence[str]:
    return _WORD.findall(text.casefold())
