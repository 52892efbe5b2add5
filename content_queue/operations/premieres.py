"""Videos that nobody has seen yet: which of them have not begun, so that people know before they judge.

A feed cannot tell a premiere, or a stream that is announced, from a video that came out a moment ago; the
video's page can. What the feed says later (somebody has seen it) takes the place of what was learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue.item import UNSEEN, Kind
from content_queue.lifecycle import PENDING_ITEM
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.engine import Connection

PREMIERE: Final = "premiere"

_UNSEEN = (
    sa.select(t.entry.c.id, t.entry.c.address)
    .join(t.item, t.item.c.id == t.entry.c.item)
    .where(
        t.item.c.state == PENDING_ITEM.value,
        t.item.c.kind == Kind.VIDEO.value,
        t.entry.c.form == UNSEEN,
        t.entry.c.address != "",
    )
    .order_by(t.item.c.id.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Unseen:
    """An entry of a video that waits to be judged and that nobody has seen."""

    entry: int
    address: str


def unseen(tx: Connection, most: int) -> list[Unseen]:
    """Return the newest videos that wait and of which their feed does not tell whether they have begun."""
    return [Unseen(row.id, row.address) for row in tx.execute(_UNSEEN, {"most": most})]


def forms(tx: Connection, items: Collection[int]) -> Mapping[int, str]:
    """Return of these items those that are videos of a form of their own: a short, a stream, a premiere."""
    named = t.entry.c.item.in_(list(items)) & (t.entry.c.form != "")
    return {row.item: row.form for row in tx.execute(sa.select(t.entry.c.item, t.entry.c.form).where(named))}


def mark(tx: Connection, entries: Collection[int]) -> None:
    """Write down that these videos have not begun."""
    waits = t.entry.c.id.in_(list(entries)) & (t.entry.c.form == UNSEEN)
    tx.execute(sa.update(t.entry).where(waits).values(form=PREMIERE))


def form_of(was: str, told: str) -> str:
    """Return a video's form when its feed is read again: what was learned stands while nobody has seen it."""
    return was if (was, told) == (PREMIERE, UNSEEN) else told
