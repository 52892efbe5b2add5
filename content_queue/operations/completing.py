"""What an item's own page adds to what its feed told of it: a text, a picture, a date, the other language.

    a new item of such a source -> its page is read, elsewhere -> added while nobody has judged or touched it
                                -> the other side is an item that waits -> paired with it

What a page says is no source's own word: people judge it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue import identity
from content_queue.item import Reason, item_name
from content_queue.lifecycle import PENDING_ITEM
from content_queue.naming import digest
from content_queue.operations.corrections import INTAKE
from content_queue.operations.history import note
from content_queue.operations.judgement import edit, pair
from content_queue.operations.rows import item_by_id, items_by_id
from content_queue.operations.stories import know, own_addresses, telling_address
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item, Version

TRIES: Final = 3
AGAIN: Final = timedelta(hours=1)
"""How long after a page could not be read it is asked again."""
FROM_PAGE = Reason("completed from its own page")
OTHER_SIDE = Reason("its other language, as the page of i%(item)s says")

_LAST = sa.select(sa.func.coalesce(sa.func.max(t.completion.c.item), 0)).scalar_subquery()
_WAITING = (
    sa.select(t.item.c.id)
    .where(t.item.c.state == PENDING_ITEM.value, t.item.c.source.in_(sa.bindparam("names", expanding=True)))
    .order_by(t.item.c.id)
    .limit(sa.bindparam("most"))
)
_NEW = _WAITING.where(t.item.c.id > _LAST)
_AGAIN = _WAITING.join(t.completion, t.completion.c.item == t.item.c.id).where(
    t.completion.c.again_at <= sa.bindparam("now", type_=t.Moment())
)
_OF = sa.select(t.completion).where(t.completion.c.item == sa.bindparam("number"))


def begin(tx: Connection, now: datetime, sources: Collection[str], most: int) -> list[Item]:
    """Return the items of these sources whose pages are to be read now, and note that they are.

    One whose reading never ends is read again later, and in the end no more.
    """
    asked = {"names": sorted(sources), "most": most}
    again = tx.execute(_AGAIN, {**asked, "now": now}).scalars().all()
    new = tx.execute(_NEW, asked).scalars().all()
    last = t.completion.c.tries >= TRIES - 1
    tried = {"tries": t.completion.c.tries + 1, "again_at": sa.case((last, sa.null()), else_=now + AGAIN)}
    if again:
        tx.execute(sa.update(t.completion).where(t.completion.c.item.in_(again)).values(**tried))
    if new:
        rows = [{"item": number, "tries": 1, "again_at": now + AGAIN} for number in new]
        tx.execute(sa.insert(t.completion), rows)
    return items_by_id(tx, [*again, *new])


def complete(
    tx: Connection,
    now: datetime,
    shown: Item,
    versions: Sequence[Version],
    sides: Sequence[Version],
    *,
    published_at: datetime | None = None,
) -> bool:
    """Give an item the words that its page completes, and its other languages; say whether it took any.

    ``shown`` is the item as it was when its page was read. Nothing changes once people have judged or
    touched it. A side that is an item of its own is paired with it while both wait untouched.
    ``published_at`` is the page's word, which counts where the feed gave no date.
    """
    _set(tx, shown.id, again_at=None)
    item = item_by_id(tx, shown.id)
    if item.revision != shown.revision or not _untouched(tx, item):
        return False
    if published_at is not None:
        _date(tx, now, item, identity.clamp_date(published_at, item.created_at))
    known = {one: own_addresses(tx, [identity.canonical(one.url)]) for one in sides}
    wanted = [*versions, *(one for one, items in known.items() if not items and telling_address(one))]
    if tuple(wanted) != item.versions:
        item = edit(tx, now, INTAKE, item, wanted, FROM_PAGE)
        for one in wanted[len(versions) :]:
            # so that a source which brings this side later tells no new story
            why = Reason(OTHER_SIDE.text, {"item": str(item.id)})
            know(tx, now, item.id, telling_address(one), one.title, why)
    for number in {number for items in known.values() for number in items if number != item.id}:
        item = _met(tx, now, item, item_by_id(tx, number))
    if item.revision == shown.revision:
        return False
    _set(tx, item.id, words=digest(item.versions))
    return True


def words_of(tx: Connection, item: int) -> str:
    """Return the digest of the words that came of an item's page, "" where none did."""
    row = tx.execute(_OF, {"number": item}).first()
    return "" if row is None else str(row.words)


def carried(tx: Connection, item: Item, versions: Sequence[Version]) -> tuple[Version, ...]:
    """Return the words that a source has now with what an item's page had added, where it had added any."""
    if not words_of(tx, item.id):
        return tuple(versions)
    told = {version.language: version for version in item.versions}
    kept = [completed(version, told.pop(version.language, version)) for version in versions]
    whole = (*kept, *told.values())
    _set(tx, item.id, words=digest(whole))
    return whole


def completed(version: Version, other: Version) -> Version:
    """Fill what a version does not say with what another one of its language says."""
    if not version.image:
        version = replace(version, image=other.image, alt=other.alt)
    elif version.image == other.image:
        version = replace(version, alt=version.alt or other.alt)
    return replace(version, summary=version.summary or other.summary)


def _date(tx: Connection, now: datetime, item: Item, published: datetime) -> None:
    """Date an item that has been published when it was first seen, for want of a date."""
    if item.published_at != item.created_at or published == item.published_at:
        return
    tx.execute(sa.update(t.item).where(t.item.c.id == item.id).values(published_at=published))
    why = Reason("published on %(day)s", {"day": published.date().isoformat()})
    note(tx, now, INTAKE, "dated by its own page", item=item.id, why=why)


def _met(tx: Connection, now: datetime, item: Item, other: Item) -> Item:
    """Pair an item with the one that its page names as its other side, where nobody has judged either."""
    spoken = {version.language for version in item.versions}
    further = [version for version in other.versions if version.language not in spoken]
    if further and len(further) == len(other.versions) and _untouched(tx, other):
        return pair(tx, now, INTAKE, item, other)
    why = Reason("%(other)s", {"other": item_name(other.id)})
    note(tx, now, INTAKE, "its page names its other side", item=item.id, why=why)
    return item


def _untouched(tx: Connection, item: Item) -> bool:
    """Say whether an item waits with the very words of an entry of its, or those that its page completed."""
    words = set(tx.execute(sa.select(t.entry.c.words).where(t.entry.c.item == item.id)).scalars())
    return item.state is PENDING_ITEM and digest(item.versions) in {*words, words_of(tx, item.id)}


def _set(tx: Connection, item: int, **values: object) -> None:
    tx.execute(sa.update(t.completion).where(t.completion.c.item == item).values(**values))
