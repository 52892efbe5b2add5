"""The history: every step appends one line, which answers "why?". Nothing ever changes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.operations.rows import happening_from, reason_json
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Happening

_INSERT = sa.insert(t.history)
_OF_ITEM = sa.select(t.history).where(t.history.c.item == sa.bindparam("item")).order_by(t.history.c.id)
_OF_POST = sa.select(t.history).where(t.history.c.post == sa.bindparam("post")).order_by(t.history.c.id)
NO_REASON = Reason("")


def note(
    tx: Connection,
    now: datetime,
    who: str,
    what: str,
    *,
    item: int | None = None,
    post: int | None = None,
    why: Reason = NO_REASON,
) -> None:
    """Append one line."""
    values = {"at": now, "who": who, "what": what, "why": reason_json(why), "item": item, "post": post}
    tx.execute(_INSERT, values)


def of_item(tx: Connection, item: int) -> list[Happening]:
    """Return all that happened to an item and its posts, oldest first."""
    return [happening_from(row) for row in tx.execute(_OF_ITEM, {"item": item})]


def of_post(tx: Connection, post: int) -> list[Happening]:
    """Return all that happened to a post, oldest first."""
    return [happening_from(row) for row in tx.execute(_OF_POST, {"post": post})]


def latest(tx: Connection, count: int) -> list[Happening]:
    """Return the newest lines of all, newest first."""
    rows = tx.execute(sa.select(t.history).order_by(t.history.c.id.desc()).limit(count))
    return [happening_from(row) for row in rows]
