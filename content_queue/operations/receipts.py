"""Evidence: what each request and each look came to, and what a receipt makes of its post.

Evidence is appended, never fenced and never changed: a stale worker's receipt is still true. It wins over
every state that thought nothing was out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.lifecycle import PostEvent, PostState, before, holds_round
from content_queue.operations import breaker, channels
from content_queue.operations.moves import move_post
from content_queue.operations.rows import POSTS, locked_post, post_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Post

WORKER = "worker"
_APPEND = sa.insert(t.attempt)
_RECEIPT = (
    sa.select(t.attempt.c.remote_id, t.attempt.c.remote_url)
    .where(t.attempt.c.post == sa.bindparam("post"), t.attempt.c.remote_id != "")
    .order_by(t.attempt.c.id)
    .limit(1)
)
_TWIN = POSTS.where(
    t.post.c.item == sa.bindparam("item"),
    t.post.c.channel == sa.bindparam("channel"),
    t.post.c.round == sa.bindparam("round"),
    t.post.c.id != sa.bindparam("post"),
    t.post.c.holds_round,
).with_for_update(of=t.post)


def evidence(
    tx: Connection,
    now: datetime,
    post: Post,
    step: str,
    event: PostEvent,
    note: str = "",
    proof: tuple[str, str] = ("", ""),
) -> None:
    """Append what a step ("intent", "create", "look") came to; ``proof`` is a receipt's id and address."""
    values = {"post": post.id, "fence": post.fence, "key": post.key, "at": now, "step": step, "note": note}
    said = {"outcome": event.value, "remote_id": proof[0], "remote_url": proof[1]}
    tx.execute(_APPEND, {**values, **said})


def believe(
    tx: Connection, now: datetime, post: Post, remote_id: str, remote_url: str, *, same_fence: bool
) -> None:
    """Make the post published, whatever it was thought to be.

    While a successor is sending under a fence of its own, the receipt waits in the evidence for what
    that request comes to.
    """
    event = PostEvent.ACCEPTED if same_fence and _is_sending(post.state) else PostEvent.FOUND
    if post.state.value not in before(event):
        return
    move_post(
        tx,
        now,
        WORKER,
        post,
        event,
        fence=post.fence if same_fence else post.fence + 1,
        holds_round=_make_way(tx, now, post),
        unproven=max(post.unproven, 1),
        out_at=sa.func.coalesce(t.post.c.out_at, sa.literal(now, t.Moment())),
        remote_id=remote_id,
        remote_url=remote_url,
        published_at=now,
        look_at=None,
        owner="",
        error="",
    )
    channels.well(tx, post.channel)
    breaker.answered(tx, now, post.channel)


def believe_what_is_known(tx: Connection, now: datetime, number: int) -> None:
    """Publish a post that has just left the wire if its receipt had come meanwhile."""
    row = tx.execute(_RECEIPT, {"post": number}).first()
    if row is not None:
        believe(tx, now, locked_post(tx, number), row.remote_id, row.remote_url, same_fence=False)


def _is_sending(state: PostState) -> bool:
    return state.value in before(PostEvent.ACCEPTED)


def _make_way(tx: Connection, now: datetime, post: Post) -> bool:
    """Say whether the post may hold its round: one planned since, when we thought it unused, is cancelled."""
    if holds_round(post.state, request_out=post.unproven > 0):
        return True
    place = {"item": post.item, "channel": post.channel, "round": post.round, "post": post.id}
    row = tx.execute(_TWIN, place).first()
    if row is None:
        return True
    twin = post_from(row)
    if twin.unproven or twin.state.value not in before(PostEvent.CANCEL):
        return False  # both may be out: each keeps its own story, the round is used once
    why = Reason("p%(other)s turned out to be published", {"other": str(post.id)})
    move_post(tx, now, WORKER, twin, PostEvent.CANCEL, why, fence=twin.fence + 1, owner="")
    return True
