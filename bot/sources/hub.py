"""The hub that a feed names: who tells of its new entries, and under which topic (W3C WebSub, section 4).

A hub is a Link header, a link in the document or, in a JSON Feed, one of its ``hubs``; the header holds
before the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.sources.links import web_address

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_REL = re.compile(r"""(?:^|[;,\s])rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_LONGEST = 20_000
"""Characters of Link headers that are looked at."""


@dataclass(frozen=True, slots=True)
class Hub:
    """``address`` is the hub's own, ``topic`` what it calls the feed; both are "" where none is named."""

    address: str = ""
    topic: str = ""

    def or_else(self, other: Hub) -> Hub:
        """Fill what is not named here with what ``other`` names."""
        return Hub(self.address or other.address, self.topic or other.topic)


NO_HUB = Hub()


def in_header(link: str, url: str) -> Hub:
    """Read a Link header (RFC 8288) that came with the document at ``url``."""
    found = [(target, _REL.search(rest)) for target, rest in _LINK.findall(link[:_LONGEST])]
    return _first(((rel[1] or rel[2] or "", target) for target, rel in found if rel), url)


def in_links(links: Iterable[object], url: str) -> Hub:
    """Read the links of a document at ``url``, each with ``rel`` and ``href``; a damaged one holds others."""
    whole = (one for one in links if isinstance(one, Mapping))
    return _first(((str(one.get("rel") or ""), str(one.get("href") or "")) for one in whole), url)


def _first(named: Iterable[tuple[str, str]], url: str) -> Hub:
    """Take the first of each relation that is a web address."""
    found: dict[str, str] = {}
    for relations, target in named:
        for relation in relations.lower().split():
            if relation in {"hub", "self"} and not found.get(relation):
                found[relation] = web_address(target, url)
    return Hub(found.get("hub", ""), found.get("self", ""))
