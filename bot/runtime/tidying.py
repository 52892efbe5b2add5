"""Daily: letting go of the pictures that nothing needs any more, so that the database has an end."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog

from bot.runtime.parts import Parts
from content_queue.operations import pictures

DAILY = timedelta(days=1)
AT_ONCE = 50
"""Of so many the bytes are let go in one transaction: nobody waits long for the next."""
log = structlog.get_logger()


class Tidying:
    """Says when it is time to tidy, and tidies."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._next: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Say whether a day has gone by since the last time; at a start it is time."""
        return self._next is None or now >= self._next

    async def tidy(self) -> bool:
        """Let go of what is old and unused. Returns False: nothing that goes out depends on it."""
        store, now = self._parts.store, self._parts.clock.now()
        self._next = now + DAILY
        old = await asyncio.wrap_future(store.ask(pictures.unused, now))
        gone = await asyncio.wrap_future(store.tell(pictures.part, now, old)) if old else []
        for first in range(0, len(gone), AT_ONCE):
            await asyncio.wrap_future(store.tell(pictures.forget, gone[first : first + AT_ONCE]))
        if gone:
            log.info("pictures that nothing needs any more are let go", pictures=len(gone))
        return False
