"""What waits for moderators: what to judge first, and what has waited too long.

Three hundred partners must not drown a few people: news that nobody judged in a week is no news.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue.item import Kind, Reason
from content_queue.lifecycle import PENDING_ITEM, SENDABLE_ITEM
from content_queue.operations.rows import items_by_id
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item
    from content_queue.planner import Need

WAITS: Final = {
    Kind.ARTICLE: timedelta(days=7),
    Kind.PRESS: timedelta(days=7),
    Kind.EVENT: timedelta(days=14),
    Kind.ANNOUNCEMENT: timedelta(days=14),
    Kind.VIDEO: timedelta(days=30),
}
"""How long what sources bring waits unless the settings say otherwise; facts and quotes wait for good."""
TOO_LATE = Reason("nobody judged it within %(days)s days: reopen it if it may still go out")

NOTHING: Final[Need] = MappingProxyType({})
ENDS: Final = 500
"""Of each kind so many of the oldest and so many of the newest are weighed against each other: a page then
costs the same however much waits, and what lies between comes up as these are judged."""

_VERSION = (t.version.c.item == t.item.c.id) & (t.version.c.revision == t.item.c.revision)
_SPOKEN = (
    sa.select(t.item.c.id, t.item.c.kind, t.version.c.language)
    .join(t.version, _VERSION)
    .where(t.item.c.state == sa.bindparam("state"))
)
_YET_TO_GO = ~sa.exists().where(t.post.c.item == t.item.c.id, t.post.c.out_at.is_not(None))
_STOCK = (
    sa.select(t.item.c.kind, t.version.c.language, sa.func.count())
    .join(t.version, _VERSION)
    .where(t.item.c.state == SENDABLE_ITEM.value, _YET_TO_GO)
    .group_by(t.item.c.kind, t.version.c.language)
)
_OF_KIND = sa.select(t.item.c.id, t.item.c.revision).where(
    t.item.c.state == PENDING_ITEM.value, t.item.c.kind == sa.bindparam("kind")
)
_MOMENT = sa.bindparam("moment", type_=t.Moment())
_UNTOUCHED = _OF_KIND.where(
    t.item.c.created_at <= _MOMENT,
    t.item.c.source != "",
    t.item.c.pinned_at.is_(None),
    ~sa.exists().where(t.history.c.item == t.item.c.id, t.history.c.at > _MOMENT),
)


def _at_one_end(order: sa.ColumnElement[int]) -> sa.Select[int, str]:
    some = _OF_KIND.order_by(order).limit(sa.bindparam("ends")).subquery()
    theirs = (t.version.c.item == some.c.id) & (t.version.c.revision == some.c.revision)
    return sa.select(some.c.id, t.version.c.language).join(t.version, theirs)


_AT_THE_ENDS = (_at_one_end(t.item.c.id.asc()), _at_one_end(t.item.c.id.desc()))


def to_judge(
    tx: Connection, limit: int | None = None, ends: int = ENDS, *, need: Need = NOTHING
) -> list[Item]:
    """Return the items that wait for a moderator: first those of which the next empty slots have least.

    That is the kind and language of which what is approved and has yet to go out lasts least long: ``need``
    is what a week of slots takes of each. What no slot takes comes last, the scarcest of it first, as all
    does without a need. Of one kind and language the oldest comes first. Where more than twice ``ends`` of a
    kind wait, those between its oldest and its newest have yet to come up.
    """
    stock = {(kind, language): count for kind, language, count in tx.execute(_STOCK)}
    least: dict[int, tuple[float, int]] = {}
    for kind in Kind:
        for number, language in _weighed(tx, kind, ends):
            ready, asked = stock.get((kind.value, language), 0), need.get((kind, language), 0)
            lasts = (ready / asked if asked else inf, ready)
            least[number] = min(lasts, least.get(number, lasts))
    return items_by_id(tx, sorted(least, key=lambda number: (least[number], number))[:limit])


def _weighed(tx: Connection, kind: Kind, ends: int) -> list[tuple[int, str]]:
    """Return the oldest and the newest items of a kind that wait, with each language that they speak.

    Where few wait some stand there twice.
    """
    asked = {"kind": kind.value, "ends": ends}
    return [(number, language) for end in _AT_THE_ENDS for number, language in tx.execute(end, asked)]


def to_judge_in(tx: Connection) -> dict[str, int]:
    """Return how many items that wait for a moderator have words in each language."""
    found = Counter(row.language for row in tx.execute(_SPOKEN, {"state": PENDING_ITEM.value}))
    return dict(found)


def unjudged(tx: Connection, now: datetime, waits: Mapping[Kind, timedelta]) -> list[tuple[Item, Reason]]:
    """Return the items of sources that waited too long for their kind, each with the rule that says so.

    Whatever happens to an item meanwhile (a change at its source, a reopening) starts its time anew.
    """
    found = []
    for kind, wait in waits.items():
        if wait:
            why = Reason(TOO_LATE.text, {"days": f"{wait / timedelta(days=1):g}"})
            found += [(item, why) for item in _untouched_since(tx, kind, now - wait)]
    return found


def _untouched_since(tx: Connection, kind: Kind, moment: datetime) -> list[Item]:
    found = tx.execute(_UNTOUCHED, {"kind": kind.value, "moment": moment})
    return items_by_id(tx, list(found.scalars()))
