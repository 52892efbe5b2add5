"""From bytes to text: what the bytes are beats what anyone declares about them."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_HEADER = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
# What the web means by these names (WHATWG Encoding).
_MEANT = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
# Never taken on someone's word: the bytes would show them, or markup could hide in them.
_NOT_BELIEVED = re.compile(r"utf|ucs|base64|hex|rot|zlib|bz2|uu|quopri|punycode|idna|escape|mbcs|undefined")


_EMPTY = (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # bytes that Windows-1252 leaves out
# A character of UTF-8 read as Windows-1252: a lead byte and what must follow it, both as letters.
_FOLLOWS = (
    "["
    + "".join(re.escape(bytes([n]).decode("cp1252", "replace")) for n in range(0x80, 0xC0) if n not in _EMPTY)
    + "\x80-\x9f]"
)
_TWICE = re.compile(f"[\xc2-\xdf]{_FOLLOWS}|[\xe0-\xef]{_FOLLOWS}{{2}}|[\xf0-\xf4]{_FOLLOWS}{{3}}")
_ACCENT = re.compile("[\xc0-\u017f]")
_FEW = 3


def decode(document: bytes, content_type: str) -> tuple[str, str]:
    """Return the document's text and a note, "" where all went well.

    Valid UTF-8 is UTF-8 whatever is declared. Else a declared legacy charset counts; else mostly valid
    UTF-8 keeps its accents and only its bad bytes are replaced, and the rest is Windows-1252.
    """
    text, note = _decoded(document, content_type)
    mended = _once(text)
    return mended, note if mended == text else "its accents were encoded twice, which was mended"


def _decoded(document: bytes, content_type: str) -> tuple[str, str]:
    for mark, name in _MARKS:
        if document.startswith(mark):
            return _replacing(document[len(mark) :], name)
    wide = _without_mark(document)
    if wide:
        return _replacing(document, wide)
    try:
        return document.decode("utf-8"), ""
    except UnicodeDecodeError:
        return _legacy(document, content_type)


def _without_mark(document: bytes) -> str:
    """Recognise UTF-16 without its mark by the zero beside the first ``<`` or ``{``."""
    start = document[:2]
    if len(start) == 2 and start[1] == 0 and start[:1] in b"<{ \t\r\n":  # noqa: PLR2004  one wide character
        return "utf-16-le"
    if len(start) == 2 and start[0] == 0 and start[1:] in b"<{ \t\r\n":  # noqa: PLR2004  one wide character
        return "utf-16-be"
    return ""


def _legacy(document: bytes, content_type: str) -> tuple[str, str]:
    declared = _declared(document) or _believed(_charset_of(content_type))
    if declared:
        return _replacing(document, declared)
    text = document.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for character in text if character > "\x7f") - bad
    if good > bad:
        return text, _note(bad)
    return _replacing(document, "cp1252")


def _declared(document: bytes) -> str:
    found = _DECLARED.search(document[:1024])
    return _believed(found[1].decode("ascii")) if found else ""


def _charset_of(content_type: str) -> str:
    found = _HEADER.search(content_type)
    return found[1] if found else ""


def _believed(name: str) -> str:
    """Return Python's name for a legacy charset, or "" for one that is unknown or not to be believed."""
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return ""
    return "" if _NOT_BELIEVED.search(known) else _MEANT.get(known, known)


def _replacing(document: bytes, name: str) -> tuple[str, str]:
    if name == "cp1252":
        return document.decode("cp1252", "replace"), ""
    text = document.decode(name, "replace")
    return text, _note(text.count("\ufffd"))


def _note(bad: int) -> str:
    return f"{bad} damaged characters were replaced" if bad else ""


def _once(text: str) -> str:
    """Undo an encoding done twice ("fÃ¼r"), where that is how most of the document's accents look."""
    if not any(sign in text for sign in ("Ã", "Â", "â€")):
        return text
    twice = len(_TWICE.findall(text))
    if twice < _FEW or len(_ACCENT.findall(text)) > 2 * twice:
        return text
    return _TWICE.sub(_undone, text)


def _undone(match: re.Match[str]) -> str:
    raw = b"".join(_byte(character) for character in match[0])
    return raw.decode("utf-8", "ignore") or match[0]


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")  # the five bytes that Windows-1252 leaves empty
