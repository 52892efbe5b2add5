"""What a channel may spend in a UTC month, and which of its coming posts get their link for it.

First every post is reckoned in its cheapest way, in the order of time, while the month's budget lasts; what
is left buys the dearer way, which carries the link, for the items of highest priority. The look reaches to
the end of the month, so that the first days do not use up what the last ones need.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Kind, Reason
from content_queue.lifecycle import UNSENT
from content_queue.operations.planning import approved_messages, wording_of_round
from content_queue.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from content_queue.item import Message
    from content_queue.planner import Choice

NO_BUDGET_LEFT = Reason("the channel's budget for this month is used up")
_PRIORITY = (Kind.EVENT, Kind.ANNOUNCEMENT, Kind.PRESS, Kind.ARTICLE, Kind.VIDEO, Kind.QUOTE, Kind.FACT)
"""Who gets the link first; before them all what a person gave its time."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A choice with the way it goes out; not ``affordable`` where the month's budget is used up before."""

    choice: Choice
    message: Message
    affordable: bool = True


@dataclass(frozen=True, slots=True)
class _Ways:
    choice: Choice
    rank: tuple[int, int, datetime]
    plain: Message
    full: Message


def month_of(moment: datetime) -> datetime:
    """Return the start of the UTC month, by which networks bill."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_after(moment: datetime) -> datetime:
    """Return the start of the next UTC month."""
    first = month_of(moment)
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def spent_in(tx: Connection, channel: str, month: datetime, account: Sequence[str] = ()) -> int:
    """Return in millionths of a dollar what a month's posts have cost, or will: those that wait count too.

    A post whose fate is unknown counts as spent, and so do those of all channels on the ``account``.
    """
    end = month_after(month)
    out = (t.post.c.out_at >= month) & (t.post.c.out_at < end)
    unsent = t.post.c.state.in_([state.value for state in UNSENT])
    waiting = unsent & (t.post.c.due_at >= month) & (t.post.c.due_at < end)
    query = sa.select(sa.func.coalesce(sa.func.sum(t.post.c.cost), 0)).where(
        t.post.c.channel.in_(account or (channel,)), out | waiting
    )
    return int(tx.execute(query).scalar_one())


def pay(
    tx: Connection, choices: Sequence[Choice], budget: int | None, account: Sequence[str] = ()
) -> list[Paid]:
    """Return how each choice goes out; one that no longer stands is left out.

    ``choices`` are one channel's, in the order of time, and reach to the end of the last month they touch.
    """
    ways = [one for choice in choices for one in _ways(tx, choice)]
    if budget is None:
        return [Paid(one.choice, one.full) for one in ways]
    paid: list[Paid] = []
    for month, its in groupby(ways, key=lambda one: month_of(one.choice.due_at)):
        its_ways = list(its)
        left = budget - spent_in(tx, its_ways[0].choice.channel, month, account)
        paid += _within(its_ways, left)
    return paid


def _within(ways: Sequence[_Ways], left: int) -> list[Paid]:
    affordable: list[_Ways] = []
    for one in ways:
        if one.plain.cost <= left:
            left -= one.plain.cost
            affordable.append(one)
    full: set[int] = set()
    for one in sorted(affordable, key=lambda one: one.rank):
        more = one.full.cost - one.plain.cost
        if more <= left:
            left -= more
            full.add(id(one))
    kept = {id(one) for one in affordable}
    return [Paid(one.choice, one.full if id(one) in full else one.plain, id(one) in kept) for one in ways]


def _ways(tx: Connection, choice: Choice) -> Iterable[_Ways]:
    messages = wording_of_round(approved_messages(tx, choice.item, choice.channel), choice.round)
    if not messages:
        return
    row = tx.execute(sa.select(t.item.c.kind, t.item.c.pinned_at).where(t.item.c.id == choice.item)).one()
    rank = (row.pinned_at is None, _PRIORITY.index(Kind(row.kind)), choice.due_at)
    by_cost = sorted(messages, key=lambda message: message.cost)
    yield _Ways(choice, rank, by_cost[0], by_cost[-1])
