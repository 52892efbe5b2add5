"""feedparser made quicker, without changing what it finds. Only the cage does this, in a process of its own.

Its dictionary looks for a dozen other names at each turn, it joins the base address with itself at every tag,
copies the flat parameters of each text in depth, raises an error inside for each character that it leaves as
it is, and reads every date in its own ways before we do in ours: together nearly half of its time.
"""

from __future__ import annotations

import gc
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from bot.sources.dates import read_date

if TYPE_CHECKING:
    from time import struct_time

_JOINED: Final = 512
"""So many addresses are remembered as joined."""
_USUAL: Final = (*range(0x250), *range(0x2000, 0x2070))
"""The characters that most texts are made of: Latin letters and punctuation."""
_OBJECTS: Final = 50_000
"""So many objects more than there were are looked through for rubbish: some ten documents' worth."""


@cache
def quicken() -> None:
    """Load feedparser and make it quicker; a second time changes nothing more."""
    import feedparser.api
    import feedparser.datetimes
    import feedparser.mixin
    import feedparser.util

    mixin = feedparser.mixin
    mixin._cp1252 = {**{code: code for code in _USUAL}, **mixin._cp1252}  # noqa: SLF001  it offers no other way
    feedparser.api.PREFERRED_XML_PARSERS.clear()  # there is none of these, and each document looks for it
    feedparser.datetimes.registerDateHandler(_read)
    mixin.copy = SimpleNamespace(deepcopy=lambda flat: type(flat)(flat))
    for name in ("_urljoin", "make_safe_absolute_uri"):
        setattr(mixin, name, lru_cache(_JOINED)(getattr(mixin, name)))
    short_cut(feedparser.util.FeedParserDict)
    gc.freeze()
    gc.set_threshold(_OBJECTS)


def _read(text: str) -> struct_time | None:
    """Read a date as we do, who are asked for it again: what we cannot read it tries in its own ways."""
    found = read_date(text)
    return None if found is None else found.utctimetuple()


def short_cut(kind: Any) -> None:  # noqa: ANN401  a class that feedparser does not describe
    """Let names that stand for themselves be looked up as in any dictionary."""
    odd = frozenset({"category", "enclosures", "license", "updated", "updated_parsed", *kind.keymap})
    item, holds, get, put = kind.__getitem__, kind.__contains__, kind.get, kind.__setitem__
    settle = kind.setdefault

    def getitem(self: dict[str, Any], key: str) -> Any:  # noqa: ANN401  as above
        return item(self, key) if key in odd else dict.__getitem__(self, key)

    def contains(self: dict[str, Any], key: str) -> Any:  # noqa: ANN401  as above
        return holds(self, key) if key in odd else dict.__contains__(self, key)

    def getting(self: dict[str, Any], key: str, default: Any = None) -> Any:  # noqa: ANN401  as above
        return get(self, key, default) if key in odd else dict.get(self, key, default)

    def setitem(self: dict[str, Any], key: str, value: object) -> None:
        put(self, key, value) if key in odd else dict.__setitem__(self, key, value)

    def setdefault(self: dict[str, Any], key: str, default: Any) -> Any:  # noqa: ANN401  as above
        return settle(self, key, default) if key in odd else dict.setdefault(self, key, default)

    kind.__getitem__, kind.__contains__, kind.get, kind.__setitem__ = getitem, contains, getting, setitem
    kind.setdefault = setdefault
