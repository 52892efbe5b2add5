"""Which items look like another one: for people to see, never for the queue to act on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue.identity import bare, canonical, is_root
from content_queue.lifecycle import ItemState
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item
    from content_queue.operations.rows import Record

NEWEST: Final = 500
"""So many of the newest items are compared, however large the queue is."""
MOST: Final = 3
"""So many are named beside one item."""
LIKENESS: Final = 80.0
"""Out of 100: titles of which four words in five are the same, in whatever order."""
SHORTEST: Final = 3
"""Words: a shorter title ("Nouvelles") says too little to be like another."""

_newest = sa.select(t.item.c.id).order_by(t.item.c.id.desc()).limit(NEWEST).subquery()
_TOLD = (
    sa.select(
        t.item.c.id, t.item.c.state, t.item.c.source, t.item.c.created_at,
        t.version.c.language, t.version.c.title, t.version.c.url,
    )
    .join(t.version, (t.version.c.item == t.item.c.id) & (t.version.c.revision == t.item.c.revision))
    .where(t.item.c.id.in_(sa.select(_newest.c.id)), t.item.c.merged_into.is_(None))
    .order_by(t.item.c.id.desc())
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alike:
    """An item that looks like another: the same address, or nearly the same title in the same language."""

    item: int
    title: str
    state: ItemState
    source: str
    created_at: datetime


def of(tx: Connection, shown: Sequence[Item]) -> Mapping[int, tuple[Alike, ...]]:
    """Return for each of these items those among the newest that look like it, newest first."""
    if not shown:
        return {}
    told = [
        (Alike(row.id, row.title, ItemState(row.state), row.source, row.created_at), _names(row))
        for row in tx.execute(_TOLD)
    ]
    return {item.id: _like(item, told) for item in shown}


_Names = tuple[str, str, str]
"""A version's language, its title's bare words in order of the alphabet, its address to compare by."""


def _names(version: Record) -> _Names:
    return _named(version.language, version.title, version.url)


@lru_cache(maxsize=4 * NEWEST)  # the newest of one page are nearly all among those of the next
def _named(language: str, title: str, url: str) -> _Names:
    address = canonical(url)
    return language, " ".join(sorted(bare(title).split())), "" if is_root(url) else address


def _like(item: Item, told: Sequence[tuple[Alike, _Names]]) -> tuple[Alike, ...]:
    own = [_named(each.language, each.title, each.url) for each in item.versions]
    found: dict[int, Alike] = {}
    for other, names in told:
        if other.item != item.id and any(_same(names, mine) for mine in own):
            found.setdefault(other.item, other)
    return tuple(found.values())[:MOST]


def _same(one: _Names, other: _Names) -> bool:
    from rapidfuzz.fuzz import ratio  # loads with the first page that needs it

    if one[2] and one[2] == other[2]:
        return True
    if one[0] != other[0] or min(one[1].count(" "), other[1].count(" ")) < SHORTEST - 1:
        return False
    return ratio(one[1], other[1], score_cutoff=LIKENESS) > 0
