"""When a source is read next: pure. What it asks for lengthens the wait, trouble backs off, to a day at most.

read well     interval, or longer where the feed or its server asks for it and the operator wrote none
first, late   the same, and a part of the interval more, its own: so sources spread over the interval
failed        the interval doubled with each failure; YouTube's hours of 404 and 500 are waited out
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit
from zlib import crc32

from bot.sources.hints import LONGEST, Hints

SLACK = 10
"""A poll that comes later than one part in so many of its interval has lost its place, and gets a new one."""
SIGHTINGS, SIGHTED_FOR = 3, timedelta(days=1)
"""So often and for so long an address must say that it has moved for good before we believe it."""
PATIENCE = timedelta(hours=12)
_OFTEN_AWAY = re.compile(r"(?:www\.)?youtube\.com", re.IGNORECASE)
_AWAY = re.compile(r"it answered (?:404|5\d\d)\b")
_LONGEST_WHILE_AWAY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A poll that went well: when it was due (None: never before), when it was, and every how often."""

    name: str
    due: datetime | None
    now: datetime
    interval: timedelta


def next_well(poll: Due, hints: Hints, asked: timedelta, *, fixed: bool) -> datetime:
    """Return when to poll next; ``fixed`` where the operator's own interval holds whatever the feed asks."""
    wait = poll.interval
    if not fixed:
        wait = max(wait, min(max(asked, timedelta(seconds=hints.every)), LONGEST))
    if _out_of_place(poll):
        wait += poll.interval * _place(poll.name)
    early = poll.due is not None and poll.due > poll.now  # by hand: the next one by itself stays where it was
    moment = poll.due if early and poll.due is not None else poll.now + wait
    return moment if fixed else hints.after(moment)


def next_failed(url: str, why: str, interval: timedelta, failures: int) -> timedelta:
    """Return how long to stay away after ``failures`` in a row, ``why`` being the last one's line."""
    longest = max(_LONGEST_WHILE_AWAY if often_away(url, why) else LONGEST, interval)
    return min(interval * (1 << min(failures - 1, 10)), longest)


def often_away(url: str, why: str) -> bool:
    """Tell whether this is YouTube's feeds being away, which comes and goes by itself within hours."""
    return bool(_OFTEN_AWAY.fullmatch(urlsplit(url).hostname or "") and _AWAY.match(why))


def worth_an_alarm(url: str, why: str, failing_since: datetime | None, now: datetime) -> bool:
    """Tell whether people should hear of a failure: at once, but of YouTube's own only once it lasts."""
    return failing_since is None or not often_away(url, why) or now - failing_since >= PATIENCE


def believed(sightings: int, since: datetime, now: datetime) -> bool:
    """Tell whether a move for good was seen often enough, over long enough."""
    return sightings >= SIGHTINGS and now - since >= SIGHTED_FOR


@lru_cache(8192)  # asked of every source whenever it is due
def host_of(url: str) -> str:
    """Return what one request at a time goes to: scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _out_of_place(poll: Due) -> bool:
    return poll.due is None or poll.now - poll.due > poll.interval / SLACK


def _place(name: str) -> float:
    """Return a source's own place in an interval, from 0 to 1, the same each time."""
    return crc32(name.encode()) / 2**32
