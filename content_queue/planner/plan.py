"""The plan of one channel: pinned items first, then each free slot in its order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from content_queue.planner import reasons
from content_queue.planner.pool import Pool
from content_queue.planner.timeline import TICK, Timeline, due_in, next_free
from content_queue.planner.values import Candidate, Choice, Placed, Rules, place


def plan(
    rules: Rules, candidates: Sequence[Candidate], placed: Sequence[Placed], now: datetime, until: datetime
) -> tuple[Choice, ...]:
    """Return who gets which time after ``now`` and before ``until``, ascending.

    ``placed`` is what stands on the channel, past and to come; nothing of it moves, and an item that
    stands there in the future is not planned again. Given its own choices back as placed, it has
    nothing to add. A pinned item goes out at its own time even if that has just passed; everything
    else in a free slot, ``min_gap`` from both its neighbours, on a day that is not full.
    """
    timeline = Timeline(rules.calendar.zone, placed)
    last = {entry.item: entry.due_at for entry in sorted(placed, key=lambda entry: entry.due_at) if entry.own}
    free = [c for c in candidates if c.fits(rules.languages) and not _is_planned(c, last.get(c.item), now)]
    pinned = list(_pinned(rules, free, timeline, now, until))
    floating = (c for c in free if c.pin is None)
    filled = list(_filled(rules, Pool(floating, rules), timeline, now, until))
    return tuple(sorted((*pinned, *filled), key=lambda choice: choice.due_at))


def pin_holds(rules: Rules, candidate: Candidate, pin: datetime, now: datetime) -> bool:
    """Say whether a time that a person chose is still good: not missed by more than ``late``."""
    return candidate.stands_at(pin) and pin + rules.late > now


def _is_planned(candidate: Candidate, last: datetime | None, now: datetime) -> bool:
    """Say whether its last post is still to come, or is the one that a person chose the time of."""
    return last is not None and (last > now or (candidate.pin is not None and last >= candidate.pin))


def _pinned(
    rules: Rules, candidates: Iterable[Candidate], timeline: Timeline, now: datetime, until: datetime
) -> Iterator[Choice]:
    pins = [(c.pin, c) for c in candidates if c.pin is not None]
    for pin, candidate in sorted(pins, key=lambda pair: (pair[0], pair[1].item)):
        if not pin_holds(rules, candidate, pin, now):
            continue
        reason = reasons.pinned(rules, timeline, candidate, pin)
        timeline.add(place(candidate, pin))
        if pin < until:  # a later one is not chosen yet, but others make room for it
            yield Choice(rules.channel, pin, candidate.item, candidate.round, reason)


def _filled(rules: Rules, pool: Pool, timeline: Timeline, now: datetime, until: datetime) -> Iterator[Choice]:
    heard, start = 0, now + TICK
    while (slot := next_free(rules, timeline, start, until)) is not None:
        for entry in timeline.stretch(heard, slot):
            pool.hear(entry)
            heard += 1
        due = due_in(rules, timeline, slot)
        if due >= until:
            return
        taken = pool.take(due)
        start = slot + TICK
        if taken is not None:
            candidate, reason = taken
            timeline.add(place(candidate, due))
            yield Choice(rules.channel, due, candidate.item, candidate.round, reason)
            continue
        ready = pool.next_ready()
        if ready is None:
            return
        start = max(start, ready - rules.jitter)  # a slot before that cannot be late enough
