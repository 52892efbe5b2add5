"""What machines ask: whether the process lives, and whether publishing works.

A process that looks alive while nothing goes out is not ready, whatever else it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.watch.status import Status
from bot.watch.trouble import Kind, Light
from content_queue.item import Reason

SILENT = timedelta(minutes=3)
"""A worker steps at least once a minute; one that has not for so long hangs."""
_STANDSTILL = frozenset({Kind.DATABASE, Kind.STOPPED, Kind.NO_WORKER})


@dataclass(frozen=True, slots=True)
class Health:
    """``alive``: the worker steps. ``ready``: publishing works. ``why`` says what is wrong, if anything."""

    alive: bool
    ready: bool
    why: tuple[Reason, ...] = ()


def health(status: Status | None, since_step: timedelta | None, store_error: str = "") -> Health:
    """Judge from what status read, the real time since the worker's last step, and the store's last error.

    ``status`` is None where the store could not be read; ``since_step`` before the first step, or where
    the worker is another process.
    """
    alive = since_step is None or since_step < SILENT
    why = [] if alive else [Reason("the worker has not taken a step for %(time)s", {"time": str(since_step)})]
    if store_error or status is None:
        why.append(Reason("the database cannot be used: %(error)s", {"error": store_error or "no answer"}))
    else:
        why += [
            trouble.what
            for trouble in status.troubles
            if trouble.kind in _STANDSTILL and trouble.severity is Light.RED
        ]
    return Health(alive, not why, tuple(why))
