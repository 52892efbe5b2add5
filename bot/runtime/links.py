"""Looks where posts lead before they go out: half an hour ahead, and once more where that is long ago.

due soon -> leads somewhere -> goes out
-> leads nowhere   -> held with its reason, until the page is back or a person says go
-> cannot be told  -> goes out: another site's trouble is not the post's
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.sources.link_check import CannotTell
from content_queue.item import Reason
from content_queue.operations import links
from content_queue.operations.links import Led
from content_queue.store.database import Store, Transaction

AHEAD = timedelta(minutes=30)
"""How long before its time a post's link is looked at, so that people have a moment to mend it."""
EVERY = timedelta(minutes=5)
FRESH = timedelta(minutes=45)
"""How long what was found is believed: longer than AHEAD, so that a due post seldom waits for a look."""
PATIENCE = timedelta(seconds=8)
"""How long a due post waits for a slow page."""
log = structlog.get_logger()

Look = Callable[[str], Awaitable[Reason | None]]
"""Returns what is wrong with an address, None where nothing is; raises CannotTell."""


@dataclass(frozen=True, slots=True)
class _Found:
    at: datetime
    sure: bool
    why: Reason | None


@dataclass(slots=True)
class Links:
    """Knows where links lead. What the sources in ``unchecked`` brought is not looked at."""

    store: Store
    clock: Clock
    look: Look
    unchecked: Collection[str] = ()
    _found: dict[str, _Found] = field(default_factory=dict)
    _looking: dict[str, asyncio.Task[_Found]] = field(default_factory=dict)
    _next: datetime | None = None

    async def stands_against(self, post: int, stopping: asyncio.Event) -> Reason | None:
        """Look where a claimed post leads; return why it is held now, None where it may go out."""
        led = await asyncio.wrap_future(self.store.ask(links.of_post, post))
        if led is None or led.source in self.unchecked:
            return None
        found = await self._soon(led.address, stopping)
        if found is None or found.why is None:
            return None
        held = await asyncio.wrap_future(self.store.tell(links.hold, self.clock.now(), post, found.why))
        return found.why if held else None

    def due(self, now: datetime) -> bool:
        """Tell whether it is time to look ahead."""
        return self._next is None or now >= self._next

    async def look_ahead(self, now: datetime) -> bool:
        """Look where the coming posts lead; return whether a hold came or went."""
        self._next = now + EVERY
        self._found = {one: found for one, found in self._found.items() if now - found.at < FRESH}
        changed = False
        for led in await asyncio.wrap_future(self.store.ask(links.coming, now + AHEAD)):
            if led.source not in self.unchecked:
                changed |= await self._settle(led)
        return changed

    async def _settle(self, led: Led) -> bool:
        known = self._found.get(led.address)
        if known is None or known.why is not None:  # one that led nowhere may be back
            known = await self._looked(led.address)
        if not known.sure:
            return False
        return await asyncio.wrap_future(self.store.tell(_write, self.clock.now(), led.post, known.why))

    async def _soon(self, address: str, stopping: asyncio.Event) -> _Found | None:
        """Return what is known, or what a look finds before patience ends or the worker is to stop."""
        known = self._found.get(address)
        if known is not None and self.clock.now() - known.at < FRESH:
            return known
        look, stop = asyncio.ensure_future(self._looked(address)), asyncio.ensure_future(stopping.wait())
        await asyncio.wait(
            {look, stop}, timeout=PATIENCE.total_seconds(), return_when=asyncio.FIRST_COMPLETED
        )
        stop.cancel()
        if look.done():
            return look.result()
        look.cancel()
        with suppress(asyncio.CancelledError):
            await look
        return None

    async def _looked(self, address: str) -> _Found:
        """Look at an address; who asks while somebody looks already waits for the same answer."""
        if address not in self._looking:
            look = asyncio.create_task(self._look(address))
            look.add_done_callback(lambda _: self._looking.pop(address))
            self._looking[address] = look
        return await asyncio.shield(self._looking[address])

    async def _look(self, address: str) -> _Found:
        try:
            found = _Found(self.clock.now(), sure=True, why=await self.look(address))
        except CannotTell as error:
            log.info("cannot tell where a link leads", address=address, why=str(error))
            found = _Found(self.clock.now(), sure=False, why=None)
        self._found[address] = found
        return found


def _write(tx: Transaction, now: datetime, post: int, why: Reason | None) -> bool:
    """Hold a post, or take our hold off; return whether anything changed."""
    if why is None:
        return links.lift(tx, now, post)
    known = any(one.target == str(post) and one.reason == why.text for one in links.held(tx, now))
    return links.hold(tx, now, post, why) and not known
