"""Reading back: what becomes of a post whose request nobody can tell the fate of.

A look never sends. Only where the network maps our key to one post may the same bytes go out again under
the same key, and only within the time for which the network remembers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.lifecycle import SENDABLE_ITEM, PostEvent, before
from content_queue.operations import publishing, receipts
from content_queue.operations.conditions import APPROVED, OPEN, QUIET
from content_queue.operations.history import NO_REASON
from content_queue.operations.moves import LostRaceError, move_post
from content_queue.operations.rows import POSTS, locked_post, post_by_id, post_from
from content_queue.store import tables as t
from content_queue.store.beside import beside_others, mine
from content_queue.store.leasing import lease_end

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Post

_RESEND = Reason("the channel says: resend what is uncertain")
LONGEST_CHECK = timedelta(days=1)
"""A network that cannot be asked for so long leaves the question to a person."""
_DUE = (
    POSTS.where(
        t.post.c.state.in_(before(PostEvent.CANNOT_TELL)),
        t.post.c.look_at <= sa.bindparam("now", type_=t.Moment()),
    )
    .order_by(t.post.c.look_at)
    .limit(100)
)
_TAKE = (
    sa.update(t.post)
    .where(
        t.post.c.id == sa.bindparam("post"),
        t.post.c.fence == sa.bindparam("old_fence"),
        t.post.c.state.in_(before(PostEvent.CANNOT_TELL)),
    )
    .values(
        fence=t.post.c.fence + 1,
        owner=sa.bindparam("new_owner"),
        look_at=sa.bindparam("next", type_=t.Moment()),
        lease_until=lease_end(),
    )
)

_AGAINST = sa.select(APPROVED.label("approved"), OPEN.label("open"), QUIET.label("quiet")).where(
    t.post.c.id == sa.bindparam("post")
)


@dataclass(frozen=True, slots=True)
class LookRules:
    """How a channel reads back: so many looks, ``between`` apart, and whether it may send again.

    ``resend_within`` counts from the first request; None is for ever. ``on_uncertain`` is the operator's
    word: "ask", "drop" or "resend".
    """

    looks: int
    between: timedelta
    resend: bool = False
    resend_within: timedelta | None = None
    on_uncertain: str = "ask"


def due(tx: Connection, now: datetime) -> list[Post]:
    """Return the posts that wait for a look now."""
    return [post_from(row) for row in tx.execute(_DUE, {"now": now})]


@beside_others
def take(tx: Connection, post: Post, worker: str, until: datetime) -> Post:
    """Take a post for one look; until ``until`` nobody else looks. Raises :class:`LostRaceError`."""
    values = {"post": post.id, "old_fence": post.fence, "new_owner": worker, "next": until}
    if tx.execute(_TAKE, values).rowcount != 1:
        message = f"p{post.id} was taken over"
        raise LostRaceError(message)
    return post_by_id(tx, post.id)


def known_ids(tx: Connection, post: Post) -> frozenset[str]:
    """Return the remote ids of the channel's other posts: they are not this one's."""
    rows = tx.execute(
        sa.select(t.post.c.remote_id).where(
            t.post.c.channel == post.channel, t.post.c.remote_id != "", t.post.c.id != post.id
        )
    )
    return frozenset(row.remote_id for row in rows)


@beside_others
def found(tx: Connection, now: datetime, post: Post, remote_id: str, remote_url: str) -> None:
    """Note that the look found the post."""
    proof = (remote_id, remote_url)
    receipts.evidence(tx, now, post, "look", PostEvent.FOUND, "", proof)
    current = locked_post(tx, post.id)
    receipts.believe(tx, now, current, *proof, same_fence=current.fence == post.fence)


@beside_others
def not_found(tx: Connection, now: datetime, post: Post, rules: LookRules) -> Post | None:
    """Note a look that saw nothing; return the post if the same bytes may go out again under its key."""
    receipts.evidence(tx, now, post, "look", PostEvent.CANNOT_TELL, "nothing seen")
    looks = post.looks + 1
    if looks < rules.looks:
        _look_again(tx, post, looks, now + rules.between)
    elif not _may_repeat(post, rules, now):
        cannot_tell(tx, now, post, rules)
    else:
        return _repeat_unless_stopped(tx, now, post, rules)
    return None


@beside_others
def unreadable(tx: Connection, now: datetime, post: Post, rules: LookRules, why: str) -> None:
    """Note that the network will not let us read; it counts as a look, but never as "it is not there"."""
    receipts.evidence(tx, now, post, "look", PostEvent.CANNOT_TELL, why)
    looks = post.looks + 1
    if looks < rules.looks:
        _look_again(tx, post, looks, now + rules.between)
    else:
        cannot_tell(tx, now, post, rules)


@beside_others
def blind(tx: Connection, now: datetime, post: Post, rules: LookRules, why: str) -> None:
    """Note that the network could not be asked; after a day a person is."""
    receipts.evidence(tx, now, post, "look", PostEvent.CANNOT_TELL, why)
    _wait_or_ask(tx, now, post, rules)


@beside_others
def cannot_tell(tx: Connection, now: datetime, post: Post, rules: LookRules) -> None:
    """Put the post before a person, or do what the operator said for such a case.

    By rule it is sent again once at most, and only while its words are approved.
    """
    move_post(tx, now, publishing.WORKER, post, PostEvent.CANNOT_TELL, _because(post), look_at=None, owner="")
    uncertain = post_by_id(tx, post.id)
    if rules.on_uncertain == "drop":
        drop(tx, now, publishing.WORKER, uncertain, Reason("the channel says: drop what is uncertain"))
    elif rules.on_uncertain == "resend" and post.unproven <= 1 and _words_now(tx, post) is not None:
        send_again(tx, now, publishing.WORKER, uncertain, _RESEND, event=PostEvent.RESEND)


def drop(tx: Connection, now: datetime, who: str, post: Post, why: Reason = NO_REASON) -> None:
    """End an uncertain or failed post; its round stays used, for it may be out."""
    move_post(tx, now, who, post, PostEvent.DROP, why, holds_round=True)


def send_again(
    tx: Connection,
    now: datetime,
    who: str,
    post: Post,
    why: Reason = NO_REASON,
    *,
    event: PostEvent,
    again: datetime | None = None,
) -> None:
    """Plan a post anew by ``event`` ("resend" or "retry"), under a new key and for now, or for ``again``.

    What goes out is what is approved now. Raises :class:`LostRaceError` where nothing is.
    """
    words = _words_now(tx, post)
    if words is None:
        message = f"i{post.item} has no approved text for {post.channel}: approve it first"
        raise LostRaceError(message)
    values = {"key": publishing.new_key(), "requests": 0, "first_sent_at": None, "looks": 0, "frozen": b""}
    due_at = again or now
    values |= {"due_at": due_at, "not_before": due_at, "late_at": None, "progress": {}, "error": "", **words}
    move_post(tx, now, who, post, event, why, fence=post.fence + 1, owner="", **values)


def _words_now(tx: Connection, post: Post) -> dict[str, int] | None:
    # a person may have corrected and approved the item since
    row = tx.execute(
        sa.select(t.message.c.id, t.message.c.revision, t.message.c.cost)
        .join(t.item, (t.item.c.id == t.message.c.item) & (t.item.c.revision == t.message.c.revision))
        .where(
            t.message.c.item == post.item,
            t.message.c.channel == post.channel,
            t.item.c.state == SENDABLE_ITEM.value,
        )
        .order_by((t.message.c.variant == post.message.variant).desc(), t.message.c.id)
    ).first()
    return None if row is None else {"message": row.id, "revision": row.revision, "cost": row.cost}


def _look_again(tx: Connection, post: Post, looks: int, when: datetime) -> None:
    ours = (t.post.c.id == post.id) & (t.post.c.fence == post.fence)
    tx.execute(sa.update(t.post).where(ours).values(looks=looks, look_at=when, owner=""))


def _may_repeat(post: Post, rules: LookRules, now: datetime) -> bool:
    if not rules.resend or post.first_sent_at is None:
        return False
    return rules.resend_within is None or now - post.first_sent_at < rules.resend_within


def _repeat_unless_stopped(tx: Connection, now: datetime, post: Post, rules: LookRules) -> Post | None:
    ours = mine(tx, f"channel {post.channel}")  # before we look: nobody claims on this channel meanwhile
    row = tx.execute(_AGAINST, {"post": post.id, "now": now}).one()
    if not row.approved:
        cannot_tell(tx, now, post, rules)  # withdrawn or changed meanwhile: never send it by ourselves
    elif not row.open:
        _wait_or_ask(tx, now, post, rules)
    elif row.quiet and ours:
        return _repeat(tx, now, post)
    else:
        _look_again(tx, post, post.looks, now + rules.between)  # another post of the channel is on its way
    return None


def _wait_or_ask(tx: Connection, now: datetime, post: Post, rules: LookRules) -> None:
    if now - (post.first_sent_at or now) > LONGEST_CHECK:
        cannot_tell(tx, now, post, rules)
    else:
        _look_again(tx, post, post.looks, now + max(rules.between, timedelta(minutes=1)))


def _repeat(tx: Connection, now: datetime, post: Post) -> Post:
    counts = {"requests": post.requests + 1, "attempts": post.attempts + 1, "looks": 0}
    move_post(
        tx,
        now,
        publishing.WORKER,
        post,
        PostEvent.AGAIN,
        fence=post.fence + 1,
        lease_until=lease_end(),
        **counts,
    )
    again = post_by_id(tx, post.id)
    receipts.evidence(tx, now, again, "intent", PostEvent.AGAIN, "the same bytes under the same key")
    return again


def _because(post: Post) -> Reason:
    return Reason(
        "nobody can tell whether it is out: %(what)s", {"what": post.error or "the worker was stopped"}
    )
