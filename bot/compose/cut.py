"""Where a text may end early: after a sentence, at a word, never inside a link or a character."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

import regex

from bot.compose.link import find

ELLIPSIS = "…"

_SENTENCE_END = regex.compile(
    r"[.!?…]+(?:\u00a0?[»”\"’)\]])*(?= [\"“«(\[¿¡\u00a0]*[\p{Lu}\p{Lt}\p{Lo}\p{N}])"
)
_WORD_BEFORE_DOT = re.compile(r"(\w+)\.$")
_ABBREVIATION = re.compile(
    r"\w|art|dre?|etc|fig|inc|me|mgr|mlle|mme?|mrs?|ms|no|pre?|ste?|vol|vs", re.IGNORECASE
)
_SPACE = re.compile(r"(?<! ) ")
_BREAK = regex.compile(r"(?w)\b(?!^)")
_GRAPHEME = regex.compile(r"\X")
_DANGLING = re.compile(
    r"(?<=[\s'’])(?:l|d|les?|la|une?|des?|du|et|ou|à|aux?|en|sur|par|the|an?|of|and|or|to|in|on|by)$"
)
_LOOSE = " \u00a0,;:.…–—-([«“\"'’"


def sentence_ends(text: str) -> list[int]:
    """Return the places where a sentence of ``text`` ends, its own end the last."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text) if not _abbreviated(text, match.end())]
    return [*ends, len(text)]


def _abbreviated(text: str, end: int) -> bool:
    """Return whether the full stop belongs to « M. », « St. » or an initial."""
    word = _WORD_BEFORE_DOT.search(text, max(end - 12, 0), end)
    return word is not None and bool(_ABBREVIATION.fullmatch(word[1]))


def first_sentence(text: str) -> str:
    """Return the first sentence of ``text``."""
    return text[: sentence_ends(text)[0]]


def at_sentence(text: str, fits: Callable[[str], bool]) -> str:
    """Return as many whole sentences of ``text`` as fit, and at least the first."""
    return _longest(sentence_ends(text), lambda end: text[:end], fits) or first_sentence(text)


def at_word(text: str, fits: Callable[[str], bool]) -> str:
    """Return the longest beginning of ``text`` that ends with a word and « … » and fits, or "".

    Only a text without spaces (or with a first word too long for the place) is cut where Unicode lets a
    word end: between Chinese characters, between emoji.
    """
    links = find(text)

    def cut(place: int) -> str:
        kept = _tidy(text, place, links)
        return kept and kept + ELLIPSIS

    return _longest(_spaces(text), cut, fits) or _longest(_breaks(text, links), cut, fits)


def _spaces(text: str) -> list[int]:
    return [space.start() for space in _SPACE.finditer(text)]


def _breaks(text: str, links: Sequence[tuple[int, int]]) -> list[int]:
    graphemes = {grapheme.start() for grapheme in _GRAPHEME.finditer(text)}
    for start, end in links:
        graphemes.difference_update(range(start + 1, end))
    return [place.start() for place in _BREAK.finditer(text) if place.start() in graphemes]


def _tidy(text: str, place: int, links: Sequence[tuple[int, int]]) -> str:
    """Return the text up to ``place`` without what would hang before the ellipsis: a comma, an article."""
    kept = max((end for _, end in links if end <= place), default=0)
    tail = text[kept:place].rstrip(_LOOSE)
    while (shorter := _DANGLING.sub("", tail).rstrip(_LOOSE)) != tail:
        tail = shorter
    return text[:kept] + tail


def _longest(places: Sequence[int], cut: Callable[[int], str], fits: Callable[[str], bool]) -> str:
    """Return the longest text, cut at one of ``places`` (in order), that fits, or "".

    The search halves: what it returns was tried and fits, and longer ones do not unless the network counts
    a longer text as shorter.
    """
    found = bisect_left(places, 1, key=lambda place: 0 if fits(cut(place)) else 1)
    return cut(places[found - 1]) if found else ""
