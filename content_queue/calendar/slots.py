"""From wall-clock rules to moments.

Slots are wall-clock times in an IANA zone, so 09:00 stays 09:00 over both changes of the clock. A
wall time that the clocks jump over goes to the first minute after the jump; one that comes twice
counts once, the first time.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from heapq import merge
from typing import Final
from zoneinfo import ZoneInfo

from content_queue.calendar.rules import DAY_SECONDS, Calendar, Quiet, second_of

ONE_DAY: Final = timedelta(days=1)
_TICK: Final = timedelta.resolution


def slots_between(calendar: Calendar, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the slots from ``start`` up to but not including ``end``: UTC, ascending, each once."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    latest = start - _TICK
    # From a tick before: what the clocks jumped over when they arrived at `start` lands on it.
    wall = latest.astimezone(calendar.zone)
    day, last = wall.date(), local_day(calendar.zone, end) + ONE_DAY
    floor = second_of(wall.time())
    while day <= last:
        for slot in _slots_of(calendar, day, floor):
            if slot >= end:
                return
            if slot > latest:
                yield slot
                latest = slot
        day, floor = day + ONE_DAY, 0


def slots_in_a_week(calendar: Calendar) -> int:
    """Return how many slots an ordinary week has, without holidays and changes of the clocks."""
    stretches = _speaking(calendar.quiet)
    return sum(
        len(rule.days) * len(_within(grid, begin, end))
        for rule in calendar.slots
        for grid in rule.seconds
        for begin, end in stretches
    )


def local_day(zone: ZoneInfo, moment: datetime) -> date:
    """Return the date on a wall calendar in ``zone``."""
    return moment.astimezone(zone).date()


def day_start(zone: ZoneInfo, day: date) -> datetime:
    """Return the first moment of a day in ``zone``, in UTC."""
    return _moment(zone, datetime.combine(day, time()))


def jitter_for(channel: str, slot: datetime, most: timedelta, room: timedelta) -> timedelta:
    """Return how much later than its slot a post goes out, in whole seconds.

    The same channel and slot give the same answer. It is never negative and less than the smaller of
    ``most`` and ``room``; nothing where that is nothing.
    """
    bound = max(min(most, room), timedelta())
    digest = hashlib.sha256(f"{channel} {slot.astimezone(UTC).isoformat()}".encode()).digest()
    share = int.from_bytes(digest[:6]) / 2**48
    return timedelta(seconds=int(bound.total_seconds() * share))


def _slots_of(calendar: Calendar, day: date, floor: int) -> Iterator[datetime]:
    """Yield the slots of a day from ``floor`` (seconds of the day) on, never descending."""
    if calendar.is_holiday(day):
        return
    grids = [grid for rule in calendar.slots if day.weekday() in rule.days for grid in rule.seconds]
    # One stretch after the other: of a grid of seconds, quiet hours must cost nothing.
    for begin, end in _speaking(calendar.quiet):
        seconds = merge(*(_within(grid, max(begin, floor), end) for grid in grids))
        yield from _moments(calendar, day, seconds)


def _speaking(quiet: Quiet | None) -> Sequence[tuple[int, int]]:
    """Return the stretches of a day without quiet hours, in seconds of the day."""
    if quiet is None:
        return [(0, DAY_SECONDS)]
    start, end = (second_of(wall) for wall in (quiet.start, quiet.end))
    return [(0, start), (end, DAY_SECONDS)] if start < end else [(end, start)]


def _within(grid: range, begin: int, end: int) -> range:
    first, last = (max(0, -(-(edge - grid.start) // grid.step)) for edge in (begin, end))
    return grid[first:last]


def _moments(calendar: Calendar, day: date, seconds: Iterable[int]) -> Iterator[datetime]:
    midnight = datetime.combine(day, time())
    offset = _steady_offset(calendar.zone, midnight)
    if offset is not None:  # nearly always, and far faster than asking the zone for each second
        base = midnight.replace(tzinfo=UTC) - offset
        yield from (base + timedelta(seconds=second) for second in seconds)
        return
    for second in seconds:
        moment = _moment(calendar.zone, midnight + timedelta(seconds=second))
        # A time that the clocks jumped over may land in quiet hours, or on a holiday.
        if not calendar.is_quiet(moment) and not calendar.is_holiday(local_day(calendar.zone, moment)):
            yield moment


def _steady_offset(zone: ZoneInfo, midnight: datetime) -> timedelta | None:
    """Return the offset from UTC that holds for a whole day, or None when it changes on that day."""
    edges = (midnight, midnight.replace(fold=1), midnight + ONE_DAY)
    offsets = {edge.replace(tzinfo=zone).utcoffset() for edge in edges}
    return offsets.pop() if len(offsets) == 1 else None


def _moment(zone: ZoneInfo, wall: datetime) -> datetime:
    """Return when the clocks in ``zone`` first show ``wall``, or when they jump over it."""
    late = wall.replace(tzinfo=zone).astimezone(UTC)
    if late.astimezone(zone).replace(tzinfo=None) == wall:
        return late
    # Fold 0 reads a skipped time by the offset before the jump, fold 1 by the one after it: the jump
    # lies between the two.
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    before = early.astimezone(zone).utcoffset()

    def jumped(second: int) -> bool:
        return (early + timedelta(seconds=second)).astimezone(zone).utcoffset() != before

    seconds = range(int((late - early).total_seconds()) + 1)
    return early + timedelta(seconds=bisect_left(seconds, 1, key=jumped))
