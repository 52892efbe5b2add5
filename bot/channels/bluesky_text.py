"""What is a link, a tag or a mention in a Bluesky post, by UTF-8 byte offsets, and the post's own key.

Nothing in a text is clickable by itself: each link needs a facet (docs.bsky.app, "Links, mentions, and rich
text"; lexicon app.bsky.richtext.facet).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from bot.channels.answer import mapping
from bot.message import Receipt, Seen

_SIGNS = "234567abcdefghijklmnopqrstuvwxyz"
_CLOCKS = 1024
_KEY = re.compile(r"[234567a-z]{13}")
_FACET = "app.bsky.richtext.facet"
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_TAG = re.compile(r"(?<![\w#&/])#(\w*[^\W\d_]\w*)")
_LONGEST_TAG = 64
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_MENTION = re.compile(rf"(?<![\w@./])@((?:{_LABEL}\.)+[a-z]{{2,63}})(?![\w-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A feature over ``text[start:end]``, counted in code points."""

    start: int
    end: int
    feature: Mapping[str, Any]


def mentions(text: str) -> set[str]:
    """Return the handles that a text mentions, in lower case."""
    return {match[1].lower() for match in _MENTION.finditer(text)}


def facets(text: str, link: str, known: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the facets of a text; ``known`` gives the DID of each handle that may be mentioned."""
    found: list[Mark] = []
    for mark in (*_links(text, link), *_mentions(text, known), *_tags(text)):
        if not any(mark.start < other.end and other.start < mark.end for other in found):
            found.append(mark)
    return [_facet(text, mark) for mark in sorted(found, key=lambda mark: mark.start)]


def record_key(key: str, now: datetime) -> str:
    """Return the record key (a TID) of the post with our ``key``.

    It sorts by the millisecond; what is below, and the clock's number, come from the key, so that no two
    posts of ours meet (atproto.com/specs/tid).
    """
    below = int.from_bytes(sha256(key.encode()).digest()[:8])
    epoch = datetime.fromtimestamp(0, now.tzinfo)
    micros = (now - epoch) // timedelta(milliseconds=1) * 1000 + below % 1000
    return _sortable(micros, 11) + _sortable(below // 1000 % _CLOCKS, 2)


def _sortable(number: int, width: int) -> str:
    signs = ""
    for _ in range(width):
        signs = _SIGNS[number & 31] + signs
        number >>= 5
    return signs


def _links(text: str, link: str) -> Iterator[Mark]:
    """Find our own link first: it may be one that no rule would take for an address."""
    from bot.compose.link import find

    at = text.find(link) if link else -1
    while at >= 0:
        yield _link(at, at + len(link), link)
        at = text.find(link, at + len(link))
    for start, end in find(text):
        if _SCHEME.match(text, start):
            yield _link(start, end, text[start:end])


def _link(start: int, end: int, address: str) -> Mark:
    return Mark(start, end, {"$type": f"{_FACET}#link", "uri": address})


def _tags(text: str) -> Iterator[Mark]:
    for match in _TAG.finditer(text):
        if len(match[1]) <= _LONGEST_TAG:
            yield Mark(match.start(), match.end(), {"$type": f"{_FACET}#tag", "tag": match[1]})


def _mentions(text: str, known: Mapping[str, str]) -> Iterator[Mark]:
    for match in _MENTION.finditer(text):
        if did := known.get(match[1].lower()):
            yield Mark(match.start(), match.end(), {"$type": f"{_FACET}#mention", "did": did})


def _facet(text: str, mark: Mark) -> dict[str, Any]:
    start, end = (len(text[:at].encode()) for at in (mark.start, mark.end))
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [dict(mark.feature)]}


def records(page: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the records of a page of com.atproto.repo.listRecords."""
    found = page.get("records")
    return [mapping(record) for record in found] if isinstance(found, list) else []


def own_post(record: Mapping[str, Any], receipt: Callable[[str], Receipt]) -> Seen | None:
    """Return a record as one of our posts; None for what is none."""
    rkey, value = str(record.get("uri", "")).rpartition("/")[2], mapping(record.get("value"))
    try:
        at = datetime.fromisoformat(str(value.get("createdAt")))
    except ValueError:
        return None
    if not _KEY.fullmatch(rkey) or at.tzinfo is None:
        return None
    return Seen(rkey, receipt(rkey).remote_url, str(value.get("text", "")), at)
