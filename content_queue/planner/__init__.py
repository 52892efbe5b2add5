"""The planner: which item goes out in which slot of a channel, and why.

    rules + candidates + what stands -> pinned items at their own time -> free slots in order,
    each to the best candidate -> choices

Pure: it must never read the database, the clock or a file, and it never moves what already stands, so
planning again changes nothing.
"""

from content_queue.planner.empty import empty_slots
from content_queue.planner.need import Need, weekly
from content_queue.planner.plan import plan
from content_queue.planner.values import Candidate, Choice, Placed, Rules
from content_queue.planner.wait import explain_wait, soonest

__all__ = [
    "Candidate",
    "Choice",
    "Need",
    "Placed",
    "Rules",
    "empty_slots",
    "explain_wait",
    "plan",
    "soonest",
    "weekly",
]
