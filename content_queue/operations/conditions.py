"""What must hold for a post to leave: asked when it is claimed, and again in the intent's one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from content_queue.calendar import day_start, local_day
from content_queue.item import Scope
from content_queue.lifecycle import ON_THE_WIRE, SENDABLE_ITEM, UNSENT
from content_queue.operations import holds
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

UNLIMITED = 2**31 - 1
NO_BUDGET = 2**62
STALE_AFTER = timedelta(minutes=5)
"""A post due for longer is caught up with: after an outage or a pause they do not go out in a row."""
CATCH_UP_GAP = timedelta(minutes=10)
"""The least time between one post and the next that is caught up with, whatever ``min_gap`` says."""

WAITING = "the network asked this channel to wait"
BUSY = "another post of this channel is on its way"
PASSING: Final = frozenset({WAITING, BUSY})
"""What is over by itself before long; whatever else stands against an urgent post wants a person."""


@dataclass(frozen=True, slots=True)
class Pace:
    """A channel's limits at this moment, handed in by whoever claims.

    Nothing may have gone out after ``gap_since``; ``day_start`` and ``day_end`` bound the local day,
    ``month_start`` the UTC month. ``budget`` is in millionths of a US dollar; None is no limit. ``account``
    are all channels on the same account, which share gap, daily limit, budget and waits; none means this one
    alone. ``french_first`` says that English waits for its French version, ``by_hand`` that people post
    themselves while the channel is locked out: that hold is then none against its posts.
    """

    channel: str
    gap_since: datetime
    day_start: datetime
    day_end: datetime
    month_start: datetime
    late: timedelta
    daily_max: int | None = None
    budget: int | None = None
    account: tuple[str, ...] = ()
    french_first: bool = False
    by_hand: bool = False

    @classmethod
    def at(
        cls,
        now: datetime,
        channel: str,
        zone: ZoneInfo,
        *,
        min_gap: timedelta,
        late: timedelta,
        daily_max: int | None = None,
        budget: int | None = None,
    ) -> Pace:
        """Return a channel's limits at ``now``: the day is its zone's, the month UTC's."""
        today = local_day(zone, now)
        return cls(
            channel=channel,
            gap_since=now - min_gap,
            day_start=day_start(zone, today),
            day_end=day_start(zone, today + timedelta(days=1)),
            month_start=now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0),
            late=late,
            daily_max=daily_max,
            budget=budget,
        )

    def parameters(self, now: datetime) -> dict[str, Any]:
        """Return the values for the statements' bound parameters."""
        return {
            "now": now,
            "fresh_since": now - STALE_AFTER,
            "catch_up_since": now - CATCH_UP_GAP,
            "channel": self.channel,
            "account": list(self.account or (self.channel,)),
            "french_first": self.french_first,
            "by_hand": self.by_hand,
            "gap_since": self.gap_since,
            "day_start": self.day_start,
            "day_end": self.day_end,
            "month_start": self.month_start,
            "daily_max": UNLIMITED if self.daily_max is None else self.daily_max,
            "budget": NO_BUDGET if self.budget is None else self.budget,
        }


_other = t.post.alias("other")
_ACCOUNT = sa.bindparam("account", type_=sa.Text, expanding=True)
_another = _other.c.channel.in_(_ACCOUNT) & (_other.c.id != t.post.c.id)


def _after(name: str) -> sa.ColumnElement[bool]:
    return _other.c.out_at > sa.bindparam(name, type_=t.Moment())


_approved = sa.exists().where(
    t.item.c.id == t.post.c.item,
    t.item.c.revision == t.post.c.revision,
    t.item.c.state == SENDABLE_ITEM.value,
)
_receipt = sa.exists().where(t.attempt.c.post == t.post.c.id, t.attempt.c.remote_id != "")
_held = sa.exists().where(holds.ACTIVE, t.item.c.id == t.post.c.item, holds.covers(t.post, t.item))
_blocks = (
    (sa.bindparam("by_hand", type_=sa.Boolean) == sa.false())
    | (t.hold.c.scope != Scope.CHANNEL.value)
    | (t.hold.c.who != holds.BY_HAND)
)
_blocked = sa.exists().where(
    holds.ACTIVE, t.item.c.id == t.post.c.item, holds.covers(t.post, t.item), _blocks
)
_said = t.message.alias("said")
_in_french = t.message.alias("in_french")
_english = sa.exists().where(_said.c.id == t.post.c.message, _said.c.language == "en")
_french_to_come = sa.exists().where(
    _other.c.item == t.post.c.item,
    _other.c.round == t.post.c.round,
    _other.c.state.in_([state.value for state in (*UNSENT, *ON_THE_WIRE)]),
    _in_french.c.id == _other.c.message,
    _in_french.c.language == "fr",
)
_french_first = sa.bindparam("french_first", type_=sa.Boolean)
_unfetched = sa.exists().where(_said.c.id == t.post.c.message, _said.c.unfetched)
_later = t.channel.c.wait_until > sa.bindparam("now", type_=t.Moment())
_waiting = sa.exists().where(t.channel.c.name.in_(_ACCOUNT), _later)
_on_the_wire = _other.c.state.in_([state.value for state in ON_THE_WIRE])
_wire_busy = sa.exists().where(_another, _on_the_wire)
_own_waiting = sa.exists().where(t.channel.c.name == t.post.c.channel, _later)
_own_busy = sa.exists().where(_other.c.channel == t.post.c.channel, _other.c.id != t.post.c.id, _on_the_wire)
_too_soon = sa.exists().where(_another, _after("gap_since"))
_fresh = t.post.c.not_before >= sa.bindparam("fresh_since", type_=t.Moment())
_caught_up = sa.exists().where(_another, _after("catch_up_since"))
_daily_max = sa.bindparam("daily_max", type_=sa.Integer)
_budget = sa.bindparam("budget", type_=sa.BigInteger)
_day_count = (
    sa.select(sa.func.count())
    .where(_another, _after("day_start"), _other.c.out_at < sa.bindparam("day_end", type_=t.Moment()))
    .scalar_subquery()
)
_month_spend = (
    sa.select(sa.func.coalesce(sa.func.sum(_other.c.cost), 0))
    .where(_another, _after("month_start"))
    .scalar_subquery()
)
_month_reads = (
    sa.select(sa.func.coalesce(sa.func.sum(t.charge.c.cost), 0))
    .where(
        t.charge.c.channel.in_(_ACCOUNT), t.charge.c.month == sa.bindparam("month_start", type_=t.Moment())
    )
    .scalar_subquery()
)


def _here(clause: sa.Exists) -> sa.ColumnElement[bool]:
    return clause.correlate(t.post)


_RULES: Final[Mapping[str, sa.ColumnElement[bool]]] = {
    "its item is not approved with these words": _here(_approved),
    "a receipt for it exists already": ~_here(_receipt),
    "it is held": ~_here(_blocked),
    "its French version goes first": (_french_first == sa.false())
    | ~_here(_english)
    | ~_here(_french_to_come),
    "its picture is not there yet": ~_here(_unfetched),
    WAITING: ~_here(_waiting),
    BUSY: ~_here(_wire_busy),
    "the gap after the channel's last post is not over": t.post.c.urgent | ~_here(_too_soon),
    "it is late, and the channel catches up one by one": t.post.c.urgent | _fresh | ~_here(_caught_up),
    "the channel's limit for today is reached": t.post.c.urgent
    | (_daily_max == UNLIMITED)
    | (_day_count.correlate(t.post) < _daily_max),
    "the channel's budget for this month is used up": (t.post.c.cost == 0)
    | (_budget == NO_BUDGET)
    | (_month_spend.correlate(t.post) + _month_reads + t.post.c.cost <= _budget),
}
EACH: Final = {f"rule_{number}": rule for number, rule in enumerate(_RULES.values())}
REASONS: Final = dict(zip(EACH, _RULES, strict=True))
ALL: Final = sa.and_(*EACH.values())
OF_THE_CHANNEL: Final = frozenset(
    {
        "the network asked this channel to wait",
        "another post of this channel is on its way",
        "the gap after the channel's last post is not over",
        "the channel's limit for today is reached",
    }
)
"""What stands against one post here stands against every later one of the channel."""
APPROVED: Final = _here(_approved)
OPEN: Final = sa.and_(~_here(_held), ~_here(_own_waiting))
QUIET: Final = ~_here(_own_busy)
"""Both must hold for the same bytes to go out again under the same key; the second is soon so."""
