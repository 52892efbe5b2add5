"""The queue at a glance: what status and health ask, in few cheap statements. Only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.lifecycle import (
    ASKS_A_PERSON,
    NEW_POST,
    ON_THE_WIRE,
    OUT,
    PENDING_ITEM,
    UNDECIDED,
    UNSENT,
    PostEvent,
    before,
    step_post,
)
from content_queue.operations import holds
from content_queue.operations.conditions import ALL, UNLIMITED
from content_queue.operations.rows import POSTS, post_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Hold, Post
    from content_queue.operations.conditions import Pace
    from content_queue.operations.rows import Record

OVERDUE = timedelta(minutes=5)
"""A post that could have gone out for so long and has not: publishing has stopped."""
A_FEW = 20
"""How many posts of one trouble are shown; the counts say how many there are."""

_CHANNEL = sa.bindparam("channel", type_=sa.Text)
_CUTOFF = sa.bindparam("cutoff", type_=t.Moment())
_MISSED = step_post(NEW_POST, PostEvent.LATE).value
_OUT = [state.value for state in OUT]
_UNSENT = [state.value for state in UNSENT]
_WIRE = [state.value for state in ON_THE_WIRE]
_ASKING = [state.value for state in ASKS_A_PERSON]

_LAST = (
    POSTS.where(t.post.c.channel == _CHANNEL, t.post.c.out_at.is_not(None), t.post.c.state.in_(_OUT))
    .order_by(t.post.c.out_at.desc())
    .limit(1)
)
_NEXT = (
    POSTS.where(t.post.c.channel == _CHANNEL, t.post.c.state.in_(_UNSENT))
    .order_by(t.post.c.due_at, t.post.c.id)
    .limit(1)
)
_SINCE = sa.bindparam("since", type_=t.Moment())
_POSTS_COST = sa.select(sa.func.coalesce(sa.func.sum(t.post.c.cost), 0)).where(
    t.post.c.channel == _CHANNEL, t.post.c.out_at >= _SINCE
)
_CHARGED = sa.select(sa.func.coalesce(sa.func.sum(t.charge.c.cost), 0)).where(
    t.charge.c.channel == _CHANNEL, t.charge.c.month >= _SINCE
)
_SPENT = sa.select(_POSTS_COST.scalar_subquery() + _CHARGED.scalar_subquery())
_FREE = (
    sa.select(t.post.c.id, t.post.c.due_at, t.post.c.not_before, t.post.c.cost, t.post.c.urgent)
    .where(
        t.post.c.channel == _CHANNEL,
        t.post.c.state.in_(before(PostEvent.CLAIM)),
        t.post.c.due_at <= _CUTOFF,
        t.post.c.not_before <= _CUTOFF,
        ALL,
    )
    .order_by(t.post.c.due_at, t.post.c.id)
    .limit(A_FEW)
)
_last_step = (
    sa.select(t.history.c.at)
    .where(t.history.c.post == t.post.c.id)
    .order_by(t.history.c.id.desc())
    .limit(1)
    .correlate(t.post)
    .scalar_subquery()
)
_STUCK = sa.select(t.post.c.id, _last_step.label("since")).where(
    t.post.c.channel == _CHANNEL, t.post.c.state.in_(_WIRE), _last_step <= _CUTOFF
)
_UNREAD = sa.select(t.post.c.id, t.post.c.look_at.label("since")).where(
    t.post.c.channel == _CHANNEL,
    t.post.c.state.in_(before(PostEvent.CANNOT_TELL)),
    t.post.c.look_at <= _CUTOFF,
)
_WEEK = timedelta(days=7)
_NEWEST = POSTS.order_by(t.post.c.due_at.desc()).limit(A_FEW)
_ASKED = _NEWEST.where(t.post.c.state.in_(_ASKING))
_MISSED_SINCE = _NEWEST.where(
    t.post.c.state == _MISSED,
    t.post.c.due_at >= sa.bindparam("due", type_=t.Moment()),
    t.post.c.late_at >= sa.bindparam("since", type_=t.Moment()),
)
_LAST_OUT = sa.select(sa.func.max(t.post.c.out_at)).where(t.post.c.channel == _CHANNEL)
_WAIT = sa.select(t.channel.c.wait_until).where(t.channel.c.name == _CHANNEL)


@dataclass(frozen=True, slots=True)
class Overdue:
    """A post that nothing has stood against since ``since``, and that nobody has moved on."""

    post: int
    channel: str
    since: datetime


def last(tx: Connection, channel: str) -> Post | None:
    """Return the channel's newest post that the public sees."""
    return _one(tx, _LAST, channel)


def next_one(tx: Connection, channel: str) -> Post | None:
    """Return the channel's next planned post, or the one that is being prepared."""
    return _one(tx, _NEXT, channel)


def spent(tx: Connection, channel: str, since: datetime) -> int:
    """Return in millionths of a dollar what the channel has spent since ``since``, the start of a month."""
    return int(tx.execute(_SPENT, {"channel": channel, "since": since}).scalar_one())


def overdue(tx: Connection, now: datetime, pace: Pace, patience: timedelta = OVERDUE) -> list[Overdue]:
    """Return the channel's posts that should have moved on ``patience`` ago, longest first."""
    values = {"cutoff": now - patience, **pace.parameters(now)}
    stuck = [Overdue(row.id, pace.channel, row.since) for row in tx.execute(_STUCK, values)]
    unread = [Overdue(row.id, pace.channel, row.since) for row in tx.execute(_UNREAD, values)]
    waiting = [_waiting(tx, now, pace, row) for row in tx.execute(_FREE, values).all()]
    found = [*stuck, *unread, *(one for one in waiting if one.since <= now - patience)]
    return sorted(found, key=lambda one: one.since)


def gap_over(tx: Connection, channel: str, gap: timedelta) -> datetime | None:
    """Return when the gap after the channel's last post is over, or None where nothing went out."""
    last: datetime | None = tx.execute(_LAST_OUT, {"channel": channel}).scalar()
    return None if last is None else last + gap


def missed(tx: Connection, since: datetime) -> list[Post]:
    """Return posts whose slot was missed since ``since``, newest first."""
    return [post_from(row) for row in tx.execute(_MISSED_SINCE, {"since": since, "due": since - _WEEK})]


def asking(tx: Connection) -> list[Post]:
    """Return the newest posts that only a person can move on."""
    return [post_from(row) for row in tx.execute(_ASKED)]


def counts(tx: Connection, most: int | None = None) -> tuple[int, dict[str, int]]:
    """Return how many items wait for a moderator, and how many posts stand in each state yet undecided.

    What waits is counted up to ``most``: every page of the desk asks.
    """
    some = sa.select(t.item.c.id).where(t.item.c.state == PENDING_ITEM.value).limit(most)
    pending = sa.select(sa.func.count()).select_from(some.subquery())
    undecided = t.post.c.state.in_([state.value for state in UNDECIDED])
    query = sa.select(t.post.c.state, sa.func.count()).where(undecided).group_by(t.post.c.state)
    return int(tx.execute(pending).scalar_one()), {row[0]: row[1] for row in tx.execute(query)}


def covered(tx: Connection, now: datetime, until: datetime, hold: Hold) -> list[Post]:
    """Return the posts planned up to ``until`` that ``hold`` covers, earliest first."""
    query = (
        POSTS.join(t.item, t.item.c.id == t.post.c.item)
        .join(t.hold, t.hold.c.id == hold.id)
        .where(t.post.c.state.in_(_UNSENT), t.post.c.due_at < until, holds.ACTIVE)
        .where(holds.covers(t.post, t.item))
        .order_by(t.post.c.due_at, t.post.c.id)
    )
    return [post_from(row) for row in tx.execute(query, {"now": now})]


def _one(tx: Connection, query: sa.Select[tuple[object, ...]], channel: str) -> Post | None:
    row = tx.execute(query, {"channel": channel}).first()
    return post_from(row) if row is not None else None


def _waiting(tx: Connection, now: datetime, pace: Pace, row: Record) -> Overdue:
    """Say since when nothing has stood against a due post: what ended a moment ago is no delay of ours."""
    ends = [end for _, end in holds.intervals(tx, row.id, now) if end < now]
    waited = tx.execute(_WAIT, {"channel": pace.channel}).scalar()
    last_out = tx.execute(_LAST_OUT, {"channel": pace.channel}).scalar()
    gap_over = last_out + (now - pace.gap_since) if last_out is not None else None
    fresh = [pace.day_start] if pace.daily_max not in (None, UNLIMITED) else []
    fresh += [pace.month_start] if row.cost and pace.budget is not None else []
    known = [row.due_at, row.not_before, *ends, *fresh, *(end for end in (waited, gap_over) if end)]
    return Overdue(row.id, pace.channel, max(known))
