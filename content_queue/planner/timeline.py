"""What stands on a channel in order of time, and which slots that leaves free."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import Final
from zoneinfo import ZoneInfo

from content_queue.calendar import ONE_DAY, day_start, jitter_for, local_day, slots_between
from content_queue.planner.values import Placed, Rules

TICK: Final = timedelta.resolution


class Timeline:
    """The posts of a channel, those out and those to come, ascending by due time."""

    def __init__(self, zone: ZoneInfo, placed: Iterable[Placed]) -> None:
        self._zone = zone
        self._entries = sorted(placed, key=lambda entry: (entry.due_at, entry.item))
        self._days = Counter(local_day(zone, entry.due_at) for entry in self._entries)

    def add(self, entry: Placed) -> None:
        """Put one more post in its place."""
        insort(self._entries, entry, key=_due)
        self._days[local_day(self._zone, entry.due_at)] += 1

    def before(self, moment: datetime) -> Placed | None:
        """Return the last post due before ``moment``."""
        index = bisect_left(self._entries, moment, key=_due)
        return self._entries[index - 1] if index else None

    def since(self, moment: datetime) -> Placed | None:
        """Return the first post due at ``moment`` or later."""
        index = bisect_left(self._entries, moment, key=_due)
        return self._entries[index] if index < len(self._entries) else None

    def nearest(self, moment: datetime, within: timedelta) -> Placed | None:
        """Return a post less than ``within`` away, the later one where there are two."""
        around = (self.since(moment), self.before(moment))
        return next((one for one in around if one and abs(one.due_at - moment) < within), None)

    def stretch(self, first: int, end: datetime) -> Sequence[Placed]:
        """Return the posts from index ``first`` on that are due before ``end``."""
        return self._entries[first : bisect_left(self._entries, end, key=_due)]

    def on(self, day: date) -> int:
        """Return how many posts a local day has."""
        return self._days[day]


class Why(Enum):
    """Why a slot is closed."""

    TAKEN = auto()
    MIN_GAP = auto()
    DAILY_MAX = auto()


@dataclass(frozen=True, slots=True)
class Closed:
    """A slot that is not free, and until when no other is for the same reason."""

    why: Why
    until: datetime


def next_free(rules: Rules, timeline: Timeline, start: datetime, until: datetime) -> datetime | None:
    """Return the first free slot from ``start`` on and before ``until``."""
    while (slot := next(slots_between(rules.calendar, start, until), None)) is not None:
        closed = closed_by(rules, timeline, slot)
        if closed is None:
            return slot
        start = closed.until
    return None


def closed_by(rules: Rules, timeline: Timeline, slot: datetime) -> Closed | None:
    """Return why a slot is not free, or None. What closes a slot keeps it closed as posts are added."""
    holder = timeline.since(slot)
    if holder is not None and _holds(rules, slot, holder):
        return Closed(Why.TAKEN, holder.due_at + TICK)
    neighbour = timeline.nearest(slot, rules.min_gap)
    if neighbour is not None:
        return Closed(Why.MIN_GAP, neighbour.due_at + rules.min_gap)
    day = local_day(rules.calendar.zone, slot)
    if rules.daily_max is not None and timeline.on(day) >= rules.daily_max:
        return Closed(Why.DAILY_MAX, day_start(rules.calendar.zone, day + ONE_DAY))
    return None


def due_in(rules: Rules, timeline: Timeline, slot: datetime) -> datetime:
    """Return when the post of a free slot goes out: the slot, or somewhat later where there is room."""
    room = _room(rules, timeline, slot) if rules.jitter else timedelta()
    due = slot + jitter_for(rules.channel, slot, rules.jitter, room)
    zone = rules.calendar.zone
    strays = rules.calendar.is_quiet(due) or local_day(zone, due) != local_day(zone, slot)
    return slot if strays else due


def _holds(rules: Rules, slot: datetime, entry: Placed) -> bool:
    """Say whether a post may be the slot's own: within its jitter, and no other slot nearer to it."""
    if entry.due_at >= slot + max(rules.jitter, TICK):
        return False
    return next(slots_between(rules.calendar, slot + TICK, entry.due_at + TICK), None) is None


def _room(rules: Rules, timeline: Timeline, slot: datetime) -> timedelta:
    """How far a post may move without closing the slot after it or nearing the next post."""
    limits = [rules.jitter]
    for gap in (timedelta(), rules.min_gap):
        first = slot + max(gap, TICK)
        following = next(slots_between(rules.calendar, first, first + rules.jitter), None)
        limits += [following - gap - slot] if following else []
    later = timeline.since(slot)
    limits += [later.due_at - rules.min_gap - slot] if later else []
    return min(limits)


def _due(entry: Placed) -> datetime:
    return entry.due_at
