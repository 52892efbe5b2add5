"""The digest that moderators get of what waits to be judged: which hours each chose, when each was told.

A digest goes out once. One whose hour passed while nobody could send it is left out after an hour: the next
one holds the same items.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from content_queue.item import Reason
from content_queue.operations import chat, meta
from content_queue.operations.history import note
from content_queue.people import decides

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy.engine import Connection

    from content_queue.people import Person

USUAL: Final = (time(8, 30), time(16, 0))
MOST = 6
"""So many hours a day may somebody choose."""
LATE = timedelta(hours=1)
_NEVER = "-"


def hours(tx: Connection, person: Person) -> tuple[time, ...]:
    """Return the hours of a person's digest, earliest first; none where there is to be none."""
    kept = meta.read(tx, _hours_of(person))
    if not kept:
        return USUAL
    return () if kept == _NEVER else tuple(time.fromisoformat(hour) for hour in kept.split())


def choose(tx: Connection, now: datetime, person: Person, chosen: str) -> tuple[time, ...]:
    """Keep a person's hours, as "08:30 16:00", "" for no digest; return them.

    Raises ValueError for what is no hour, and for more than six.
    """
    wanted = tuple(sorted({_hour(word) for word in chosen.replace(",", " ").split()}))
    if len(wanted) > MOST:
        message = f"a digest comes at {MOST} hours of a day at most"
        raise ValueError(message)
    words = " ".join(f"{hour:%H:%M}" for hour in wanted) or _NEVER
    meta.write(tx, _hours_of(person), words)
    note(tx, now, person.who, "digest hours", why=Reason("%(words)s", {"words": words}))
    return wanted


def due(tx: Connection, now: datetime, zone: ZoneInfo) -> list[tuple[Person, int]]:
    """Return who is to get a digest now, each with the number of the account: those who may decide."""
    return [
        (person, number)
        for person, number in chat.linked(tx)
        if decides(person) and _is_due(tx, now, zone, person)
    ]


def told(tx: Connection, now: datetime, person: Person) -> None:
    """Note that a person's digest of this hour is on its way; it is not sent a second time."""
    meta.write(tx, _told_of(person), now.isoformat())


def _is_due(tx: Connection, now: datetime, zone: ZoneInfo, person: Person) -> bool:
    last, since = meta.read(tx, _told_of(person)), now - LATE
    if last:
        since = max(since, datetime.fromisoformat(last))
    today = now.astimezone(zone).date()
    days = (today - timedelta(days=1), today)
    moments = [datetime.combine(day, hour, zone) for day in days for hour in hours(tx, person)]
    return any(since < moment <= now for moment in moments)


def _hour(word: str) -> time:
    hour, _, minute = word.casefold().replace("h", ":").partition(":")
    try:
        return time(int(hour), int(minute or 0))
    except ValueError:
        message = f"{word!r} is no hour: write it like 08:30"
        raise ValueError(message) from None


def _hours_of(person: Person) -> str:
    return f"digest hours of {person.who}"


def _told_of(person: Person) -> str:
    return f"digest told to {person.who}"
