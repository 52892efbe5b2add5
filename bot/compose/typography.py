"""Light touches to words: what no network takes goes, what French prints stays together.

Titles and summaries are quoted as written: :func:`clean` changes nothing that a reader sees in them.
:func:`our_own` is for the few words that the bot itself puts around them.
"""

from __future__ import annotations

import re
import unicodedata

NO_BREAK = "\u00a0"

# Not characters at all, the byte order mark that X refuses, controls, and marks that turn the reading
# direction of everything behind them.
_NEVER = re.compile(
    r"[\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
_BLANKS = re.compile(rf"[^\S{NO_BREAK}]+")
_STRAIGHT = re.compile(r"(?<=\w)'(?=\w)")
_KEPT_BEFORE = re.compile(r" (?=[:%»])")
_KEPT_AFTER = re.compile(r"(?<=«) ")
_NOTHING_BEFORE = re.compile(rf"[ {NO_BREAK}]+(?=[;!?])")


def clean(text: str) -> str:
    """Return ``text`` in NFC and on one line, without what networks refuse.

    U+202F becomes U+00A0, which looks alike and which X counts once instead of twice.
    """
    text = unicodedata.normalize("NFC", _NEVER.sub("", text)).replace("\u202f", NO_BREAK)
    return _BLANKS.sub(" ", text).strip()


def our_own(text: str, language: str) -> str:
    """Set our own words: curly apostrophes, and in French the spaces of the OQLF.

    Nothing before ``; ! ?``, U+00A0 before ``: % »`` and after ``«``. A space is changed only where one
    stands, so hours and addresses stay as they are.
    """
    text = _STRAIGHT.sub("’", text)
    if language != "fr":
        return text
    text = _KEPT_AFTER.sub(NO_BREAK, _KEPT_BEFORE.sub(NO_BREAK, text))
    return _NOTHING_BEFORE.sub("", text)
