"""The kill soak: in each round a worker dies at a named point or at any moment, and everything is counted."""

from __future__ import annotations

import asyncio
import signal
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
STILL = ("K09", "K14", "K17", "K20", "K24a")
"""Where a worker also stands still until the others have decided everything, and is woken again."""
STANDS_STILL = 0.15
STOPPED = "stopped at "
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
            await one_round(made, random, alive, turn % workers, a_death(random, workers), table)
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


def a_death(random: Random, workers: int) -> Order:
    """Choose what befalls a worker; it only stands still where others go on meanwhile."""
    if workers > 1 and random.random() < STANDS_STILL:
        return Order(random.choice(STILL), 1, signal.SIGSTOP)
    point = random.choice(POINTS)
    return Order(point, random.randint(1, 3) if point in NAMED else 1)


async def one_round(
    made: Installation, random: Random, alive: list[Running], turn: int, order: Order, table: Table
) -> None:
    """Approve something, let one worker die over it, start it again, and wait until all is decided."""
    for worker in alive:
        await worker.until("started", 30)
    victim = alive[turn]
    await give_work(made, random, alive, victim, order)
    reached = await dies(made, victim, order)
    made.network.wire = lambda _point: None
    where = (STOPPED if order.signal == signal.SIGSTOP else "") + order.point if reached else "elsewhere"
    table.died_at[where] = table.died_at.get(where, 0) + 1
    table.rounds += 1
    if order.signal == signal.SIGSTOP:
        await stand_still(made, alive, victim, table)
        return
    await victim.kill()
    if order.point == START:
        dying = made.start(order)
        await dying.dead(30)
        await dying.kill()
    await recover(made, alive, turn, table)


async def give_work(
    made: Installation, random: Random, alive: list[Running], victim: Running, order: Order
) -> None:
    """Approve something, and tell the victim where its end comes."""
    if order.point in WIRE:
        on_the_wire(made.network, order.point, victim, order.signal)
    made.approve(random.randint(1, 2))
    for worker in [victim, *(worker for worker in alive if worker is not victim)]:
        worker.order(order if worker is victim and order.point in NAMED else Order())
    if order.point == AT_RANDOM:
        await asyncio.sleep(random.uniform(0, 0.3))
        await victim.kill()


async def stand_still(made: Installation, alive: list[Running], victim: Running, table: Table) -> None:
    """Let the others take over and decide everything; then the one that stood still goes on."""
    victim.send(signal.SIGSTOP)
    await settled(made, alive, table)
    victim.order(Order())
    victim.send(signal.SIGCONT)
    await asyncio.sleep(1)  # whatever it does of its old task, it does now
    victim.send(signal.SIGCONT)  # it may have come to the old order's point before it read the new order
    await settled(made, alive, table)


async def dies(made: Installation, victim: Running, order: Order) -> bool:
    """Wait for a worker's end; it does not come where all is decided before its point was reached."""
    ends = victim.over.wait() if order.signal == signal.SIGKILL else victim.until(order.point, NOT_REACHED)
    deciding = asyncio.create_task(made.decided(NOT_REACHED))
    dying = asyncio.create_task(ends)
    await asyncio.wait({deciding, dying}, return_when=asyncio.FIRST_COMPLETED)
    for task in (deciding, dying):
        task.cancel()
    return victim.over.is_set() or (order.signal == signal.SIGSTOP and order.point in dict(victim.reached))


async def recover(made: Installation, alive: list[Running], turn: int, table: Table) -> None:
    """Start the dead one again; the first look after all that it left was taken over is timed."""
    dead, left = alive[turn], made.left_by(alive[turn])
    began = time.monotonic()
    alive[turn] = made.start()
    taken = max(began, await made.taken_over(dead))
    await settled(made, alive, table)
    looks = [when for worker in alive for point, when in worker.reached if point in LOOK and when >= taken]
    if left and looks:
        table.recovered.append(min(looks) - began)


async def settled(made: Installation, alive: list[Running], table: Table) -> None:
    """Wait until all is decided; who waits too long is stuck."""
    if not await made.decided():
        at_work = "".join(worker.kernel_state for worker in alive)
        stuck = [f"stuck: p{post.id} is {post.state.value}, workers {at_work}" for post in made.posts()]
        table.faults += [line for line in stuck if "published" not in line and "uncertain" not in line]
