"""Whether the machine's clock can be believed.

    set by less than 15 minutes -> nothing is said
    by less than a day          -> believed, and people see it for a day
    by more                     -> nothing is begun until it is set right, or a person says that it is right

A wrong clock would expire what is good, miss what is not due, and promise slots that never come. A machine
that sleeps is no jump where its kernel counts that time, as Linux does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.runtime.parts import Parts
from content_queue.operations import jumps, pulse

NOTABLE = timedelta(minutes=15)
ABSURD = timedelta(days=1)
log = structlog.get_logger()


class Wall:
    """Compares the clock with one that nobody can set, and at the start with what was last written."""

    def __init__(self, parts: Parts, on_jump: Callable[[], None]) -> None:
        """``on_jump`` is called when the clock was set: moments that were reckoned before mean nothing."""
        self._store, self._clock, self._on_jump = parts.store, parts.clock, on_jump
        self._believed = parts.clock.drift()
        self._doubts = False
        self._behind = False
        """The last pulse lay ahead at the start: the clock may come forward as far as it likes."""

    async def begin(self, now: datetime) -> None:
        """Compare with the last pulse: no time can have passed backwards since it was written."""
        last = await asyncio.wrap_future(self._store.ask(pulse.last))
        self._doubts = await asyncio.wrap_future(self._store.ask(jumps.distrusted, now))
        if last is None:
            return
        self._behind = last - now >= NOTABLE
        if self._behind or self._doubts:
            self._believed -= now - last

    async def stands(self, now: datetime) -> bool:
        """Say whether to go on; write down what has changed about that."""
        jump = self._clock.drift() - self._believed
        if self._behind:
            jump = min(jump, timedelta(0))
        if self._doubts:
            return await self._doubt(now, jump)
        if abs(jump) < NOTABLE:
            return True
        if abs(jump) >= ABSURD:
            log.error("the clock cannot be believed", by=str(jump))
            self._doubts = True
            await asyncio.wrap_future(self._store.tell(jumps.distrust, now, jump))
            return False
        log.warning("the clock was set", by=str(jump))
        await asyncio.wrap_future(self._store.tell(jumps.remember, now, jump))
        self._believe()
        return True

    async def _doubt(self, now: datetime, jump: timedelta) -> bool:
        if abs(jump) < NOTABLE:
            await asyncio.wrap_future(self._store.tell(jumps.trust, now))
        elif await asyncio.wrap_future(self._store.ask(jumps.distrusted, now)):
            return False
        self._believe()
        log.info("the clock is believed again")
        return True

    def _believe(self) -> None:
        self._on_jump()
        self._believed, self._doubts, self._behind = self._clock.drift(), False, False
