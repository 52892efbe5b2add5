"""What lifting a hold would let out, and when: shown before it is lifted.

An estimate in the planner's terms: what is due goes out one by one, the channel's gap apart, and what is
overdue at least the catch-up gap apart. Whatever else comes between (a limit, a network) only delays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from content_queue.operations import holds, overview
from content_queue.operations.conditions import CATCH_UP_GAP, STALE_AFTER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Hold, Post, Scope

AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Letting:
    """What lifting would do within a day.

    ``out`` are the posts that go out, each with about when, earliest first; ``still`` those that something
    else holds, ``later`` those that wait for their turn beyond the day.
    """

    lifted: tuple[Hold, ...]
    out: tuple[tuple[Post, datetime], ...]
    still: tuple[Post, ...]
    later: tuple[Post, ...]


def letting_go(
    tx: Connection, now: datetime, scope: Scope, target: str, gaps: Mapping[str, timedelta]
) -> Letting:
    """Return what lifting the holds on exactly this would let out; ``gaps`` is each channel's ``min_gap``."""
    lifted = tuple(one for one in holds.active(tx, now) if (one.scope, one.target) == (scope, target))
    ids = {one.id for one in lifted}
    posts = {post.id: post for one in lifted for post in overview.covered(tx, now, now + AHEAD, one)}
    free: list[Post] = []
    still: list[Post] = []
    for post in sorted(posts.values(), key=lambda post: (max(post.due_at, post.not_before), post.id)):
        others = {hold.id for hold in holds.on_post(tx, post.id, now)} - ids
        (still if others else free).append(post)
    times = _times(tx, now, free, gaps)
    out = sorted(((post, times[post.id]) for post in free), key=lambda pair: pair[1])
    soon = tuple(pair for pair in out if pair[1] < now + AHEAD)
    return Letting(lifted, soon, tuple(still), tuple(post for post, at in out if at >= now + AHEAD))


def _times(
    tx: Connection, now: datetime, posts: list[Post], gaps: Mapping[str, timedelta]
) -> dict[int, datetime]:
    """Return about when each goes out; ``posts`` are in the order of their time."""
    last: dict[str, datetime | None] = {}
    times = {}
    for post in posts:
        gap = gaps.get(post.channel, timedelta(0))
        before = last.setdefault(post.channel, overview.gap_over(tx, post.channel, timedelta(0)))
        at = max(post.due_at, post.not_before, now)
        if before is not None and not post.urgent:
            at = max(at, before + gap)
            if at - post.due_at > STALE_AFTER:
                at = max(at, before + max(gap, CATCH_UP_GAP))
        times[post.id] = last[post.channel] = at
    return times
