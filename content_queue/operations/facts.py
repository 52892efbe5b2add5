"""The facts that the queue keeps: what each says, where it has been, where it goes next."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Kind
from content_queue.lifecycle import UNSENT, ItemState
from content_queue.operations.rows import items_by_id
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item

_LEFT_OUT = (ItemState.REJECTED.value, ItemState.MERGED.value)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with its way through the channels.

    ``out`` and ``coming`` say by channel when it was out last and goes out next; ``used`` is how many of its
    rounds the channel has used up that has had it most often.
    """

    item: Item
    out: Mapping[str, datetime]
    coming: Mapping[str, datetime]
    used: int

    @property
    def stale(self) -> bool:
        """Whether its time is over: somebody says whether it is still true."""
        return self.item.state is ItemState.EXPIRED

    @property
    def wordings(self) -> int:
        """In how many ways it can be said, in the language that has most of them."""
        return max((1 + len(version.wordings) for version in self.item.versions), default=0)

    def due_for_review(self, today: date) -> bool:
        """Say whether its review date has come, or its time is over."""
        return self.stale or (self.item.review_by is not None and self.item.review_by <= today)


def facts(tx: Connection, *, words: str = "", topic: str = "") -> list[Fact]:
    """Return the facts that hold all of ``words`` (without regard to case and accents) and have the topic.

    Those whose time is over come first, then by their review date, then the newest.
    """
    query = sa.select(t.item.c.id).where(t.item.c.kind == Kind.FACT.value, t.item.c.state.not_in(_LEFT_OUT))
    numbers = [row.id for row in tx.execute(query.order_by(t.item.c.id.desc()))]
    wanted = _folded(words).split()
    items = [
        item
        for item in items_by_id(tx, numbers)
        if topic in ("", *item.topics) and all(word in _folded(_said(item)) for word in wanted)
    ]
    way = _ways(tx, [item.id for item in items])
    return sorted((Fact(item, *way(item.id)) for item in items), key=_order)


def topics(tx: Connection) -> list[str]:
    """Return the topics that facts have, in the order of the alphabet."""
    query = sa.select(t.item.c.topics).where(
        t.item.c.kind == Kind.FACT.value, t.item.c.state.not_in(_LEFT_OUT)
    )
    return sorted({topic for row in tx.execute(query) for topic in row.topics}, key=_folded)


def _order(fact: Fact) -> tuple[bool, bool, str, int]:
    review = fact.item.review_by
    return not fact.stale, review is None, review.isoformat() if review else "", -fact.item.id


class _Way:
    def __init__(self) -> None:
        self.out: dict[int, dict[str, datetime]] = defaultdict(dict)
        self.coming: dict[int, dict[str, datetime]] = defaultdict(dict)
        self.used: dict[int, int] = defaultdict(int)

    def __call__(self, item: int) -> tuple[Mapping[str, datetime], Mapping[str, datetime], int]:
        return self.out[item], self.coming[item], self.used[item]


def _ways(tx: Connection, numbers: Sequence[int]) -> _Way:
    """Read of all these items at once where they were and go: a page of facts costs one statement for it."""
    way, post = _Way(), t.post.c
    unsent = post.state.in_([state.value for state in UNSENT])
    waiting, used = sa.case((unsent, post.due_at)), sa.case((post.holds_round & ~unsent, post.round))
    query = (
        sa.select(
            post.item,
            post.channel,
            sa.func.max(post.published_at).label("out"),
            sa.func.min(waiting, type_=t.Moment()).label("coming"),
            sa.func.count(sa.distinct(used)).label("used"),
        )
        .where(post.item.in_(sa.select(t.item.c.id).where(t.item.c.kind == Kind.FACT.value)))
        .group_by(post.item, post.channel)
        .order_by(post.item, post.channel)
    )
    known = set(numbers)
    for row in tx.execute(query):
        if row.item not in known:
            continue
        if row.out is not None:
            way.out[row.item][row.channel] = row.out
        if row.coming is not None:
            way.coming[row.item][row.channel] = row.coming
        way.used[row.item] = max(way.used[row.item], row.used)
    return way


def _said(item: Item) -> str:
    lines = (
        (version.title, version.summary, version.credit, version.figure, version.label, *version.wordings)
        for version in item.versions
    )
    return " ".join([word for line in lines for word in line] + list(item.topics))


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))
