"""How the bot fares, on one screen: what is wrong first, then each channel's last and next post.

The command line and the desk's home show the same value. It only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.watch.facts import ChannelFacts, Facts
from bot.watch.trouble import Light, Trouble, troubles
from content_queue.item import Hold, Post, Scope
from content_queue.operations import channels, holds, notices, overview
from content_queue.operations.notices import Notice
from content_queue.store.database import Transaction

NOTICED_SINCE = timedelta(days=7)


class ChannelState(StrEnum):
    """How a channel fares, in one word."""

    HELD = "held"
    WAITING = "waiting"
    TROUBLED = "troubled"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """One channel. ``wait_until`` is when its network will be asked again.

    ``spent`` this month (in UTC) and ``budget`` are in millionths of a US dollar.
    """

    name: str
    network: str
    state: ChannelState
    last: Post | None
    next: Post | None
    wait_until: datetime | None
    spent: int
    budget: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """How everything fares at ``at``.

    ``posts`` counts, by state, those that nobody knows the end of yet; ``notices`` is what was noticed in the
    last days, newest first, with when people were told.
    """

    at: datetime
    state: Light
    troubles: tuple[Trouble, ...]
    channels: tuple[ChannelStatus, ...]
    worker: str | None
    pending: int
    posts: Mapping[str, int]
    notices: tuple[Notice, ...] = ()

    def told_at(self, trouble: Trouble) -> datetime | None:
        """Return when people were told of a trouble, or None."""
        key = (trouble.kind.value, trouble.about)
        going_on = (one for one in self.notices if (one.kind, one.about) == key and one.ended_at is None)
        return next((one.told_at for one in going_on), None)


def read(tx: Transaction, now: datetime, facts: Facts) -> Status:
    """Return how everything fares."""
    found = troubles(tx, now, facts)
    held = holds.active(tx, now)
    pending, posts = overview.counts(tx)
    return Status(
        at=now,
        state=next((trouble.severity for trouble in found), Light.GREEN),
        troubles=found,
        channels=tuple(_channel(tx, now, channel, held) for channel in facts.channels),
        worker=facts.worker,
        pending=pending,
        posts=posts,
        notices=tuple(notices.latest(tx, now - NOTICED_SINCE)),
    )


def _channel(tx: Transaction, now: datetime, facts: ChannelFacts, held: list[Hold]) -> ChannelStatus:
    known = channels.condition(tx, facts.name)
    return ChannelStatus(
        name=facts.name,
        network=facts.network,
        state=_state(known, now, facts.name, held),
        last=overview.last(tx, facts.name),
        next=overview.next_one(tx, facts.name),
        wait_until=known.wait_until if known.wait_until and known.wait_until > now else None,
        spent=overview.spent(tx, facts.name, facts.pace(now).month_start),
        budget=facts.budget,
    )


def _state(known: channels.Condition, now: datetime, name: str, held: list[Hold]) -> ChannelState:
    covering = {(Scope.EVERYTHING, ""), (Scope.CHANNEL, name)}
    if any((hold.scope, hold.target) in covering for hold in held):
        return ChannelState.HELD
    if known.wait_until is not None and known.wait_until > now:
        return ChannelState.WAITING
    return ChannelState.TROUBLED if known.trouble_since is not None else ChannelState.WELL
