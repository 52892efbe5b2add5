"""Makes a feed's XML safe and plain before a parser sees it.

Everything before the root element goes: declarations that lie, blank lines, comments, and document
types, whose internal subsets are how a small document becomes a big one.
"""

from __future__ import annotations

import re
import sys

from bot.sources.parsed import BadFeed

MAX_ENTRIES = 500
_ROOT = re.compile(r"<[A-Za-z_]")
_DOCTYPE_END = re.compile(r"""(?:[^"'<>\[]|"[^"]*"|'[^']*')*([\[>])""")
# What XML 1.0 does not allow at all.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SURROGATES = re.compile(
    r"&#(?:x(d[89ab][0-9a-f]{2})|(5[56]\d{3}));&#(?:x(d[c-f][0-9a-f]{2})|(5[67]\d{3}));", re.IGNORECASE
)
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]+)|([0-9]+));?", re.IGNORECASE)
# What WordPress says of each entry's comments, and its number: a quarter of its elements, which nobody here
# reads. Only where it is nothing but an address or a number.
_UNREAD = re.compile(
    r"<(comments|wfw:commentRss)>\s{0,20}https?://[^<>\s]{1,500}\s{0,20}</\1>"
    r"|<(slash:comments|post-id)(?:\sxmlns=\"[\w:-]{1,60}\")?>\d{0,20}</\2>"
)
_ENTRY = re.compile(r"<(?:\w+:)?(item|entry)(?=[\s>/])")
_ENTRY_END = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>")


def plain_xml(text: str) -> str:
    """Return the document from its root element on; raise BadFeed for an internal DTD subset."""
    text = _mend(_allowed(text[_root_at(text) :]))
    text = _UNREAD.sub("", text) if "omment" in text else text
    return _REFERENCE.sub(_sound, _SURROGATES.sub(_paired, text)) if "&#" in text else text


def _allowed(text: str) -> str:
    """Drop what XML does not allow; a character that prints is allowed, and so are ends of lines."""
    prints = text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable()
    return text if prints else _NOT_XML.sub("", text)


def first_entries(xml: str) -> tuple[str, int]:
    """Cut a document after its first 500 entries; return it and how many were left out."""
    if xml.count("item") + xml.count("entry") <= MAX_ENTRIES:
        return xml, 0  # as it mostly is
    starts = [match.start() for match in _ENTRY.finditer(xml)]
    left_out = len(starts) - MAX_ENTRIES
    if left_out <= 0:
        return xml, 0
    ends = [match.end() for match in _ENTRY_END.finditer(xml)]
    tail = xml[ends[-1] :] if ends else ""
    return xml[: starts[MAX_ENTRIES]] + tail, left_out


def _root_at(text: str) -> int:
    position = 0
    while True:
        position = text.find("<", position)
        if position < 0:
            raise BadFeed("it holds no XML and no JSON")
        if _ROOT.match(text, position):
            return position
        position = _after(text, position)


def _after(text: str, position: int) -> int:
    """Step over one thing that may stand before the root: a comment, a declaration, a document type."""
    if text.startswith("<!--", position):
        return _past("-->", text, position)
    if text.startswith("<?", position):
        return _past("?>", text, position)
    if text[position : position + 9].upper() == "<!DOCTYPE":
        end = _DOCTYPE_END.match(text, position + 9)
        if end is None or end[1] == "[":
            raise BadFeed("it defines entities of its own (a DTD), which is refused")
        return end.end()
    if text[position : position + 8].upper() == "<!ENTITY":
        raise BadFeed("it defines entities of its own (a DTD), which is refused")
    return position + 1


def _past(end: str, text: str, position: int) -> int:
    found = text.find(end, position)
    return len(text) if found < 0 else found + len(end)


def _mend(xml: str) -> str:
    """Drop a prefix ``rss:`` that nobody declared."""
    if "<rss:item" in xml and "xmlns:rss=" not in xml:
        return re.sub(r"(</?)rss:", r"\1", xml)
    return xml


def _paired(match: re.Match[str]) -> str:
    """Join a character written as two references, the way Java and old PHP do."""
    high = int(match[1], 16) if match[1] else int(match[2])
    low = int(match[3], 16) if match[3] else int(match[4])
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):  # noqa: PLR2004  the two halves of UTF-16
        return ""
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _sound(match: re.Match[str]) -> str:
    """Keep a character reference that XML allows, drop one that no character answers to."""
    digits = (match[1] or match[2]).lstrip("0")
    if len(digits) > 7:  # noqa: PLR2004  longer than any code point
        return ""
    code = int(digits or "0", 16 if match[1] else 10)
    allowed = code <= sys.maxunicode and not _NOT_XML.match(chr(code))
    return match[0] if allowed else ""
