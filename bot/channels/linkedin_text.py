"""Text as LinkedIn reads it: its "little" format, in which some characters are markup.

Source: learn.microsoft.com, LinkedIn, little text format. A character of the format that is not escaped ends
the post there, without a word: the network answers 201 all the same.
"""

from __future__ import annotations

import re
import unicodedata

_RESERVED = re.compile(r"[\\|{}\[\]()<>@#*_~]")
_ESCAPED = re.compile(r"\\([\\|{}\[\]()<>@#*_~])")
_HASHTAG = re.compile(r"(?<![\w&/#.?=])#(?=\w*[^\W\d_])(\w+)")
_TEMPLATE = re.compile(r"\{hashtag\|\\?#\|((?:\\.|[^}\\])+)\}")


def little(text: str) -> str:
    """Return plain words in the format: hashtags as hashtags, every other sign of it as itself."""
    shown, at = "", 0
    for tag in _HASHTAG.finditer(text):
        shown += f"{_plain(text[at : tag.start()])}{{hashtag|\\#|{_plain(tag[1])}}}"
        at = tag.end()
    return shown + _plain(text[at:])


def _plain(words: str) -> str:
    return _RESERVED.sub(r"\\\g<0>", words)


def shown(commentary: str) -> str:
    """Return what readers see of a commentary, whichever way LinkedIn gives it back."""
    return _ESCAPED.sub(r"\1", _TEMPLATE.sub(r"#\1", commentary))


def bare(commentary: str) -> str:
    """Return what readers see with its spaces made one, to tell whether two say the same."""
    return " ".join(unicodedata.normalize("NFC", shown(commentary)).split())
