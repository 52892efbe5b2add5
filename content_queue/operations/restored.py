"""After the database went back in time: nothing goes out until the accounts were read, or a person said go.

A restored backup, and a disk that was rolled back behind our back, forget what went out since. So every
channel is held. One whose network lists our own posts is read back: what is found there is published, and the
channel goes on by itself. For one that cannot be read only a person can say go.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason, Scope
from content_queue.lifecycle import PostEvent, before
from content_queue.operations import holds, meta, pulse, receipts, sightings
from content_queue.operations.history import note
from content_queue.operations.rows import POSTS, post_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from content_queue.item import Post

RESTORED = Reason(
    "the database is older than what was posted: the account must be read back, or a person say go"
).text
MARGIN = timedelta(hours=1)
"""The window begins so much before the copy was made: the network's clock and ours may differ."""
_SINCE = "restored since"
_CHANNELS = sa.union(
    sa.select(t.message.c.channel.label("channel")).distinct(),
    sa.select(t.post.c.channel.label("channel")).distinct(),
)
_NEWEST = sa.select(sa.func.max(t.history.c.at))


def written_at(tx: Connection) -> datetime | None:
    """Return until when this database knows what happened, or None for an empty one."""
    newest: datetime | None = tx.execute(_NEWEST).scalar()
    beat = pulse.last(tx)
    return max((moment for moment in (newest, beat) if moment is not None), default=None)


def hold(tx: Connection, now: datetime, channels: Sequence[str] = ()) -> list[str]:
    """Hold every channel that the database or ``channels`` names; return which."""
    since = written_at(tx) or now
    earlier = window(tx)
    if awaiting(tx, now) and earlier is not None:
        since = min(since, earlier + MARGIN)  # restored twice before the first was read back
    meta.write(tx, _SINCE, since.isoformat())
    names = sorted({row.channel for row in tx.execute(_CHANNELS)} | set(channels))
    for name in names:
        holds.hold(tx, now, receipts.WORKER, Scope.CHANNEL, name, RESTORED)
    note(tx, now, receipts.WORKER, "restored", why=Reason("%(words)s", {"words": RESTORED}))
    return names


def window(tx: Connection) -> datetime | None:
    """Return from when on the accounts must be read, or None where nothing was restored."""
    value = meta.read(tx, _SINCE)
    return datetime.fromisoformat(value) - MARGIN if value else None


def due_since(tx: Connection, since: datetime, now: datetime) -> list[Post]:
    """Return the posts that were to go out between ``since`` and ``now``: they may be out already."""
    states = {*before(PostEvent.CLAIM), *before(PostEvent.INTEND), *before(PostEvent.CANNOT_TELL)}
    query = POSTS.where(t.post.c.state.in_(states), t.post.c.due_at >= since - MARGIN, t.post.c.due_at <= now)
    return [post_from(row) for row in tx.execute(query.order_by(t.post.c.due_at, t.post.c.id))]


def awaiting(tx: Connection, now: datetime) -> set[str]:
    """Return the channels that wait to be read back."""
    return {
        known.target
        for known in holds.active(tx, now)
        if known.scope is Scope.CHANNEL and known.reason == RESTORED
    }


def read_back(tx: Connection, now: datetime, channel: str, seen: Sequence[sightings.Seen]) -> int:
    """Take in all that the account posted in the window, and let the channel go on; return what was ours.

    What matches no post yet is remembered: its item may come again.
    """
    sightings.keep(tx, now, channel, sightings.unknown(tx, channel, seen))
    found = sightings.settle(tx, now, channel)
    holds.lift(tx, now, receipts.WORKER, Scope.CHANNEL, channel, RESTORED)
    return found
