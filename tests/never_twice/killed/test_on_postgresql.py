"""Two workers on a real PostgreSQL: one is killed, or stands still beyond its lease; the other takes over."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import pytest

from tests.forking import forkserver
from tests.never_twice.killed.child import Order
from tests.never_twice.killed.installation import Installation, Running, on_the_wire
from tests.never_twice.killed.soak import NAMED, STILL, WIRE
from tests.postgresql import Postgres

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600)]
LOST = "N02 made, cut"
PATIENCE = 60
SAMPLE = ("K13", "K18")
"""What ``make test`` meets too: inside the intent's commit, and between the network's post and its answer."""


@asynccontextmanager
async def installed(postgres: Postgres) -> AsyncIterator[Installation]:
    """An installation on the run's server; its workers look for what others left five times a second."""
    place = postgres.fresh()
    made = Installation(place, forkserver(), Random(1), glance=0.1, beat=timedelta(seconds=0.2))
    await made.network.listen()
    try:
        yield made
    finally:
        made.kill_all()
        await made.network.close()
        made.store.close()
        postgres.drop(place)


async def begun(made: Installation) -> Running:
    worker = made.start()
    assert await worker.until("started", PATIENCE)
    return worker


async def meets(made: Installation, worker: Running, point: str, number: signal.Signals) -> None:
    """Let a worker that is alone meet a signal at a point while it sends a post."""
    made.always = LOST if point.startswith("K24") else ""
    if point in WIRE:
        on_the_wire(made.network, point, worker, number)
    made.approve(1)
    worker.order(Order("" if point in WIRE else point, 1, number))


async def dies(made: Installation, point: str) -> None:
    """Kill one of two workers at a point; once its leases are over, the other decides what it left."""
    victim = await begun(made)
    await meets(made, victim, point, signal.SIGKILL)
    assert await victim.dead(PATIENCE), point
    survivor = await begun(made)
    made.leases_end(victim)
    assert await made.decided(PATIENCE), point
    await survivor.kill()
    made.leases_end(survivor)
    assert list(made.faults()) == [], point


@pytest.mark.parametrize("point", [*SAMPLE, pytest.param("all", marks=pytest.mark.slow)])
async def test_killed_at_a_named_point(postgres: Postgres, point: str) -> None:
    async with installed(postgres) as made:
        for one in (*NAMED, *WIRE) if point == "all" else (point,):
            await dies(made, one)


async def stands_still(made: Installation, point: str) -> None:
    """Stop one of two workers at a point until the other has decided everything; then wake it."""
    made.longest_pause = timedelta(seconds=0.5)
    sleeper = await begun(made)
    await meets(made, sleeper, point, signal.SIGSTOP)
    assert await sleeper.until("K14" if point in WIRE else point, PATIENCE), point
    await asyncio.sleep(1)  # longer than it may stand still
    other = await begun(made)
    made.leases_end(sleeper)
    assert await made.decided(PATIENCE), point
    before = [(post.id, post.state, post.remote_id) for post in made.posts()]
    sleeper.order(Order())
    sleeper.send(signal.SIGCONT)
    await asyncio.sleep(1)
    assert await made.decided(PATIENCE), point
    after = [(post.id, post.state, post.remote_id) for post in made.posts()]
    await sleeper.kill()
    await other.kill()
    assert list(made.faults()) == [], point
    # a receipt that it still had is evidence; nothing else of it changes anything
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert all(state.value == "published" for _, state, _ in changed), (point, changed)


STILL_SLOW = [pytest.param(point, marks=pytest.mark.slow) for point in STILL if point != "K14"]


@pytest.mark.parametrize("point", ["K14", *STILL_SLOW])
async def test_stopped_beyond_its_lease_and_woken(postgres: Postgres, point: str) -> None:
    async with installed(postgres) as made:
        await stands_still(made, point)
