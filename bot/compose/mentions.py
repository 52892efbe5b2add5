"""Who is addressed by name: a partner by its own handle, and nobody else by accident.

A network makes a mention of every ``@name`` and a stock of every ``$NAME`` that it finds, also in words that
a feed brought: a stranger would be told, and X takes no more than one stock a post.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_JOINER = "\u200c"  # shown as nothing, and light on X; networks stop reading a name at it
_HANDLE = re.compile(r"(?<![\w@＠./\-])[@＠](?=\w)[\w.\-]*(?:@[\w.\-]+)?")
_STOCK = re.compile(r"(?<![\w$])\$(?=[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?!\w))")


def defused(text: str, ours: Collection[str] = ()) -> str:
    """Return ``text``, which looks the same, mentioning nobody but ``ours`` (handles with their sign)."""
    known = {handle.casefold() for handle in ours}

    def calm(handle: re.Match[str]) -> str:
        words = handle[0]
        return words if words.rstrip(".-").casefold() in known else words[0] + _JOINER + words[1:]

    return _STOCK.sub("$" + _JOINER, _HANDLE.sub(calm, text))
