"""Who steps: APScheduler in real time, a loop for every other clock."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import Clock, SystemClock
from bot.runtime import clockwork
from bot.runtime.clockwork import Clockwork, drive
from bot.runtime.worker import Worker
from content_queue.operations import planning
from content_queue.store.database import Store
from tests.bot.runtime.failing import FailingStore
from tests.bot.runtime.pretend import Pretend
from tests.bot.runtime.world import (
    HOUR,
    MINUTE,
    NOW,
    lane,
    living,
    make_parts,
    new_item,
    open_store,
    until,
)
from tests.surroundings import ROOT


@asynccontextmanager
async def running(store: Store, one: Pretend, clock: Clock) -> AsyncIterator[Worker]:
    """A worker under APScheduler, in real time."""
    worker, stop = Worker(make_parts(store, clock, lane(one))), asyncio.Event()
    await worker.start("worker-1")
    going = asyncio.create_task(Clockwork(worker, clock).run(stop))
    try:
        yield worker
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await going
            await worker.stop(timedelta(seconds=1))
        store.close()


def plan_in(store: Store, one: Pretend, delay: timedelta, clock: Clock | None = None) -> None:
    clock = clock or SystemClock()
    with store.write() as tx:
        item = new_item(tx, make_parts(store, clock, lane(one)), clock.now(), "Bonjour")
        planning.post_now(tx, clock.now() + delay, "ana", item.id, "one", HOUR)


async def test_the_worker_is_stepped_when_something_falls_due(tmp_path: Path) -> None:
    store, one = open_store(tmp_path / "queue.db"), Pretend("one")
    plan_in(store, one, timedelta(seconds=1.5))
    async with running(store, one, SystemClock()):
        await asyncio.sleep(0.5)
        assert one.created == []
        await until(lambda: bool(one.created))


async def test_it_notices_what_another_process_wrote(tmp_path: Path) -> None:
    store, one = open_store(tmp_path / "queue.db"), Pretend("one")
    async with running(store, one, SystemClock()):
        await asyncio.sleep(0.2)
        code = (
            "from pathlib import Path; from datetime import timedelta;"
            "from tests.bot.runtime.pretend import Pretend;"
            "from tests.bot.runtime.test_clockwork import plan_in;"
            "from tests.bot.runtime.world import open_store;"
            f"s = open_store(Path({str(tmp_path)!r}) / 'queue.db');"
            "plan_in(s, Pretend('one'), timedelta(0)); s.close()"
        )
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], cwd=ROOT, check=True)
        await until(lambda: bool(one.created))


async def test_it_takes_up_what_is_changed_beside_it_through_its_own_store(tmp_path: Path) -> None:
    store, one = open_store(tmp_path / "queue.db"), Pretend("one")
    async with running(store, one, SystemClock()) as worker:
        await asyncio.sleep(0.2)
        plan_in(store, one, timedelta(0))
        worker.take_up()
        await until(lambda: bool(one.created))


async def test_a_step_that_fails_without_a_word_does_not_end_the_loop(tmp_path: Path) -> None:
    store, one = FailingStore(tmp_path / "queue.db"), Pretend("one")
    store.refuses = {"_beat"}
    plan_in(store, one, timedelta(0))
    async with running(store, one, SystemClock()) as worker:
        await until(lambda: bool(store.refused))
        store.refuses.clear()
        worker.take_up()
        await until(lambda: bool(one.created))


class Ahead(SystemClock):
    """A clock that APScheduler's is a day behind: as where the machine's was set back."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=1)


async def test_a_clock_that_was_set_back_does_not_put_the_worker_to_sleep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockwork, "BACKBONE", HOUR)
    monkeypatch.setattr(clockwork, "LONGEST_SLEEP", timedelta(seconds=0.2))
    store, one = open_store(tmp_path / "queue.db"), Pretend("one")
    clock = Ahead()
    async with running(store, one, clock):
        await asyncio.sleep(0.2)
        plan_in(store, one, timedelta(0), clock)
        await until(lambda: bool(one.created))


async def test_another_clock_steps_the_worker_at_its_own_moments(tmp_path: Path) -> None:
    one, stop = Pretend("one"), asyncio.Event()
    async with living(tmp_path, lane(one)) as world:
        item = world.item("Bonjour")
        with world.store.write() as tx:
            planning.post_now(tx, NOW + 30 * MINUTE, "ana", item.id, "one", HOUR)
        driving = asyncio.create_task(drive(world.worker, world.clock, stop))
        for _ in range(29):
            world.clock.advance(MINUTE)
            await asyncio.sleep(0.01)
        assert one.created == []
        for _ in range(3):
            world.clock.advance(MINUTE)
            await asyncio.sleep(0.01)
        await until(lambda: bool(one.created))
        stop.set()
        async with asyncio.timeout(5):
            await driving
