"""Which items look like another one: for people to see, never for the queue to act on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue.identity import bare, canonical, is_root
from content_queue.lifecycle import ItemState
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item, Version
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
    told = _Told(tx.execute(_TOLD).all())
    return {item.id: told.like(item) for item in shown}


_Names = tuple[str, str, str]
"""A version's language, its title's bare words in order of the alphabet, its address to compare by."""


@lru_cache(maxsize=4 * NEWEST)  # the newest of one page are nearly all among those of the next
def _named(language: str, title: str, url: str) -> _Names:
    address = canonical(url)
    return language, " ".join(sorted(bare(title).split())), "" if is_root(url) else address


def _says_enough(title: str) -> bool:
    return title.count(" ") >= SHORTEST - 1


class _Told:
    """The newest versions, newest first, set out so that a whole page is compared with them at once."""

    def __init__(self, rows: Sequence[Record]) -> None:
        self._rows = rows
        self._at: defaultdict[str, list[int]] = defaultdict(list)
        self._titled: defaultdict[str, dict[int, str]] = defaultdict(dict)
        for place, row in enumerate(rows):
            language, title, address = _named(row.language, row.title, row.url)
            self._at[address].append(place)
            if _says_enough(title):
                self._titled[language][place] = title

    def like(self, item: Item) -> tuple[Alike, ...]:
        """Return what looks like an item, newest first."""
        found: dict[int, Alike] = {}
        for place in sorted({place for each in item.versions for place in self._places(each)}):
            row = self._rows[place]
            if row.id != item.id and row.id not in found:
                found[row.id] = Alike(row.id, row.title, ItemState(row.state), row.source, row.created_at)
            if len(found) == MOST:
                break
        return tuple(found.values())

    def _places(self, version: Version) -> Iterator[int]:
        from rapidfuzz.fuzz import ratio  # loads with the first page that needs it
        from rapidfuzz.process import extract

        language, title, address = _named(version.language, version.title, version.url)
        if address:
            yield from self._at[address]
        if _says_enough(title):
            titled = self._titled[language]
            close = extract(title, titled, scorer=ratio, score_cutoff=LIKENESS, limit=None)
            yield from (place for _title, _likeness, place in close)
