"""Killed at every write, sync and send that the kernel is asked for while one post is published on SQLite.

Nobody names these points: strace sends SIGKILL as the n-th call of a kind is entered, for n = 1, 2, ...
"""

import asyncio
from pathlib import Path

import pytest

from tests.never_twice.killed.installation import Installation, Running
from tests.never_twice.killed.test_named_points import PATIENCE, installed

pytestmark = pytest.mark.strace
SYNC = "fsync,fdatasync"
CALLS = (SYNC, "pwrite64", "sendto", "write", "ftruncate", "sendmsg")
MOST = 400
"""So often no kind of call is made for one post; more is a loop."""


async def traced(worker: Running, call: str, place: int) -> asyncio.subprocess.Process:
    """Let strace kill a worker as it enters the call for the ``place``-th time from now on."""
    rule = f"inject={call}:signal=SIGKILL:when={place}"
    words = ("strace", "-f", "-p", str(worker.pid), "-e", f"trace={call}", "-e", rule)
    tracer = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    assert tracer.stderr is not None
    told = await tracer.stderr.readline()
    assert b"attached" in told, told
    return tracer


async def dies_at(made: Installation, call: str, place: int) -> bool:
    """Publish one post under strace; say whether the worker died of it."""
    worker = made.start()
    assert await worker.until("started", PATIENCE)
    assert await made.decided(PATIENCE)  # what the one before left
    assert list(made.faults()) == [], (call, place)
    tracer = await traced(worker, call, place)
    made.approve(1)
    worker.wake()
    waits = [asyncio.create_task(worker.over.wait()), asyncio.create_task(made.decided(PATIENCE))]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    died = worker.over.is_set()
    await worker.kill()
    await tracer.communicate()
    return died


async def sweep(made: Installation, call: str) -> int:
    """Die at each call of a kind until none is left; return how many there were."""
    for place in range(1, MOST):
        if not await dies_at(made, call, place):
            return place - 1
    raise AssertionError(f"{call} is called without end")


@pytest.mark.timeout(600)
async def test_killed_at_every_sync(tmp_path: Path) -> None:
    async with installed(tmp_path, "x") as made:
        assert await sweep(made, SYNC) >= 3  # claim, intent, receipt


@pytest.mark.slow
@pytest.mark.timeout(3000)
async def test_killed_at_every_call(tmp_path: Path) -> None:
    async with installed(tmp_path, "x") as made:
        deaths = {call: await sweep(made, call) for call in CALLS}
        print(f"died at each of {sum(deaths.values())} calls: {deaths}")  # noqa: T201  it belongs to the run's output
        assert deaths["pwrite64"] > deaths[SYNC] > 0
        assert deaths["sendto"]
