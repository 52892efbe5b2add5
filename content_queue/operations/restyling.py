"""A changed template: which approvals it touches, and which of them wait for one answer to all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Kind, Reason
from content_queue.lifecycle import SENDABLE_ITEM, ItemEvent, before
from content_queue.operations.judgement import unfinished_ids
from content_queue.operations.rows import items_by_id
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.engine import Connection

    from content_queue.item import Item, Message

OLD_TEMPLATE = Reason("the channel's template has changed since it was approved")


def of_other_styles(tx: Connection, today: Callable[[str, Kind], str]) -> list[Item]:
    """Return the unfinished items with a message in another style than today's.

    ``today`` returns the style of a channel for a kind of item, "" for a channel that has none any more.
    """
    message, item = t.message.c, t.item.c
    current = sa.join(t.message, t.item, (message.item == item.id) & (message.revision == item.revision))
    used = sa.select(message.channel, item.kind, message.style).select_from(current).distinct()
    rows = tx.execute(used.where(item.state == SENDABLE_ITEM.value))
    old = [row for row in rows if today(row.channel, Kind(row.kind)) not in {"", row.style}]
    if not old:
        return []
    stale = (
        (message.channel == one.channel) & (item.kind == one.kind) & (message.style == one.style)
        for one in old
    )
    query = sa.select(message.item).select_from(current).where(sa.or_(*stale)).distinct()
    numbers = query.where(message.item.in_(unfinished_ids())).order_by(message.item)
    return items_by_id(tx, list(tx.execute(numbers).scalars()))


def same_words(tx: Connection, item: Item, messages: Sequence[Message]) -> None:
    """Note that today's templates make of ``item`` the very messages that were approved."""
    own = (t.message.c.item == item.id) & (t.message.c.revision == item.revision)
    for message in messages:
        this = own & (t.message.c.channel == message.channel) & (t.message.c.variant == message.variant)
        tx.execute(sa.update(t.message).where(this).values(style=message.style))


def waiting(tx: Connection) -> list[Item]:
    """Return the items that wait for judgement only because a template changed what was approved."""
    pending = t.item.c.state.in_(before(ItemEvent.REJECT))
    newest = (
        sa.select(sa.func.max(t.history.c.id))
        .join(t.item, t.item.c.id == t.history.c.item)
        .where(pending, t.history.c.post.is_(None))
        .group_by(t.history.c.item)
    )
    rows = tx.execute(sa.select(t.history.c.item, t.history.c.why).where(t.history.c.id.in_(newest)))
    return items_by_id(tx, sorted(row.item for row in rows if row.why["text"] == OLD_TEMPLATE.text))
