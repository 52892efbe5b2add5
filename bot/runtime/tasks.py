"""What a step begins: named tasks, one of a name at a time, each with its own trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.runtime.outcomes import words_of

REST = timedelta(seconds=5)
"""How long one that failed stays away, so that it is not begun again and again."""
log = structlog.get_logger()


Work = Coroutine[object, object, bool]
"""Returns whether it changed anything."""


class Tasks:
    """Runs tasks beside each other.

    ``poke`` is called when one has changed something, failed, or was asked for again while it ran; not for
    one that found nothing to do, or a post that is due and held would keep us running in circles.
    """

    def __init__(self, clock: Clock, poke: Callable[[], None]) -> None:
        self._clock = clock
        self._poke = poke
        self._missed: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._rests: dict[str, datetime] = {}
        self._closed = False
        self.trouble = ""

    def begin(self, name: str, work: Work, rest: timedelta = REST) -> None:
        """Begin ``work`` unless one of its name runs or rests; one that fails rests for ``rest``."""
        until = self._rests.get(name)
        resting = until is not None and self._clock.now() < until
        if name in self._running:
            self._missed.add(name)
        if self._closed or resting or name in self._running:
            work.close()
            return
        self._running[name] = asyncio.create_task(self._guarded(name, work, rest), name=name)

    def failed(self, name: str, error: Exception, rest: timedelta) -> None:
        """Let what ``name`` stands for rest, and say why; a step soon sees what that means for the rest."""
        self._rests[name] = self._clock.now() + rest
        self.trouble = f"{name}: {words_of(error)}"
        log.error("a task failed", task=name, what=words_of(error), kind=type(error).__name__)
        self._poke()

    def rests_now(self, name: str) -> bool:
        """Tell whether ``name`` failed and may not begin again yet; forget a rest that is over."""
        until = self._rests.get(name)
        if until is not None and self._clock.now() >= until:
            del self._rests[name]
            return False
        return until is not None

    def names(self) -> tuple[str, ...]:
        """Return the names of those that run."""
        return tuple(self._running)

    def rests(self) -> tuple[datetime, ...]:
        """Return when those that failed may begin again."""
        return tuple(self._rests.values())

    async def settled(self) -> None:
        """Wait until none runs."""
        while self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            await asyncio.sleep(0)

    def close(self) -> None:
        """Begin nothing more."""
        self._closed = True

    def cancel(self, prefix: str) -> None:
        """Give up those whose name begins so."""
        for name, task in self._running.items():
            if name.startswith(prefix):
                task.cancel()

    async def end(self, grace: timedelta) -> None:
        """Begin nothing more, wait for those that run, and cancel what is not over after ``grace``."""
        self.close()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=grace.total_seconds())
        self.cancel("")
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _guarded(self, name: str, work: Work, rest: timedelta) -> None:
        changed = True
        try:
            changed = await work
            self._rests.pop(name, None)
        except Exception as error:  # noqa: BLE001  one task's trouble is its own; a later step begins it again
            self.failed(name, error, rest)
        finally:
            self._running.pop(name, None)
            if changed or name in self._missed:
                self._missed.discard(name)
                self._poke()
