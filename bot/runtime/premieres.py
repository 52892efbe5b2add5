"""Asking the pages of videos that nobody has seen whether they have begun, before anybody judges them.

every five minutes: the newest that wait -> not asked within the hour -> their page, one after the other
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.sources.link_check import NOT_BEGUN, CannotTell
from content_queue.item import Reason
from content_queue.operations import premieres
from content_queue.operations.premieres import Unseen
from content_queue.store.database import Store

EVERY = timedelta(minutes=5)
AGAIN = timedelta(hours=1)
IN_A_PASS = 20
log = structlog.get_logger()


@dataclass(slots=True)
class Premieres:
    """Looks at videos, for the worker that leads; ``look`` says what is wrong with an address."""

    store: Store
    clock: Clock
    look: Callable[[str], Awaitable[Reason | None]]
    _asked: dict[int, datetime] = field(default_factory=dict)
    _next: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Tell whether it is time to look."""
        return self._next is None or now >= self._next

    async def tell_apart(self) -> bool:
        """Name those that have not begun; return False: nothing that goes out depends on it."""
        now = self.clock.now()
        self._next = now + EVERY
        self._asked = {entry: at for entry, at in self._asked.items() if now - at < AGAIN}
        found = await asyncio.wrap_future(self.store.ask(premieres.unseen, IN_A_PASS))
        ahead = [
            one.entry for one in found if one.entry not in self._asked and await self._has_not_begun(one)
        ]
        if ahead:
            await asyncio.wrap_future(self.store.tell(premieres.mark, ahead))
        return False

    async def _has_not_begun(self, one: Unseen) -> bool:
        self._asked[one.entry] = self.clock.now()
        try:
            return await self.look(one.address) == NOT_BEGUN
        except CannotTell as error:
            log.info("cannot tell whether a video has begun", address=one.address, why=str(error))
            return False
