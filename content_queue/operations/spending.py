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
    from content_queue.planner import Choice, Rules

NO_BUDGET_LEFT = Reason("the channel's budget for this month is used up")
READS = 2
"""How often a post is read back: each day the last two days of the account are compared with what we know."""
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


def spent_in(tx: Connection, month: datetime, rules: Rules) -> int:
    """Return in millionths of a dollar what a month has cost, or will: posts that wait count too.

    A post whose fate is unknown counts as spent, and so do those of all channels on the account. What waits
    counts with its being read back.
    """
    end = month_after(month)
    waiting = t.post.c.state.in_([state.value for state in UNSENT])
    at = sa.case((waiting, t.post.c.due_at), else_=t.post.c.out_at)
    cost = sa.case((waiting, t.post.c.cost + READS * rules.read_cost), else_=t.post.c.cost)
    posts = sa.select(sa.func.coalesce(sa.func.sum(cost), 0)).where(_ours(rules), at >= month, at < end)
    return int(tx.execute(posts).scalar_one()) + _charged(tx, month, rules)


def charge(tx: Connection, now: datetime, channel: str, cost: int) -> None:
    """Note what a channel spent, in millionths of a dollar, on an act that is no post's, such as a read."""
    row = (t.charge.c.channel == channel) & (t.charge.c.month == month_of(now))
    known = sa.update(t.charge).where(row).values(cost=t.charge.c.cost + cost)
    if tx.execute(known).rowcount == 0:
        tx.execute(sa.insert(t.charge).values(channel=channel, month=month_of(now), cost=cost))


def may_read(tx: Connection, now: datetime, since: datetime, rules: Rules) -> bool:
    """Tell whether the month's budget still pays for reading the account's posts since ``since``."""
    if rules.budget is None or rules.read_cost == 0:
        return True
    month = month_of(now)
    totals = sa.select(
        sa.func.coalesce(sa.func.sum(sa.case((t.post.c.out_at >= month, t.post.c.cost), else_=0)), 0),
        sa.func.coalesce(sa.func.sum(sa.case((t.post.c.out_at >= since, rules.read_cost), else_=0)), 0),
    ).where(_ours(rules), t.post.c.out_at >= min(month, since))
    spent, reading = tx.execute(totals).one()
    return int(spent) + int(reading) + _charged(tx, month, rules) <= rules.budget


def _ours(rules: Rules) -> sa.ColumnElement[bool]:
    return t.post.c.channel.in_(rules.account or (rules.channel,))


def _charged(tx: Connection, month: datetime, rules: Rules) -> int:
    ours = t.charge.c.channel.in_(rules.account or (rules.channel,)) & (t.charge.c.month == month)
    return int(
        tx.execute(sa.select(sa.func.coalesce(sa.func.sum(t.charge.c.cost), 0)).where(ours)).scalar_one()
    )


def pay(tx: Connection, choices: Sequence[Choice], rules: Rules) -> list[Paid]:
    """Return how each choice goes out; one that no longer stands is left out.

    ``choices`` are one channel's, in the order of time, and reach to the end of the last month they touch.
    """
    ways = [one for choice in choices for one in _ways(tx, choice)]
    if rules.budget is None:
        return [Paid(one.choice, one.full) for one in ways]
    paid: list[Paid] = []
    for month, its in groupby(ways, key=lambda one: month_of(one.choice.due_at)):
        paid += _within(list(its), rules.budget - spent_in(tx, month, rules), READS * rules.read_cost)
    return paid


def _within(ways: Sequence[_Ways], left: int, reading: int) -> list[Paid]:
    affordable: list[_Ways] = []
    for one in ways:
        if one.plain.cost + reading <= left:
            left -= one.plain.cost + reading
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
