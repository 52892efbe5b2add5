"""Leases, where several workers share a database: who works, who leads, whose post is whose.

    join -> renew, again and again -> resign          (a worker that dies only stops renewing)

All go by the database's own clock. The leader does for all what one must do alone: planning, reading
sources, expiry, reminders, alarms, the moderators' chat.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.lifecycle import PostEvent, before
from content_queue.operations import publishing, receipts
from content_queue.operations.moves import LostRaceError, move_post
from content_queue.operations.rows import POSTS, post_from
from content_queue.store import tables as t
from content_queue.store.beside import beside_others
from content_queue.store.leasing import lease_end, lease_over

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Post

LEADER = "leader"
LOSSES = 3
"""A claim that ends by its lease so many times in a row is FAILED."""


def join(tx: Connection, worker: str, holder: str) -> None:
    """Begin to work under a name of our own; ``holder`` is how people know us. The dead are forgotten."""
    over = lease_over(t.lease.c.owner, t.lease.c.until, worker)
    tx.execute(sa.delete(t.lease).where(t.lease.c.name != LEADER, over))
    tx.execute(sa.insert(t.lease).values(name=worker, owner=worker, holder=holder, until=lease_end()))
    if tx.execute(sa.select(t.lease.c.name).where(t.lease.c.name == LEADER)).first() is None:
        tx.execute(sa.insert(t.lease).values(name=LEADER))


@beside_others
def renew(tx: Connection, worker: str, posts: Collection[int], *, candidate: bool) -> bool:
    """Say that we are alive and still tend ``posts``; return whether we lead.

    A ``candidate`` takes the lead where the leader's lease is over. A post that somebody has taken over is
    no longer ours and stays his.
    """
    ours = (t.post.c.id.in_(list(posts))) & (t.post.c.owner == worker)
    if posts:
        tx.execute(sa.update(t.post).where(ours).values(lease_until=lease_end()))
    me = sa.update(t.lease).values(until=lease_end())
    tx.execute(me.where(t.lease.c.name == worker))
    if not candidate:
        return False
    free = (t.lease.c.owner == worker) | lease_over(t.lease.c.owner, t.lease.c.until, worker)
    return tx.execute(me.values(owner=worker).where(t.lease.c.name == LEADER, free)).rowcount == 1


@beside_others
def resign(tx: Connection, worker: str) -> None:
    """Give back at once what a worker's death would give back when its leases end."""
    tx.execute(sa.delete(t.lease).where(t.lease.c.owner == worker, t.lease.c.name != LEADER))
    led = (t.lease.c.name == LEADER) & (t.lease.c.owner == worker)
    tx.execute(sa.update(t.lease).where(led).values(owner="", until=None))
    tx.execute(sa.update(t.post).where(t.post.c.owner == worker).values(lease_until=None))


def take(tx: Connection, what: str, worker: str) -> bool:
    """Have ``what`` for ourselves, such as renewing a token; return False while another worker has it.

    A lease that is over is free.
    """
    free = (t.lease.c.owner == worker) | lease_over(t.lease.c.owner, t.lease.c.until, worker)
    ours = sa.update(t.lease).where(t.lease.c.name == what, free).values(owner=worker, until=lease_end())
    if tx.execute(ours).rowcount == 1:
        return True
    if tx.execute(sa.select(t.lease.c.name).where(t.lease.c.name == what)).first() is not None:
        return False
    tx.execute(sa.insert(t.lease).values(name=what, owner=worker, until=lease_end()))
    return True


def give_up(tx: Connection, what: str, worker: str) -> None:
    """Let others have what :func:`take` has given us."""
    tx.execute(sa.delete(t.lease).where(t.lease.c.name == what, t.lease.c.owner == worker))


def must_lead(tx: Connection, worker: str) -> None:
    """Raise :class:`LostRaceError` unless ``worker`` leads: it may have stood still beyond its lease."""
    valid = ~lease_over(t.lease.c.owner, t.lease.c.until, worker)
    leads = sa.select(t.lease.c.name).where(t.lease.c.name == LEADER, t.lease.c.owner == worker, valid)
    if tx.execute(leads).first() is None:
        raise LostRaceError("another worker leads by now")


@beside_others
def end_leases(
    tx: Connection, now: datetime, worker: str, look_after: Mapping[str, timedelta] | None = None
) -> list[Post]:
    """Take over what other workers left whose leases are over; on SQLite our lock proves that they are gone.

    ``look_after`` says for each channel how long after its request a post may first be looked for;
    where it says nothing, we look at once.
    """
    over = lease_over(t.post.c.owner, t.post.c.lease_until, worker)
    on_wire = POSTS.where(t.post.c.state.in_(before(PostEvent.LEASE_OVER)), over)
    rows = tx.execute(on_wire.with_for_update(skip_locked=True, of=t.post)).all()
    posts = [post_from(row) for row in rows]
    for post in posts:
        _end_lease(tx, now, post, (look_after or {}).get(post.channel, timedelta(0)))
    return [*posts, *_end_looks(tx, now, over)]


def _end_looks(tx: Connection, now: datetime, over: sa.ColumnElement[bool]) -> list[Post]:
    """Let somebody else look soon where a look was under way; who only asks what is due would not notice."""
    under_way = t.post.c.state.in_(before(PostEvent.CANNOT_TELL)) & (t.post.c.owner != "") & over
    rows = tx.execute(POSTS.where(under_way).with_for_update(skip_locked=True, of=t.post)).all()
    posts = [post_from(row) for row in rows]
    left = t.post.c.id.in_([post.id for post in posts])
    if posts:
        tx.execute(sa.update(t.post).where(left).values(owner="", look_at=now))
    return posts


def _end_lease(tx: Connection, now: datetime, post: Post, look_after: timedelta) -> None:
    values = {"fence": post.fence + 1, "owner": ""}
    why = Reason("its worker was stopped")
    losses = post.lease_losses + 1
    if post.state.value not in before(PostEvent.GIVE_BACK):
        look_at = (now if post.requests > 1 else post.first_sent_at or now) + look_after
        move_post(tx, now, publishing.WORKER, post, PostEvent.LEASE_OVER, why, **values, look_at=look_at)
        receipts.believe_what_is_known(tx, now, post.id)
    elif losses < LOSSES:
        values |= {"key": publishing.new_key(), "lease_losses": losses}
        move_post(tx, now, publishing.WORKER, post, PostEvent.LEASE_OVER, why, **values)
    else:
        error = f"its worker was stopped {losses} times in a row while it prepared this post"
        move_post(
            tx, now, publishing.WORKER, post, PostEvent.CANNOT, why, **values, error=error, lease_losses=0
        )
