"""The slots of a channel that nothing stands in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from content_queue.item import Kind
from content_queue.planner.timeline import TICK, Timeline, due_in, next_free
from content_queue.planner.values import Placed, Rules


def empty_slots(rules: Rules, placed: Sequence[Placed], now: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the times after ``now`` and before ``until`` that could still be filled, all of them together.

    Each is as far from the others and from what is ``placed`` as the rules ask, on a day that is not full.
    """
    timeline = Timeline(rules.calendar.zone, placed)
    start = now + TICK
    while (slot := next_free(rules, timeline, start, until)) is not None:
        due = due_in(rules, timeline, slot)
        if due < until:
            yield due
        timeline.add(Placed(due, 0, Kind.FACT, "", "", ()))
        start = slot + TICK
