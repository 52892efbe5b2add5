"""What a worker may do beside others: alone by the lock of its file, or by leases on a shared database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import structlog

from bot.runtime.parts import Parts
from content_queue.item import Post
from content_queue.operations import leases
from content_queue.store.leasing import LEASE

BEAT = timedelta(seconds=10)
"""How often leases are renewed, and others' looked at: a sixth of one, so that a slow answer loses none."""
log = structlog.get_logger()


class Tenure(Protocol):
    """How a worker holds its place."""

    @property
    def leads(self) -> bool:
        """Whether this worker does what one does for all."""

    async def begin(self, holder: str) -> None:
        """Take the place; raises ``WorkerRunningError`` where there is one only and it is taken."""

    async def rest(self) -> None:
        """Nothing is begun any more and nothing is in hand."""

    def end(self) -> None:
        """Leave the place."""


def tenure(parts: Parts, left: Callable[[list[Post]], None]) -> Tenure:
    """Return how a worker holds its place on its database; ``left`` is told what the dead have left."""
    return AmongOthers(parts, left) if parts.store.several else Alone(parts)


class Alone:
    """The only worker of a SQLite file: its lock says so, and whatever another one had in hand is over."""

    leads = True

    def __init__(self, parts: Parts) -> None:
        self._lock = parts.store.worker_lock

    async def begin(self, holder: str) -> None:
        """Take the lock."""
        self._lock.take(holder)

    async def rest(self) -> None:
        """Keep the lock: a follower in this process takes it up."""

    def end(self) -> None:
        """Let go of the lock."""
        self._lock.release()


class AmongOthers:
    """One of several workers: renews its leases while it lives, and takes over what the dead have left."""

    def __init__(self, parts: Parts, left: Callable[[list[Post]], None]) -> None:
        self._parts = parts
        self._left = left
        self._leads_until: float | None = None
        self._beating: asyncio.Task[None] | None = None

    @property
    def leads(self) -> bool:
        """Whether the lead is ours; a worker that stood still beyond its lease does not believe so."""
        return self._leads_until is not None and asyncio.get_running_loop().time() < self._leads_until

    async def begin(self, holder: str) -> None:
        """Join the others."""
        await asyncio.wrap_future(self._parts.store.tell(leases.join, self._parts.name, holder))
        await self._renew()
        self._beating = asyncio.create_task(self._beat())

    async def rest(self) -> None:
        """Give back the lead and what is left in hand, so that nobody waits for the leases to end."""
        if self._beating is None:
            return
        self._beating.cancel()
        self._beating, self._leads_until = None, None
        try:
            await asyncio.wrap_future(self._parts.store.tell(leases.resign, self._parts.name))
        except Exception as error:  # noqa: BLE001  then the leases end by themselves
            log.warning("cannot give back the leases", kind=type(error).__name__)

    def end(self) -> None:
        """Nothing is held any more."""

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT.total_seconds())
            try:
                await self._renew()
                await self._take_over()
            except Exception as error:  # noqa: BLE001  the server may be away: we try at the next beat
                log.error("cannot renew the leases", kind=type(error).__name__)

    async def _renew(self) -> None:
        asked = asyncio.get_running_loop().time()
        renewed = self._parts.store.tell(
            leases.renew, self._parts.name, tuple(self._parts.tended), candidate=self._parts.may_lead
        )
        leads = await asyncio.wrap_future(renewed)
        if leads and not self.leads:
            log.info("leads", worker=self._parts.name)
        self._leads_until = asked + LEASE.total_seconds() if leads else None

    async def _take_over(self) -> None:
        parts, now = self._parts, self._parts.clock.now()
        look_after = {name: lane.look_after for name, lane in parts.lanes.items()}
        left = await asyncio.wrap_future(parts.store.tell(leases.end_leases, now, parts.name, look_after))
        if left:
            log.info("took over", posts=[f"p{post.id}" for post in left])
            self._left(left)
