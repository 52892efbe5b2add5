"""Where posts lead: what is to be looked at before they go out, and the holds on those that lead nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Scope
from content_queue.lifecycle import PostEvent, before
from content_queue.operations import holds
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Hold, Reason

LINKS = "links"
"""Who holds a post whose link leads nowhere."""
_LED = (
    sa.select(t.post.c.id, t.item.c.source, t.version.c.url)
    .join(t.message, t.message.c.id == t.post.c.message)
    .join(t.item, t.item.c.id == t.post.c.item)
    .join(
        t.version,
        (t.version.c.item == t.message.c.item)
        & (t.version.c.revision == t.message.c.revision)
        & (t.version.c.language == t.message.c.language),
    )
    .where(t.message.c.link != "", t.version.c.url != "")
    .order_by(t.post.c.due_at, t.post.c.id)
)
_OF_POST = _LED.where(t.post.c.id == sa.bindparam("post"))
_COMING = _LED.where(
    t.post.c.state.in_(before(PostEvent.CLAIM)), t.post.c.due_at <= sa.bindparam("until", type_=t.Moment())
)


@dataclass(frozen=True, slots=True)
class Led:
    """Where a post leads: its item's own address, without what a campaign adds. ``source`` brought it."""

    post: int
    source: str
    address: str


def of_post(tx: Connection, post: int) -> Led | None:
    """Return where a post leads, None where its words have no link."""
    row = tx.execute(_OF_POST, {"post": post}).first()
    return None if row is None else Led(row.id, row.source, row.url)


def coming(tx: Connection, until: datetime) -> list[Led]:
    """Return where the posts lead that go out by ``until``, held ones among them, the next one first."""
    return [Led(row.id, row.source, row.url) for row in tx.execute(_COMING, {"until": until})]


def hold(tx: Connection, now: datetime, post: int, why: Reason) -> bool:
    """Hold a post because of its link; return whether it is held now.

    It is not where a person took the same hold off before: they have seen the page, and mean it.
    """
    target = str(post)
    if _overruled(tx, target, why.text):
        return False
    holds.hold(tx, now, LINKS, Scope.POST, target, why.text)
    return True


def lift(tx: Connection, now: datetime, post: int) -> bool:
    """Take our own holds off a post whose link is well; return whether there were any."""
    found = [known for known in held(tx, now) if known.target == str(post)]
    for known in found:
        holds.lift(tx, now, LINKS, Scope.POST, known.target, known.reason)
    return bool(found)


def held(tx: Connection, now: datetime) -> list[Hold]:
    """Return our own holds in force."""
    return [known for known in holds.active(tx, now) if known.who == LINKS]


def _overruled(tx: Connection, target: str, reason: str) -> bool:
    hold = t.hold.c
    query = sa.select(
        sa.exists().where(
            hold.who == LINKS,
            hold.scope == Scope.POST.value,
            hold.target == target,
            hold.reason == reason,
            hold.lifted_at.is_not(None),
            hold.lifted_by != LINKS,
        )
    )
    return bool(tx.execute(query).scalar())
