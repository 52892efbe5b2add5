"""What a person may do with a post: move, skip, cancel, retry, and answer an uncertain one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.lifecycle import PostEvent, before
from content_queue.operations import looks
from content_queue.operations.history import NO_REASON, note
from content_queue.operations.moves import LostRaceError, move_post
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Post

LATER = timedelta(hours=1)
"""When a person who posts by hand and says "later" is asked again."""


def move(tx: Connection, now: datetime, who: str, post: Post, due_at: datetime, late: timedelta) -> None:
    """Give a planned post another time, pinned there; what was just approved still waits out its grace."""
    planned = (t.post.c.id == post.id) & t.post.c.state.in_(before(PostEvent.CLAIM))
    grace = tx.execute(sa.select(t.item.c.not_before).where(t.item.c.id == post.item)).scalar()
    start = max(due_at, grace or due_at)
    times = {"due_at": due_at, "not_before": start, "late_at": start + late}
    moved = sa.update(t.post).where(planned).values(**times, pinned=True, urgent=False)
    if tx.execute(moved).rowcount != 1:
        message = f"p{post.id} is {post.state.value}: only a planned post can be moved"
        raise LostRaceError(message)
    why = Reason("from %(old)s to %(new)s", {"old": post.due_at.isoformat(), "new": due_at.isoformat()})
    note(tx, now, who, "move", item=post.item, post=post.id, why=why)


def skip(tx: Connection, now: datetime, who: str, post: Post, why: str = "") -> None:
    """Leave this slot: the item goes back to the planner, for a later one."""
    reason = Reason("%(words)s", {"words": why}) if why else Reason("not in this slot")
    move_post(tx, now, who, post, PostEvent.CANCEL, reason, fence=post.fence + 1)


def cancel(tx: Connection, now: datetime, who: str, post: Post, why: str = "") -> None:
    """Not on this channel: the round is used up, else the planner would put it straight back."""
    reason = Reason("%(words)s", {"words": why}) if why else NO_REASON
    move_post(tx, now, who, post, PostEvent.CANCEL, reason, fence=post.fence + 1, holds_round=True)


def retry(tx: Connection, now: datetime, who: str, post: Post) -> None:
    """Send a failed post again, under a new key, with the words that are approved now."""
    looks.send_again(tx, now, who, post, event=PostEvent.RETRY)


def answer_found(tx: Connection, now: datetime, who: str, post: Post, url: str) -> None:
    """A person saw it: published, with its address where one was given.

    Raises :class:`LostRaceError` for a post of which no request has ever left.
    """
    may_be_out = post.state.value in (*before(PostEvent.DROP), *before(PostEvent.CANNOT_TELL))
    if not (post.attempts and may_be_out):
        message = f"p{post.id} is {post.state.value}: nothing of it has left, so nothing can be found"
        raise LostRaceError(message)
    values = {"remote_url": url, "published_at": now, "error": "", "look_at": None, "holds_round": True}
    move_post(tx, now, who, post, PostEvent.FOUND, fence=post.fence + 1, **values)


def answer_resend(tx: Connection, now: datetime, who: str, post: Post) -> None:
    """A person says that it is not there: send again, under a new key.

    Where people post by hand nothing has left: they are asked again after :data:`LATER`.
    """
    again = now if post.first_sent_at is not None else now + LATER
    looks.send_again(tx, now, who, post, event=PostEvent.RESEND, again=again)


def answer_drop(tx: Connection, now: datetime, who: str, post: Post) -> None:
    """A person lets it be."""
    looks.drop(tx, now, who, post)
