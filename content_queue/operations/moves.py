"""Moving an item or a post one step: the state from ``lifecycle``, the row, and the line of history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.lifecycle import holds_round, step_item, step_post
from content_queue.operations.history import NO_REASON, note
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item, Post, Reason
    from content_queue.lifecycle import ItemEvent, ItemState, PostEvent, PostState

_MOVE_POST = sa.update(t.post).where(
    t.post.c.id == sa.bindparam("post_read"),
    t.post.c.fence == sa.bindparam("fence_read"),
    t.post.c.state == sa.bindparam("state_read"),
)


class LostRaceError(RuntimeError):
    """Someone else moved it meanwhile; the message is fit for people."""


def move_post(
    tx: Connection,
    now: datetime,
    who: str,
    post: Post,
    event: PostEvent,
    why: Reason = NO_REASON,
    /,
    **values: object,
) -> PostState:
    """Move ``post`` by ``event`` under its fence, and note it.

    Raises :class:`LostRaceError` when its row changed since it was read, and
    ``lifecycle.ImpossibleStepError`` when the event cannot happen.
    """
    state = step_post(post.state, event, first_request=post.requests <= 1)
    request_out = values.get("unproven", post.unproven) != 0
    values.setdefault("holds_round", holds_round(state, request_out=request_out))
    read = {"post_read": post.id, "fence_read": post.fence, "state_read": post.state.value}
    computed = {name: value for name, value in values.items() if isinstance(value, sa.ColumnElement)}
    plain = {name: value for name, value in values.items() if name not in computed}
    result = tx.execute(_MOVE_POST.values(computed), {**read, "state": state.value, **plain})
    if result.rowcount != 1:
        message = f"p{post.id} was changed meanwhile; look at it again"
        raise LostRaceError(message)
    note(tx, now, who, event.value, item=post.item, post=post.id, why=why)
    return state


def move_item(
    tx: Connection,
    now: datetime,
    who: str,
    item: Item,
    event: ItemEvent,
    why: Reason = NO_REASON,
    /,
    **values: object,
) -> ItemState:
    """Move ``item`` by ``event`` if it is still the revision that was read, and note it."""
    state = step_item(item.state, event)
    unchanged = (
        (t.item.c.id == item.id) & (t.item.c.revision == item.revision) & (t.item.c.state == item.state.value)
    )
    result = tx.execute(sa.update(t.item).where(unchanged).values(state=state.value, **values))
    if result.rowcount != 1:
        message = f"i{item.id} was changed meanwhile; look at it again"
        raise LostRaceError(message)
    note(tx, now, who, event.value, item=item.id, why=why)
    return state
