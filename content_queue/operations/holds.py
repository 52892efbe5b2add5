"""Holds: reasons why something does not go out now. Pause is a hold on everything."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason, Scope, item_name, post_name
from content_queue.operations.history import note
from content_queue.operations.rows import hold_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Hold, Post

_NOW = sa.bindparam("now", type_=t.Moment())
BY_HAND = "worker, by hand"
"""Who holds a channel that is locked out, and whose posts people make themselves meanwhile."""
ACTIVE = t.hold.c.lifted_at.is_(None) & (t.hold.c.until.is_(None) | (t.hold.c.until > _NOW))
"""The holds in force at the bound parameter ``now``.

A hold is in force from its commit on, whatever time it bears: a worker read its clock a moment before its
transaction, or was stopped in between, and another machine's clock may be ahead.
"""


def covers(post: sa.FromClause, item: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition under which a row of ``hold`` covers a row of ``post`` and its ``item``."""
    hold, target = t.hold.c, t.hold.c.target
    return sa.or_(
        (hold.scope == Scope.EVERYTHING.value) & (hold.id > post.c.passes),
        (hold.scope == Scope.CHANNEL.value) & ((target == post.c.channel) | _same_account(target, post)),
        (hold.scope == Scope.SOURCE.value) & (target == item.c.source),
        (hold.scope == Scope.PARTNER.value) & (target == item.c.partner) & (target != ""),
        (hold.scope == Scope.TOPIC.value) & _lists(item.c.topics, target),
        (hold.scope == Scope.ITEM.value) & (target == sa.cast(item.c.id, sa.Text)),
        (hold.scope == Scope.POST.value) & (target == sa.cast(post.c.id, sa.Text)),
    )


def _same_account(target: sa.ColumnElement[str], post: sa.FromClause) -> sa.ColumnElement[bool]:
    """Say whether a held channel is on the account of the post's: a hold on one is on all."""
    held, own = t.channel.alias("held_channel"), t.channel.alias("own_channel")
    same = sa.exists().where(
        held.c.name == target,
        own.c.name == post.c.channel,
        held.c.account == own.c.account,
        own.c.account != "",
    )
    return same.correlate(t.hold, post)


def _lists(topics: sa.ColumnElement[object], topic: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Say whether a JSON list of words holds one, to the letter, on every engine: LIKE knows wildcards."""
    text = sa.cast(topics, sa.Text)
    word = sa.func.replace(sa.func.replace(topic, "\\", "\\\\"), '"', '\\"')  # as JSON writes it
    return sa.func.replace(text, '"' + word + '"', "") != text


_ACTIVE_HOLDS = sa.select(t.hold).where(ACTIVE).order_by(t.hold.c.id)
_ON_POST = (
    sa.select(t.hold)
    .select_from(t.hold)
    .join(t.post, t.post.c.id == sa.bindparam("post"))
    .join(t.item, t.item.c.id == t.post.c.item)
    .where(covers(t.post, t.item))
    .order_by(t.hold.c.id)
)
_LIFT = sa.update(t.hold).where(t.hold.c.id == sa.bindparam("hold_id"))


def hold(
    tx: Connection,
    now: datetime,
    who: str,
    scope: Scope,
    target: str,
    reason: str,
    until: datetime | None = None,
) -> int:
    """Put a hold on and return its id; the same hold in force is kept, until the later of the ends."""
    for known in active(tx, now):
        if (known.scope, known.target, known.reason) == (scope, target, reason):
            _prolong(tx, now, who, known, until)
            return known.id
    values = {
        "scope": scope.value,
        "target": target,
        "reason": reason,
        "who": who,
        "since": now,
        "until": until,
    }
    number = tx.execute(sa.insert(t.hold).values(values)).inserted_primary_key
    note(tx, now, who, "hold", item=_item_of(scope, target), why=_what(scope, target, reason))
    return int(number[0]) if number else 0


def lift(
    tx: Connection, now: datetime, who: str, scope: Scope, target: str, reason: str | None = None
) -> list[Hold]:
    """Lift the holds in force on exactly this scope and target, all or those with ``reason``; return them."""
    meant = [known for known in active(tx, now) if (known.scope, known.target) == (scope, target)]
    found = [known for known in meant if reason in (None, known.reason)]
    for known in found:
        tx.execute(_LIFT.values(lifted_at=now, lifted_by=who), {"hold_id": known.id})
        item = _item_of(scope, target)
        note(tx, now, who, "resume", item=item, why=_what(scope, target, known.reason))
    return found


def active(tx: Connection, now: datetime) -> list[Hold]:
    """Return the holds in force, oldest first."""
    return [hold_from(row) for row in tx.execute(_ACTIVE_HOLDS, {"now": now})]


def on_post(tx: Connection, post: int, now: datetime) -> list[Hold]:
    """Return the holds in force that cover a post."""
    rows = tx.execute(_ON_POST.where(ACTIVE), {"post": post, "now": now})
    return [hold_from(row) for row in rows]


def pass_pause(tx: Connection, now: datetime, who: str, posts: Sequence[Post]) -> None:
    """Let posts pass the holds on everything that are in force now; one put on later holds them, too."""
    paused = [known.id for known in active(tx, now) if known.scope is Scope.EVERYTHING]
    if not paused:
        return
    for post in posts:
        tx.execute(sa.update(t.post).where(t.post.c.id == post.id).values(passes=max(paused)))
        note(tx, now, who, "through the pause", item=post.item, post=post.id)


def is_by_hand(tx: Connection, now: datetime, post: int) -> bool:
    """Say whether a post's channel is locked out and people post there themselves meanwhile."""
    return any(known.who == BY_HAND for known in on_post(tx, post, now))


def intervals(tx: Connection, post: int, now: datetime) -> list[tuple[datetime, datetime]]:
    """Return when a post was covered by holds, up to ``now``, as (from, to) pairs that may overlap."""
    rows = tx.execute(_ON_POST, {"post": post})
    return [(row.since, min(end for end in (row.lifted_at, row.until, now) if end)) for row in rows]


def total(spans: Iterable[tuple[datetime, datetime]], after: datetime) -> timedelta:
    """Return how much time after ``after`` the union of ``spans`` covers."""
    covered, reach = timedelta(0), after
    for start, end in sorted(spans):
        if end > reach:
            covered += end - max(start, reach)
            reach = end
    return covered


def _prolong(tx: Connection, now: datetime, who: str, known: Hold, until: datetime | None) -> None:
    if known.until is None or (until is not None and until <= known.until):
        return
    tx.execute(sa.update(t.hold).where(t.hold.c.id == known.id).values(until=until))
    why = _what(known.scope, known.target, known.reason)
    note(tx, now, who, "hold", item=_item_of(known.scope, known.target), why=why)


def _what(scope: Scope, target: str, reason: str) -> Reason:
    if scope is Scope.EVERYTHING:
        return Reason("%(words)s", {"words": reason})
    args = {"scope": scope.value, "target": _name(scope, target), "reason": reason}
    return Reason("%(scope)s %(target)s: %(reason)s", args)


def _name(scope: Scope, target: str) -> str:
    names = {Scope.ITEM: item_name, Scope.POST: post_name}
    return names[scope](int(target)) if scope in names else target


def _item_of(scope: Scope, target: str) -> int | None:
    return int(target) if scope is Scope.ITEM else None
