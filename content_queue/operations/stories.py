"""Which entries tell a story that the queue knows already, and whose words it is told in.

Inside one source an address or the words name a story. Across sources only a story that made an item counts,
or whoever lists an address first could keep it from coming in at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue import identity
from content_queue.item import Reason
from content_queue.operations.rows import Record, reason_json
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Version
    from content_queue.naming import Names

KNOWN_ADDRESS = Reason("its address is known: the same story as i%(item)s")
KNOWN_WORDS = Reason("its words are known: the same story as i%(item)s")
NO_ITEM = Reason("seen before, when it made no item")

_BY_ADDRESS = sa.select(t.entry.c.source, t.entry.c.item, t.entry.c.address.label("name")).where(
    t.entry.c.address.in_(sa.bindparam("addresses", expanding=True)), t.entry.c.address != ""
)
_BY_WORDS = sa.select(t.entry.c.source, t.entry.c.item, t.entry.c.fingerprint.label("name")).where(
    t.entry.c.fingerprint.in_(sa.bindparam("prints", expanding=True)), t.entry.c.fingerprint != ""
)
_KNOW = sa.insert(t.entry)


@dataclass(frozen=True, slots=True)
class Stories:
    """Which item an address, or words, belong to; None where they made no item."""

    by_address: dict[str, int | None]
    by_words: dict[str, int | None]

    def twin(self, names: Names) -> tuple[Reason, int | None] | None:
        """Return why such an entry is known, and its item; None where it tells a new story."""
        if names.address in self.by_address:
            return _same(KNOWN_ADDRESS, self.by_address[names.address])
        if names.fingerprint in self.by_words:
            return _same(KNOWN_WORDS, self.by_words[names.fingerprint])
        return None

    def remember(self, names: Names, item: int | None) -> None:
        """Let the entries that follow in the same document know this one."""
        if names.address:
            self.by_address.setdefault(names.address, item)
        if names.fingerprint:
            self.by_words.setdefault(names.fingerprint, item)


def known_stories(
    tx: Connection, source: str, addresses: Sequence[str], prints: Sequence[str], long: frozenset[str]
) -> Stories:
    """Look the names up; ``long`` are those prints whose texts are long enough to count across sources."""
    by_address = tx.execute(_BY_ADDRESS, {"addresses": list(addresses)})
    by_words = [
        row
        for row in tx.execute(_BY_WORDS, {"prints": list(prints)})
        if row.source == source or row.name in long
    ]
    return Stories(_items_of(source, by_address), _items_of(source, by_words))


def own_addresses(tx: Connection, addresses: Sequence[str]) -> list[int]:
    """Return the items that addresses belong to."""
    rows = tx.execute(_BY_ADDRESS, {"addresses": list(addresses)})
    return [row.item for row in rows if row.item is not None]


def telling_address(version: Version) -> str:
    """Return the address that a version's story is known by; "" for none, or for a site's front door."""
    address = identity.canonical(version.url)
    return "" if identity.is_root(address) else address


def know(tx: Connection, now: datetime, item: int, address: str, title: str, verdict: Reason) -> None:
    """Let the story at an address be known as an item's, though no source has brought it there."""
    name = {"source": "", "key": identity.key("", address, ""), "address": address, "title": title}
    seen = {"item": item, "verdict": reason_json(verdict), "first_seen": now, "last_seen": now}
    tx.execute(_KNOW, {**name, **seen})


def _items_of(source: str, rows: Iterable[Record]) -> dict[str, int | None]:
    """Map each name to its item; where several entries bear it, to one that made an item."""
    telling = [row for row in rows if row.source == source or row.item is not None]
    return dict(sorted(((row.name, row.item) for row in telling), key=lambda pair: pair[1] or 0))


def _same(what: Reason, item: int | None) -> tuple[Reason, int | None]:
    if item is None:
        return NO_ITEM, None
    return Reason(what.text, {"item": str(item)}), item
