"""Every named point, met by SIGKILL, by SIGTERM, and by SIGSTOP for longer than anything may wait."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.bot.runtime.world import open_store
from tests.forking import forkserver
from tests.never_twice.killed.child import Order
from tests.never_twice.killed.installation import Installation, Running, on_the_wire
from tests.never_twice.killed.soak import NAMED, START, WIRE

LOST = "N02 made, cut"
PATIENCE = 60


@asynccontextmanager
async def installed(folder: Path, *flavours: str) -> AsyncIterator[Installation]:
    """An installation on SQLite whose network counts."""
    path = folder / "queue.db"
    open_store(path).close()
    made = Installation(path, forkserver(), Random(1), flavours or ("x", "telegram", "keyed"), bad_days=0)
    await made.network.listen()
    try:
        yield made
    finally:
        await made.network.close()
        made.store.close()


async def recovered(made: Installation, point: str, number: signal.Signals) -> Running:
    """Start a worker that is to meet a signal; it first decides all that the one before it left."""
    if point == START:
        return made.start(Order(point, 1, number))
    worker = made.start()
    assert await worker.until("started", PATIENCE)
    assert await made.decided(PATIENCE)
    assert list(made.faults()) == [], point
    return worker


async def signalled(made: Installation, point: str, number: signal.Signals) -> Running:
    """Let a worker meet a signal at a point while it sends a post; return the worker."""
    worker = await recovered(made, point, number)
    made.always = LOST if point.startswith("K24") else ""
    if point in WIRE:
        on_the_wire(made.network, point, worker, number)
    made.approve(1)
    worker.order(Order("" if point in WIRE else point, 1, number))
    return worker


@pytest.mark.timeout(600)
async def test_killed_at_every_named_point(tmp_path: Path) -> None:
    async with installed(tmp_path) as made:
        for point in (*NAMED, *WIRE, START):
            worker = await signalled(made, point, signal.SIGKILL)
            assert await worker.dead(PATIENCE), point
            assert worker.status == -signal.SIGKILL
        await (await recovered(made, "after all", signal.SIGKILL)).kill()


@pytest.mark.timeout(600)
async def test_asked_to_stop_at_every_named_point(tmp_path: Path) -> None:
    async with installed(tmp_path) as made:
        for point in (*NAMED, *WIRE):
            worker = await signalled(made, point, signal.SIGTERM)
            assert await worker.dead(PATIENCE), point
            assert worker.status == 0, point
            assert not {"claimed", "sending"} & {post.state.value for post in made.posts()}, point
        await (await recovered(made, "after all", signal.SIGKILL)).kill()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("point", ["K09", "K14", "K17", "K20", "K24a"])
async def test_stopped_for_long_and_woken(tmp_path: Path, point: str) -> None:
    async with installed(tmp_path) as made:
        made.longest_pause = timedelta(seconds=0.5)
        worker = await signalled(made, point, signal.SIGSTOP)
        assert await worker.until("K14" if point in WIRE else point, PATIENCE)
        await asyncio.sleep(1.5)
        worker.order(Order())
        worker.send(signal.SIGCONT)
        assert await made.decided(PATIENCE)
        await worker.kill()
        assert list(made.faults()) == []
