"""A circuit breaker for each channel: answers that are lost again and again stop it for a while.

Each lost answer may become a question for a person, so a channel that loses five in a row is held. It lets
go by itself after an hour, since most networks' trouble is over by then, and tries one post; if that answer
is lost too, it waits twice as long, and a day at most: a network that is out of order for a week costs some
ten questions. A person who resumes the channel gives it five tries anew.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.item import Reason, Scope
from content_queue.operations import channels, holds
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

LIMIT = 5
FIRST_WAIT = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=1)
BROKEN = Reason("several answers in a row were lost, and nobody can tell what is out").text
WHO = "worker"
_COUNT = sa.select(t.channel.c.unknowns).where(t.channel.c.name == sa.bindparam("name"))


def lost(tx: Connection, now: datetime, channel: str) -> None:
    """Count an answer that was lost; the fifth in a row, and each after it, holds the channel."""
    count = _count(tx, channel) + 1
    channels.store(tx, channel, unknowns=count)
    if count >= LIMIT:
        holds.hold(tx, now, WHO, Scope.CHANNEL, channel, BROKEN, now + wait(count))


def answered(tx: Connection, _now: datetime, channel: str) -> None:
    """Note that the network gave an answer, whichever: the row is over."""
    if _count(tx, channel):
        channels.store(tx, channel, unknowns=0)


def wait(count: int) -> timedelta:
    """Return how long a channel is held after so many lost answers in a row."""
    return min(FIRST_WAIT * (1 << min(count - LIMIT, 10)), LONGEST_WAIT)


def _count(tx: Connection, channel: str) -> int:
    return tx.execute(_COUNT, {"name": channel}).scalar() or 0
