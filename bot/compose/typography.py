"""How words are set: what no network takes goes, and our own words follow the rules of their language.

Titles and summaries are quoted as written: :func:`clean` changes nothing that a reader sees in them.
:func:`our_own` is for the words that the bot or the movement itself puts around them (credits, templates,
facts). French follows the OQLF (Banque de dépannage linguistique, « Espacement »), English its own rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

from bot.compose.link import find

NO_BREAK = "\u00a0"

# Not characters at all, the byte order mark that X refuses, controls, and marks that turn the reading
# direction of everything behind them.
_NEVER = re.compile(
    r"[\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
_BLANKS = re.compile(rf"[^\S{NO_BREAK}]+")

_KEPT = "\ue000"  # stands for what no rule may touch while the rules are at work
_UNTOUCHED = re.compile(
    rf"""{_KEPT}
    | https?://\S+
    | [\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+         # an e-mail address
    | [@#＠＃][\w@.\-]*\w                        # a handle, a hashtag
    | (?<![\w:])\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?![\w:])   # an hour, a ratio
    """,
    re.VERBOSE,
)
_NAMES_AND_TAGS = re.compile(r"\{[^{}]*\}|<[^<>]*>")

_Rule = tuple[re.Pattern[str], str]
_GAP = rf"[ {NO_BREAK}]*"
_APOSTROPHE: _Rule = (re.compile(r"(?<=\w)'(?=[\w«“" + _KEPT + "])"), "’")
_FRENCH: tuple[_Rule, ...] = (
    _APOSTROPHE,
    (re.compile(r'"([^"\n]+)"'), "«\\1»"),
    (re.compile(rf"«{_GAP}"), f"«{NO_BREAK}"),
    (re.compile(rf"{_GAP}»"), f"{NO_BREAK}»"),
    (re.compile(rf"(?<=\S)[ {NO_BREAK}]+(?=[;!?])"), ""),
    (re.compile(rf"(?:(?<=[\w»)…]){_GAP}|(?<=\S)[ {NO_BREAK}]+):(?=\s|$)"), f"{NO_BREAK}:"),
    (re.compile(rf"(?<=\d){_GAP}%"), f"{NO_BREAK}%"),
    (re.compile(rf"(?<![\w,.])(\d{{1,2}}){_GAP}h{_GAP}(\d{{2}})(?!\w)"), f"\\1{NO_BREAK}h{NO_BREAK}\\2"),
    (re.compile(r"(?<=\d) (?=(?:[kMG]?\$|h|min)(?!\w))"), NO_BREAK),
    (re.compile(r"(?<=mill)(iards?|ions?) (?=\$)"), f"\\1{NO_BREAK}"),
)
_ENGLISH: tuple[_Rule, ...] = (
    _APOSTROPHE,
    (re.compile(r'"([^"\n]+)"'), "“\\1”"),
    (re.compile(rf"(?<=[\w”)])[ {NO_BREAK}]+(?=[;:!?](?:\s|$))"), ""),
    (re.compile(rf"(?<=\d)[ {NO_BREAK}]+%"), "%"),
)
_RULES = {"fr": _FRENCH, "en": _ENGLISH}
_THOUSANDS = re.compile(r"(?<![\d,.\u00a0])\d{1,3}(?:[ \u00a0]\d{3})+(?![\d\-])")


def clean(text: str) -> str:
    """Return ``text`` in NFC and on one line, without what networks refuse.

    U+202F becomes U+00A0, which looks alike and which X counts once instead of twice.
    """
    text = unicodedata.normalize("NFC", _NEVER.sub("", text)).replace("\u202f", NO_BREAK)
    return _BLANKS.sub(" ", text).strip()


def our_own(text: str, language: str) -> str:
    """Set our own words by the rules of ``language``; a language without rules stays as it is.

    In French nothing stands before ``; ! ?``, U+00A0 before ``:``, ``%`` and units, inside « » and in
    thousands, never U+202F; « 8 h 30 »; curly apostrophes. English has curly quotes and no space before a
    sign. Addresses, handles, hashtags and hours stay as they are.
    """
    return _set(text.replace("\u202f", NO_BREAK), language, (find(text), _spans(_UNTOUCHED, text)))


@lru_cache(maxsize=256)
def our_template(template: str, language: str) -> str:
    """Set the words of a template; what stands in braces or is a tag stays as it is."""
    kept = (_NAMES_AND_TAGS, _UNTOUCHED)
    return "\n".join(
        _set(line, language, [find(line), *(_spans(pattern, line) for pattern in kept)])
        for line in template.split("\n")
    )


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [match.span() for match in pattern.finditer(text)]


def _set(text: str, language: str, untouched: Iterable[Iterable[tuple[int, int]]]) -> str:
    """Apply the rules to all of ``text`` but the spans ``untouched``, which may overlap."""
    words, kept = _taken_out(text, sorted(chain.from_iterable(untouched)))
    for pattern, into in _RULES.get(language, ()):
        words = pattern.sub(into, words)
    if language == "fr":
        words = _THOUSANDS.sub(lambda number: number[0].replace(" ", NO_BREAK), words)
    pieces = words.split(_KEPT)
    return "".join(piece + span for piece, span in zip(pieces, [*kept, ""], strict=True))


def _taken_out(text: str, spans: list[tuple[int, int]]) -> tuple[str, list[str]]:
    """Return ``text`` with a mark in place of each span, and what stood there."""
    words, kept, at = "", [], 0
    for start, end in spans:
        if start >= at:
            words += text[at:start] + _KEPT
            kept.append(text[start:end])
            at = end
    return words + text[at:], kept
