"""The kill soak: in each round a worker dies at a named point or at any moment, and everything is counted."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from random import Random

from tests.never_twice.killed.child import Order
from tests.never_twice.killed.installation import LOOK, Installation, Running, on_the_wire

NAMED = ("K08", "K09", "K11", "K12", "K13", "K14", "K20", "K21", "K22", "K24a", "K24b", "K24c")
WIRE = ("K15", "K16", "K17", "K18", "K19")
START = "K27"
AT_RANDOM = "any moment"
POINTS = (*NAMED, *WIRE, START, AT_RANDOM)
NOT_REACHED = 5.0
"""Seconds after which a worker that does not come to its point is killed where it is."""


@dataclass(slots=True)
class Table:
    """What is printed."""

    name: str
    rounds: int = 0
    posts: int = 0
    uncertain: int = 0
    faults: list[str] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)
    died_at: dict[str, int] = field(default_factory=dict)

    def many(self, kind: str) -> int:
        return sum(fault.startswith(kind) for fault in self.faults)

    def percentile(self, share: float) -> float:
        found = sorted(self.recovered)
        return found[min(len(found) - 1, int(share * len(found)))] if found else 0.0

    def take(self, other: Table) -> None:
        """Add another one's figures."""
        self.rounds += other.rounds
        self.posts += other.posts
        self.uncertain += other.uncertain
        self.faults += other.faults
        self.recovered += other.recovered
        for point, often in other.died_at.items():
            self.died_at[point] = self.died_at.get(point, 0) + often


async def rounds(made: Installation, random: Random, number: int, workers: int, name: str) -> Table:
    """Let ``number`` workers of one installation die, one after the other, ``workers`` at a time at work."""
    table = Table(name)
    await made.network.listen()
    alive = [made.start() for _ in range(workers)]
    try:
        for turn in range(number):
            point = random.choice(POINTS)
            await one_round(made, random, alive, turn % workers, point, table)
        await settled(made, alive, table)
    finally:
        for worker in alive:
            await worker.kill()
        await made.network.close()
        made.store.close()
    table.posts = len(made.posts())
    table.uncertain = made.count("uncertain")
    table.faults += made.faults()
    return table


async def one_round(
    made: Installation, random: Random, alive: list[Running], turn: int, point: str, table: Table
) -> None:
    """Approve something, let one worker die over it, start it again, and wait until all is decided."""
    for worker in alive:
        await worker.until("started", 30)
    victim = alive[turn]
    if point in WIRE:
        on_the_wire(made.network, point, victim)
    made.approve(random.randint(1, 2))
    order = Order(point, random.randint(1, 3) if point in NAMED else 1)
    for worker in alive:
        worker.order(order if worker is victim and point in NAMED else Order())
    if point == AT_RANDOM:
        await asyncio.sleep(random.uniform(0, 0.3))
        await victim.kill()
    reached = await dies(made, victim)
    where = point if reached else "elsewhere"
    await victim.kill()
    made.network.wire = lambda _point: None
    table.died_at[where] = table.died_at.get(where, 0) + 1
    table.rounds += 1
    if point == START:
        dying = made.start(Order(START))
        await dying.dead(30)
        await dying.kill()
    await recover(made, alive, turn, table)


async def dies(made: Installation, victim: Running) -> bool:
    """Wait for a worker's death; it does not come where all is decided before its point was reached."""
    deciding = asyncio.create_task(made.decided(NOT_REACHED))
    dying = asyncio.create_task(victim.over.wait())
    await asyncio.wait({deciding, dying}, return_when=asyncio.FIRST_COMPLETED)
    for task in (deciding, dying):
        task.cancel()
    return victim.over.is_set()


async def recover(made: Installation, alive: list[Running], turn: int, table: Table) -> None:
    """Start the dead one again; its successor's first look at what was left is timed."""
    left = any(post.state.value in {"sending", "checking"} for post in made.posts())
    began = time.monotonic()
    alive[turn] = made.start()
    await settled(made, alive, table)
    if left:
        looks = [when for worker in alive for point, when in worker.reached if point in LOOK and when > began]
        table.recovered += [min(looks) - began] if looks else []


async def settled(made: Installation, alive: list[Running], table: Table) -> None:
    """Wait until all is decided; who waits too long is stuck."""
    if not await made.decided():
        stuck = [f"stuck: p{post.id} is {post.state.value}" for post in made.posts()]
        table.faults += [line for line in stuck if "published" not in line and "uncertain" not in line]
