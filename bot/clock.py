"""Where time enters: the moment now, waiting for a later one, and a measure that never runs back.

``now`` may jump when somebody sets the machine's clock; ``since_start`` may not, so deadlines stand on it.
``drift`` tells the one from the other.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

# A machine that slept, or whose clock was set, is noticed within this time.
_LONGEST_NAP = timedelta(seconds=30)
# Linux counts the time that a machine sleeps on its boot clock only.
_NEVER_SET: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Time as the bot sees it."""

    def now(self) -> datetime:
        """Return the moment, aware and in UTC."""

    async def sleep_until(self, moment: datetime) -> None:
        """Return once ``now()`` has reached ``moment`` (aware), at once if it has already."""

    def since_start(self) -> timedelta:
        """Return the time since the clock was made: it runs as ``now`` does and never goes back."""

    def drift(self) -> timedelta:
        """Return how far ``now`` was set since the clock was made; negative is back."""


class SystemClock:
    """The machine's own clock."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._ahead = _ahead()

    def now(self) -> datetime:
        """Return the moment, aware and in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Sleep in naps, because the machine's clock may be set meanwhile."""
        while (rest := moment - self.now()) > timedelta(0):  # noqa: ASYNC110  a clock may jump: look again
            await asyncio.sleep(min(rest, _LONGEST_NAP).total_seconds())

    def since_start(self) -> timedelta:
        """Return the time since the clock was made."""
        return timedelta(seconds=time.monotonic() - self._began)

    def drift(self) -> timedelta:
        """Return how far the machine's clock was set since this was made; that it slept is no drift."""
        return timedelta(seconds=_ahead() - self._ahead)


def _ahead() -> float:
    """Return by how many seconds the machine's clock is ahead of one that nobody sets."""
    return time.time() - time.clock_gettime(_NEVER_SET)


class FastClock:
    """A clock that begins at ``start`` and runs ``factor`` times faster than the machine's."""

    def __init__(self, start: datetime, factor: float, real: Callable[[], float] = time.monotonic) -> None:
        self._start = start.astimezone(UTC)
        self._factor = factor
        self._real = real
        self._began = real()

    def now(self) -> datetime:
        """Return the clock's own moment, in UTC."""
        return self._start + self.since_start()

    async def sleep_until(self, moment: datetime) -> None:
        """Sleep the real share of the time that is left."""
        while (rest := moment - self.now()) > timedelta(0):  # noqa: ASYNC110  a clock may jump: look again
            await asyncio.sleep(rest.total_seconds() / self._factor)

    def since_start(self) -> timedelta:
        """Return the clock's own time since it was made, not the machine's."""
        return timedelta(seconds=(self._real() - self._began) * self._factor)

    def drift(self) -> timedelta:
        """Return nothing: nobody sets it."""
        return timedelta(0)


class FakeClock:
    """A clock that stands still until it is told to go on: for rehearsals and tests."""

    def __init__(self, start: datetime) -> None:
        self._start = self._now = start.astimezone(UTC)
        self._drift = timedelta(0)
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """Return the moment it was set to."""
        return self._now

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until :meth:`advance` has reached ``moment``."""
        if moment <= self._now:
            return
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((moment, woken))
        await woken

    def since_start(self) -> timedelta:
        """Return how far it was advanced."""
        return self._now - self._start - self._drift

    def drift(self) -> timedelta:
        """Return how far it was set."""
        return self._drift

    def set(self, by: timedelta) -> None:
        """Set it ``by`` so much, as somebody sets the machine's clock; negative is back."""
        self._drift += by
        self._now += by

    def advance(self, span: timedelta) -> None:
        """Move on by ``span`` and wake, in order of their moments, those whose time has come."""
        if span < timedelta(0):
            raise ValueError("time does not run back")
        self._now += span
        due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._now]
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._now]
        for _, woken in sorted(due, key=lambda sleeper: sleeper[0]):
            if not woken.done():  # its task may have been cancelled
                woken.set_result(None)
