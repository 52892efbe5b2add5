"""A channel's calendar: its slots, zone, quiet hours and holidays.

Pure: it must never ask for the time, read a file or know a holiday by itself.
"""

from content_queue.calendar.rules import Calendar, Quiet, SlotRule, never, parse_quiet, parse_slots
from content_queue.calendar.slots import (
    ONE_DAY,
    day_start,
    jitter_for,
    local_day,
    slots_between,
    slots_in_a_week,
)

__all__ = [
    "ONE_DAY",
    "Calendar",
    "Quiet",
    "SlotRule",
    "day_start",
    "jitter_for",
    "local_day",
    "never",
    "parse_quiet",
    "parse_slots",
    "slots_between",
    "slots_in_a_week",
]
