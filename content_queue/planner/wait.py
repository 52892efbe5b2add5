"""Why an item has no slot yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from content_queue.calendar import slots_between
from content_queue.item import Reason
from content_queue.planner import reasons
from content_queue.planner.plan import pin_holds
from content_queue.planner.timeline import TICK, Timeline, closed_by, due_in, next_free
from content_queue.planner.values import Candidate, Placed, Rules


def explain_wait(
    rules: Rules, candidate: Candidate, placed: Sequence[Placed], now: datetime, until: datetime
) -> Reason:
    """Return why a candidate has no slot after ``now`` and before ``until``, given what stands there."""
    own = _own_reason(rules, candidate, now)
    if own is not None:
        return own
    if not rules.calendar.slots:
        return reasons.no_slots(rules)
    if candidate.ready_at >= until:
        rests = candidate.rests_until > candidate.not_before
        tell = reasons.resting if rests else reasons.in_grace
        return tell(rules, candidate.ready_at)
    return _calendar_reason(rules, candidate, placed, now, until)


def soonest(rules: Rules, placed: Sequence[Placed], ready: datetime, until: datetime) -> datetime | None:
    """Return the first free time from ``ready`` on and before ``until``: the best that a newcomer can get."""
    timeline = Timeline(rules.calendar.zone, placed)
    return _first_chance(rules, timeline, ready, ready - rules.jitter, until)


def _own_reason(rules: Rules, candidate: Candidate, now: datetime) -> Reason | None:
    if not candidate.fits(rules.languages):
        return reasons.other_language(rules)
    if candidate.expires_at is not None and candidate.expires_at <= now:
        return reasons.expired(rules, candidate.expires_at)
    if candidate.pin is None:
        return None
    holds = pin_holds(rules, candidate, candidate.pin, now)
    return (reasons.waits_for_its_pin if holds else reasons.pin_is_over)(rules, candidate.pin)


def _calendar_reason(
    rules: Rules, candidate: Candidate, placed: Sequence[Placed], now: datetime, until: datetime
) -> Reason:
    timeline = Timeline(rules.calendar.zone, placed)
    start = max(now + TICK, candidate.ready_at - rules.jitter)  # its slot may be as much earlier
    end = until if candidate.expires_at is None else min(until, candidate.expires_at)
    chance = _first_chance(rules, timeline, candidate.ready_at, start, end)
    if chance is not None:
        return reasons.next_in_line(rules, chance)
    if end < until:
        return reasons.ends_before_a_slot(rules, end)
    first = next(slots_between(rules.calendar, start, until), None)
    closed = None if first is None else closed_by(rules, timeline, first)
    if closed is None:
        return reasons.no_slot_before(rules, until)
    others = sum(now < entry.due_at < until for entry in placed)
    return reasons.behind_others(rules, closed.why, others, until)


def _first_chance(
    rules: Rules, timeline: Timeline, ready: datetime, start: datetime, end: datetime
) -> datetime | None:
    """Return the first free time, of the slots from ``start`` on, that is not before ``ready``."""
    while (slot := next_free(rules, timeline, start, end)) is not None:
        due = due_in(rules, timeline, slot)
        if ready <= due < end:
            return due
        start = slot + TICK
    return None
