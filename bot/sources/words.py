"""From markup and mess to plain words: no tag, no hidden character, sensible white space."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    import nh3

MAX_MARKUP = 30_000
"""Characters of markup that are looked at: far more than any field keeps."""
MAX_WORDS = 6_000
"""Characters of text that are tidied: three times what the longest field keeps."""

# Dropped with all they hold: what they say is not said by the author to the reader.
_SILENT = {
    "script", "style", "noscript", "iframe", "svg", "math", "object", "template", "title", "select",
    "button", "form", "textarea", "audio", "video", "figcaption", "head",
}  # fmt: skip
_BLOCK = re.compile(
    r"<(?=/?(?:p|div|li|ul|ol|h[1-6]|blockquote|tr|table|figure|section|article|header|footer|hr|pre|dd|dt)\b)",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?=br\b)", re.IGNORECASE)
_MORE = re.compile(
    r"""<(a|span)\b[^<>]{0,500}\bclass\s*=\s*["'][^"'<>]*(?:more-link|read-more|screen-reader)[^<>]*>"""
    r""".{0,500}?</\1>""",
    re.IGNORECASE | re.DOTALL,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8}\d?);", re.IGNORECASE)
_ESCAPED_TAG = re.compile(
    r"</?(?:em|strong|b|i|u|br|span|sup|sub|a|p|small)(?:\s[^<>]{0,500})?/?>", re.IGNORECASE
)
_SHORTCODE = re.compile(r"\[/?(?:vc_|et_pb_|fusion_|caption|gallery|embed|audio|playlist)[^\[\]]{0,300}\]")
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
# Controls, bidi controls, zero-width (but the joiners that emoji and some scripts need), non-characters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
_PILED_MARKS = regex.compile(r"(\p{M}{4})\p{M}+")
_CUT_CHARACTER = re.compile(r"\ufffd+(?=…|\.\.\.|\s*\[|$)")  # half a letter, where a text was cut by bytes
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[ \t]{2,}|\t")
_LINE_EDGES = re.compile("[ \u00a0\u202f\u2009]*\n[ \u00a0\u202f\u2009]*")
_EMPTY_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t\n\r\f\v]{2,}|[\t\n\r\f\v]")
_AROUND = " \t\n\u00a0\u202f\u2009"
_WIDEST = 8
_BEGINNING = 16  # characters of two texts that mostly tell them apart


def tidy(text: str) -> str:
    """One line: composed, without hidden characters, each run of white space one space.

    No-break spaces stay: they are French typography.
    """
    text = _seen(text)
    if "  " in text or not text.isprintable():
        text = _SPACES.sub(" ", text)
    return text.strip(_AROUND)


def tidy_lines(text: str) -> str:
    """The same, but line ends stay, and at most one empty line between paragraphs."""
    text = _seen(text.strip(_AROUND))
    if "  " in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    if "\n" in text:
        text = _EMPTY_LINES.sub("\n\n", _LINE_EDGES.sub("\n", text))
    return text.strip(_AROUND)


def _seen(text: str) -> str:
    if text.isprintable() and "\ufffd" not in text:  # most are: no control, nothing hidden, no line end
        return text if text.isascii() else _composed(text)
    text = _CUT_CHARACTER.sub("", _HIDDEN.sub("", _TERMINAL.sub("", _LINE_ENDS.sub("\n", text))))
    return _composed(text)


def _composed(text: str) -> str:
    composed: str = _PILED_MARKS.sub(r"\1", unicodedata.normalize("NFC", text))
    return composed


def plain(markup: str) -> str:
    """Return what a reader sees of ``markup``: paragraphs apart, no tags, no boilerplate of its system."""
    markup = _SPACES.sub(" ", markup[:MAX_MARKUP])
    if "<" in markup:
        markup = _BREAK.sub("\n<", _BLOCK.sub("\n\n<", _MORE.sub("", markup)))
    text = unescaped_again(html.unescape(_cleaner().clean(markup))[:MAX_WORDS])
    return tidy_lines(_SHORTCODE.sub("", text) if "[" in text else text)


@cache
def _cleaner() -> nh3.Cleaner:
    """Made once: that takes five times as long as to clean a sentence."""
    import nh3  # 2 MB that a process which reads no feed does without

    return nh3.Cleaner(tags=set(), clean_content_tags=_SILENT)


def unescaped_again(text: str) -> str:
    """Mend what was escaped twice: stray references and the commonest inline tags."""
    if "&" in text:
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return _ESCAPED_TAG.sub("", text) if "<" in text else text


def cut(text: str, limit: int) -> str:
    """Shorten ``text`` to ``limit`` characters at the end of a word, with an ellipsis.

    Where no word ends, it is cut between graphemes, of which then ``limit`` count. One of them may be made of
    any number of characters: of those eight for each count at most.
    """
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    last_space = max(kept.rfind(" "), kept.rfind("\n"))
    if last_space > limit // 2:
        return kept[:last_space].rstrip(_AROUND + ",;:.–—-…") + "…"
    graphemes = [found[0] for found in islice(regex.finditer(r"\X", text), limit + 1)]
    short = text if len(graphemes) <= limit else "".join(graphemes[: limit - 1]) + "…"
    return short if len(short) <= _WIDEST * limit else kept + "…"


# After the end mark and the quotes that close with it, before anything but a small letter.
_SENTENCE = regex.compile(
    r"""(?<=[.!?…](?:[ \u00a0]?[»”"’)\]]){0,2})[ \u00a0\n]+(?![»”’)\]])(?=["«“‘(\[]?[^\p{Ll}\s])|\n+"""
)
_ABBREVIATED = regex.compile(
    r"(?:^|[\s(])(?:\p{Lu}|M|MM|Mme|Mmes|Mlle|Dr|Dre|Mr|Mrs|Ms|St|Ste|No|vs|p|ex|etc|cf)\.$"
)


def first_sentence(text: str) -> tuple[str, str]:
    """Split ``text`` after its first sentence; the rest is "" where it has only one."""
    for end in _SENTENCE.finditer(text):
        sentence = text[: end.start()]
        if "\n" in end[0] or not _ABBREVIATED.search(sentence):
            return sentence.strip(_AROUND), text[end.end() :].strip(_AROUND)
    return text, ""


def same_words(one: str, other: str) -> bool:
    """Tell whether two texts say the same, but for case, punctuation and a cut end."""
    if _differ(bare(one[:_BEGINNING]), bare(other[:_BEGINNING])):
        return False  # as it mostly is, and most of a long text need not be looked at
    first, second = bare(one), bare(other)
    shorter, longer = sorted((first, second), key=len)
    cut_short = (one if first == shorter else other).rstrip().endswith(("…", "..."))
    return first == second or (bool(shorter) and cut_short and longer.startswith(shorter))


def _differ(one: str, other: str) -> bool:
    """Tell whether neither of two texts begins with the other."""
    return not (one.startswith(other) or other.startswith(one))


_NOT_BARE = regex.compile(r"[^\p{L}\p{N}]+")


def bare(text: str) -> str:
    """Return a text's letters and digits alone, in lower case, to compare by."""
    letters: str = _NOT_BARE.sub("", text.casefold())
    return letters
