"""Planned posts that stand in no slot any more: the channel's times or its zone's rules have changed.

Slots are wall-clock times: where the clocks of a zone are ruled anew, or an operator writes other slots, what
was fixed by the old ones goes back to the planner. What a person put at a time stays there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.calendar import slots_between
from content_queue.item import Reason
from content_queue.lifecycle import PostEvent, before
from content_queue.operations.moves import move_post
from content_queue.operations.planning import PLANNER
from content_queue.operations.rows import POSTS, post_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Post
    from content_queue.planner import Rules

NO_SLOT = Reason("the times of the channel have changed, and this is none of them any more")
_BY_THE_PLANNER = POSTS.where(
    t.post.c.channel == sa.bindparam("channel"),
    t.post.c.state.in_(before(PostEvent.CLAIM)),
    t.post.c.due_at > sa.bindparam("now", type_=t.Moment()),
    t.post.c.attempts == 0,
    ~t.post.c.pinned,
    ~t.post.c.urgent,
).order_by(t.post.c.id)


def send_back(tx: Connection, now: datetime, rules: Rules) -> list[Post]:
    """Give the channel's posts that stand in no slot back to the planner; return them."""
    rows = tx.execute(_BY_THE_PLANNER, {"channel": rules.channel, "now": now}).all()
    found = [post for post in map(post_from, rows) if not _has_slot(rules, post.due_at)]
    for post in found:
        move_post(tx, now, PLANNER, post, PostEvent.CANCEL, NO_SLOT, fence=post.fence + 1)
    return found


def _has_slot(rules: Rules, due_at: datetime) -> bool:
    """Say whether a slot of today's calendar may have led to this time: jitter moves later only."""
    end = due_at + due_at.resolution
    return next(slots_between(rules.calendar, due_at - rules.jitter, end), None) is not None
