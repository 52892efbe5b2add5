"""The machine's clock was set: what is remembered of it, and the hold where it is beyond belief."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from content_queue.item import Reason, Scope
from content_queue.operations import holds, meta
from content_queue.operations.history import note

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

CLOCK = "clock"
"""Who holds everything where the clock cannot be believed."""
ASTRAY = Reason(
    "the machine's clock jumped by more than a day: set it right and all goes on, or say that it is right now"
).text
FORWARD = Reason("the machine's clock went forward by %(minutes)s minutes")
BACK = Reason("the machine's clock went back by %(minutes)s minutes")
_AT, _BY = "clock jumped at", "clock jumped by"


def remember(tx: Connection, now: datetime, by: timedelta) -> None:
    """Remember the newest jump: ``by`` is how far the clock went, negative is back."""
    meta.write(tx, _AT, now.isoformat())
    meta.write(tx, _BY, str(int(by.total_seconds())))
    note(tx, now, CLOCK, "clock", why=told(by))


def told(by: timedelta) -> Reason:
    """Say in words how far the clock went."""
    minutes = str(int(abs(by) / timedelta(minutes=1)))
    return Reason((FORWARD if by > timedelta(0) else BACK).text, {"minutes": minutes})


def newest(tx: Connection) -> tuple[datetime, timedelta] | None:
    """Return what the clock said after its newest jump, and how far it went, or None where it never did."""
    at = meta.read(tx, _AT)
    if not at:
        return None
    return datetime.fromisoformat(at), timedelta(seconds=int(meta.read(tx, _BY)))


def distrust(tx: Connection, now: datetime, by: timedelta) -> None:
    """Hold everything: the clock went too far to be believed without a person's word."""
    remember(tx, now, by)
    holds.hold(tx, now, CLOCK, Scope.EVERYTHING, "", ASTRAY)


def distrusted(tx: Connection, now: datetime) -> bool:
    """Say whether the clock's hold stands: a person who resumes everything takes it off."""
    return any(known.who == CLOCK for known in holds.active(tx, now))


def trust(tx: Connection, now: datetime) -> None:
    """Take the hold off: the clock is what it should be, as if it had never been set."""
    meta.write(tx, _AT, "")
    holds.lift(tx, now, CLOCK, Scope.EVERYTHING, "", ASTRAY)
