"""Who calls ``step``: APScheduler in real time, a plain loop for every other clock.

APScheduler is trigger only: what is due lives in the database. A one-off date job wakes the worker at
the moment it asked for, an interval job is the backbone that also notices what other processes wrote.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.clock import Clock
from bot.lean import hollow
from bot.runtime.outcomes import words_of
from bot.runtime.worker import Worker
from content_queue.store.database import BrokenDiskError

BACKBONE = timedelta(seconds=1)
LONGEST_SLEEP = timedelta(minutes=1)
"""APScheduler reckons by the machine's clock: set back, it would sleep until that time comes again."""
# misfire_grace_time None: a late wake-up is still a wake-up; APScheduler drops it after a second otherwise
_ALWAYS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
AFTER_TROUBLE = timedelta(seconds=5)
log = structlog.get_logger()

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler


class Clockwork:
    """Steps a worker by APScheduler's triggers, in real time."""

    def __init__(self, worker: Worker, clock: Clock) -> None:
        self._worker = worker
        self._clock = clock
        self._wake_at = clock.since_start()
        """When to step again, by a measure that nobody sets back."""

    async def run(self, stop: asyncio.Event) -> None:
        """Step when something is due, until ``stop`` is set; raises what ``step_once`` raises."""
        with hollow("apscheduler.executors.pool"):  # 1 MB for processes: the jobs run on this loop
            from apscheduler.schedulers.asyncio import AsyncIOScheduler

        scheduler = AsyncIOScheduler(timezone="UTC")
        self._keep_time(scheduler)
        scheduler.start()
        following = asyncio.create_task(self._follow_pokes(scheduler))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()  # it never ends by itself: what broke it is told
        finally:
            following.cancel()
            stopping.cancel()
            scheduler.shutdown(wait=False)

    async def _follow_pokes(self, scheduler: AsyncIOScheduler) -> None:
        while True:
            await self._step(scheduler)
            try:
                async with asyncio.timeout(LONGEST_SLEEP.total_seconds()):
                    await self._worker.poked.wait()
            except TimeoutError:
                self._keep_time(scheduler)

    def _keep_time(self, scheduler: AsyncIOScheduler) -> None:
        every = BACKBONE.total_seconds()
        scheduler.add_job(
            self._beat, "interval", seconds=every, id="backbone", replace_existing=True, **_ALWAYS
        )

    async def _beat(self) -> None:
        if self._clock.since_start() >= self._wake_at or await self._worker.others_wrote():
            self._worker.poked.set()

    async def _wake(self) -> None:
        self._worker.poked.set()

    async def _step(self, scheduler: AsyncIOScheduler) -> None:
        wake = await step_once(self._worker, self._clock.now())
        self._wake_at = self._clock.since_start() + (wake - self._clock.now())
        scheduler.add_job(self._wake, "date", run_date=wake, id="wake", replace_existing=True, **_ALWAYS)


async def drive(worker: Worker, clock: Clock, stop: asyncio.Event) -> None:
    """Step by a clock that is not the machine's, until ``stop`` is set."""
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        wake_at = await step_once(worker, clock.now())
        waits = [asyncio.create_task(clock.sleep_until(wake_at)), asyncio.create_task(worker.poked.wait())]
        await asyncio.wait([*waits, stopping], return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
    stopping.cancel()


async def step_once(worker: Worker, now: datetime) -> datetime:
    """Step; a trouble of the step itself (a full disk, a busy database) is logged and tried again soon.

    Raises ``BrokenDiskError`` where the disk lost what it was given: then this process must end.
    """
    try:
        return await worker.step(now)
    except BrokenDiskError:
        raise
    except Exception as error:  # noqa: BLE001  the worker must outlive every trouble of the database
        worker.trouble = words_of(error)
        what = next(iter(str(error).splitlines()), "")[:200]
        log.error("a step failed", kind=type(error).__name__, what=what)
        return now + AFTER_TROUBLE
