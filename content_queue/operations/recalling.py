"""Taking back what is out: the intent is written first, then a worker deletes, again and again if need be.

A delete may be repeated as often as one likes, so a crash leaves nothing but a further try. What a network
will not let go stays published, with the reason, and a person deletes it by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.lifecycle import ItemEvent, PostEvent, before
from content_queue.operations import judgement, receipts
from content_queue.operations.moves import LostRaceError, move_item, move_post
from content_queue.operations.publishing import WORKER
from content_queue.operations.rows import POSTS, item_by_id, post_by_id, post_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item, Post

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)
TRIES = 10
"""About six hours of a network that cannot be asked; then a person is."""

_OF_ITEM = POSTS.where(t.post.c.item == sa.bindparam("item")).order_by(t.post.c.id)
_RECALLING = t.post.c.state.in_(before(PostEvent.GONE))
_DUE = POSTS.where(_RECALLING, t.post.c.look_at <= sa.bindparam("now", type_=t.Moment()))
_NEXT = sa.select(sa.func.min(t.post.c.look_at)).where(_RECALLING)
_TAKE = (
    sa.update(t.post)
    .where(t.post.c.id == sa.bindparam("post"), t.post.c.fence == sa.bindparam("old_fence"), _RECALLING)
    .values(
        fence=t.post.c.fence + 1,
        owner=sa.bindparam("new_owner"),
        look_at=sa.bindparam("next", type_=t.Moment()),
    )
)


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a recall began: the posts to delete, and those that may be out and have no receipt yet."""

    posts: tuple[Post, ...]
    unsure: tuple[Post, ...]


def recall(
    tx: Connection, now: datetime, who: str, item: Item, why: str, only: Post | None = None
) -> Recalled:
    """Write down that an item's published posts, or ``only`` one, are to be deleted.

    The item is withdrawn, so that nothing more of it goes out: what is planned is cancelled. Raises
    ``ImpossibleStepError`` where the one post is not out.
    """
    reason = Reason("%(words)s", {"words": why})
    if item.state.value in before(ItemEvent.WITHDRAW):
        move_item(tx, now, who, item, ItemEvent.WITHDRAW, reason)
    judgement.cancel_unsent(tx, now, who, item.id, Reason("its item is taken back"))
    all_posts = [post_from(row) for row in tx.execute(_OF_ITEM, {"item": item.id})]
    wanted = [post_by_id(tx, only.id)] if only else [post for post in all_posts if _is_out(post)]
    for post in wanted:
        start = {"look_at": now, "looks": 0, "owner": "", "error": ""}
        move_post(tx, now, who, post, PostEvent.RECALL, reason, fence=post.fence + 1, **start)
    unsure = before(PostEvent.CANNOT_TELL) + before(PostEvent.DROP) + before(PostEvent.UNKNOWN)
    left = [post for post in all_posts if post.state.value in unsure and post.unproven]
    return Recalled(tuple(post_by_id(tx, post.id) for post in wanted), tuple(left))


def due(tx: Connection, now: datetime) -> list[Post]:
    """Return the posts that are to be deleted now."""
    return [post_from(row) for row in tx.execute(_DUE, {"now": now})]


def next_due(tx: Connection) -> datetime | None:
    """Return when the next post is to be deleted."""
    found: datetime | None = tx.execute(_NEXT).scalar()
    return found


def take(tx: Connection, post: Post, worker: str, until: datetime) -> Post:
    """Take a post for one try; until ``until`` nobody else tries. Raises :class:`LostRaceError`."""
    values = {"post": post.id, "old_fence": post.fence, "new_owner": worker, "next": until}
    if tx.execute(_TAKE, values).rowcount != 1:
        message = f"p{post.id} was taken over"
        raise LostRaceError(message)
    return post_by_id(tx, post.id)


def gone(tx: Connection, now: datetime, post: Post, cost: int = 0) -> None:
    """Note that the network has it no more, and what that cost in millionths of a US dollar."""
    receipts.evidence(tx, now, post, "delete", PostEvent.GONE)
    spent = post.cost + cost
    move_post(tx, now, WORKER, post, PostEvent.GONE, look_at=None, owner="", error="", cost=spent)


def stays(tx: Connection, now: datetime, post: Post, why: str) -> None:
    """Note that the network will not let it go: it is out, and a person deletes it by hand."""
    receipts.evidence(tx, now, post, "delete", PostEvent.STAYS, why)
    told = Reason("delete it by hand: %(what)s", {"what": why})
    move_post(tx, now, WORKER, post, PostEvent.STAYS, told, look_at=None, owner="", error=str(told))


def again_later(tx: Connection, now: datetime, post: Post, why: str, after: timedelta | None) -> None:
    """Note a try that came to nothing; after the last one a person deletes it by hand."""
    tries = post.looks + 1
    if tries >= TRIES:
        stays(tx, now, post, why)
        return
    receipts.evidence(tx, now, post, "delete", PostEvent.RECALL, why)
    rest = after or min(FIRST_REST * 2**post.looks, LONGEST_REST)
    mine = (t.post.c.id == post.id) & (t.post.c.fence == post.fence)
    values = {"looks": tries, "look_at": now + rest, "owner": "", "error": why}
    tx.execute(sa.update(t.post).where(mine).values(**values))


def item_of(tx: Connection, post: Post) -> Item:
    """Return the item of a post."""
    return item_by_id(tx, post.item)


def _is_out(post: Post) -> bool:
    return post.state.value in before(PostEvent.RECALL)
