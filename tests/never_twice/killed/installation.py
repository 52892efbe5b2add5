"""One installation: a database, networks that count, and workers that are killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext
from pathlib import Path
from random import Random

import sqlalchemy as sa

from bot.clock import FakeClock
from bot.runtime import delivery, tenure
from content_queue.item import Post, Scope
from content_queue.lifecycle import PostState, still_moving
from content_queue.operations import breaker, holds, listing, planning
from content_queue.store import tables as t
from content_queue.store.database import Place, Store
from tests.bot.runtime.world import HOUR, make_parts, new_item
from tests.never_twice.classes import KINDS, style
from tests.never_twice.faults import BY_NAME, FINE, Fault
from tests.never_twice.killed.child import Order, Orders, live
from tests.never_twice.network import Create, Network

FLAVOURS = ("x", "telegram", "keyed")
LOOK = ("K24a",)
UNKNOWN = ("N02 made, cut", "N02 read, cut, not made", "N04 500, made", "N03 html, made", "N04 503, not made")
BAD_DAYS = 0.25
MOVING = [state.value for state in PostState if still_moving(state)]
PATIENCE = 150.0
"""Seconds after which a post that nobody decides is stuck; the lease is 60."""


class Running:
    """A worker's process; ``reached`` holds the points that it told of, with their times."""

    def __init__(self, context: ForkServerContext, orders: Orders) -> None:
        self.name = orders.name
        ours, theirs = context.Pipe()
        self.began = time.monotonic()
        self.reached: list[tuple[str, float]] = []
        self._pipe = ours
        self._process = context.Process(target=live, args=(orders, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self.over = asyncio.Event()
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(ours.fileno(), self._listen)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def kernel_state(self) -> str:
        """What the kernel says of it: S sleeps, T stands still, X is gone (proc(5), /proc/pid/stat)."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
        except OSError:
            return "X"

    def order(self, order: Order) -> None:
        with suppress(OSError):
            self._pipe.send(order)

    def wake(self) -> None:
        """Let it look at once, as the database would within a second."""
        self.order(Order())

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def until(self, point: str, patience: float) -> bool:
        """Wait until it has told of a point, or is over; say whether it told."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not self.over.is_set() and point not in dict(self.reached):
                    self._news.clear()
                    await self._news.wait()
        return point in dict(self.reached)

    async def dead(self, patience: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.over.wait()
        return self.over.is_set()

    async def kill(self) -> None:
        self.send(signal.SIGKILL)
        await self.over.wait()

    def _listen(self) -> None:
        try:
            while self._pipe.poll():
                self.reached.append(self._pipe.recv())
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            self._pipe.close()
            self._process.join()
            self.over.set()
        self._news.set()

    @property
    def status(self) -> int | None:
        return self._process.exitcode


@dataclass(slots=True)
class Installation:
    """What outlives the workers, and what the test itself wrote down: every item that was approved."""

    place: Place
    context: ForkServerContext
    random: Random
    flavours: tuple[str, ...] = FLAVOURS
    approved: list[int] = field(default_factory=list)
    network: Network = field(init=False)
    store: Store = field(init=False)
    seen: set[str] = field(default_factory=set)
    workers: int = 0
    longest_pause: timedelta = delivery.LONGEST_PAUSE
    beat: timedelta = tenure.BEAT
    glance: float = 0.02
    always: str = ""
    bad_days: float = BAD_DAYS
    started: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.network = Network(lambda: datetime.now(UTC), fate=self._fate)
        self.store = Store(self.place)

    def start(self, first: Order | None = None) -> Running:
        """Start one more worker."""
        self.workers += 1
        name, url = f"worker-{self.workers}", self.network.url
        orders = Orders(self.place, url, name, self.flavours, self.longest_pause, self.beat, first or Order())
        self.started.append(Running(self.context, orders))
        return self.started[-1]

    def kill_all(self) -> None:
        """Leave none behind: one that stands still would outlive us."""
        for worker in self.started:
            if not worker.over.is_set():
                worker.send(signal.SIGKILL)

    def approve(self, number: int) -> None:
        """Approve items for every channel, due now, as the desk does beside the worker."""
        spoken = {name: style(KINDS[name], name) for name in self.flavours}
        now = datetime.now(UTC)
        parts = make_parts(self.store, FakeClock(now), styles=spoken)
        with self.store.write() as tx:
            for _ in range(number):
                item = new_item(tx, parts, now, f"Nouvelle {len(self.approved):05d}.")
                self.approved.append(item.id)
                for name in self.flavours:
                    planning.post_now(tx, now, "ana", item.id, name, HOUR)

    def posts(self) -> list[Post]:
        with self.store.read() as tx:
            return listing.posts(tx)

    async def decided(self, patience: float = PATIENCE) -> bool:
        """Wait until no post moves by itself any more."""
        end = time.monotonic() + patience
        while self.moving():
            if time.monotonic() > end:
                return False
            self.resume()
            await asyncio.sleep(self.glance)
        return True

    def resume(self) -> None:
        """Let a channel go on that was held after five lost answers in a row, as a person does."""
        now = datetime.now(UTC)
        with self.store.read() as tx:
            held = [hold.target for hold in holds.active(tx, now) if hold.reason == breaker.BROKEN]
        for name in held:
            with self.store.write() as tx:
                holds.lift(tx, now, "ana", Scope.CHANNEL, name, breaker.BROKEN)
                breaker.answered(tx, now, name)

    def moving(self) -> int:
        """How many posts are not decided yet."""
        moving = sa.select(sa.func.count()).select_from(t.post).where(t.post.c.state.in_(MOVING))
        with self.store.read() as tx:
            return int(tx.execute(moving).scalar_one())

    def left_by(self, worker: Running) -> list[int]:
        """Which posts a worker has left on the wire or in a look."""
        left = sa.select(t.post.c.id).where(t.post.c.owner == worker.name)
        with self.store.read() as tx:
            return list(tx.execute(left.where(t.post.c.state.in_(["sending", "checking"]))).scalars())

    async def taken_over(self, worker: Running) -> float:
        """Wait until nothing of a worker is left; return the last moment at which something was."""
        last = time.monotonic()
        end = last + PATIENCE
        while self.left_by(worker) and last < end:
            last = time.monotonic()
            await asyncio.sleep(self.glance)
        return last

    def leases_end(self, worker: Running) -> None:
        """Let a minute pass for what one worker holds: leases go by the database's clock."""
        past = sa.func.clock_timestamp()
        for table, until in ((t.post, "lease_until"), (t.lease, "until")):
            with self.store.write() as tx:
                tx.execute(sa.update(table).where(table.c.owner == worker.name).values({until: past}))

    def faults(self) -> Iterator[str]:
        """Name whatever is doubled, lost, stuck, or uncertain without need."""
        posts = {(post.item, post.channel): post for post in self.posts()}
        for place, item in enumerate(self.approved):
            for flavour in self.flavours:
                post = posts.get((item, flavour))
                out = self.network.often(f"Nouvelle {place:05d}.", flavour)
                yield from _faults_of(post, out, f"i{item} on {flavour}")

    def count(self, state: str) -> int:
        return sum(post.state.value == state for post in self.posts())

    def _fate(self, create: Create) -> Fault:
        """A key's first request may have a bad day; the others fare well."""
        first = create.key not in self.seen
        bad = first and (self.always or self.random.random() < self.bad_days)
        fault = BY_NAME[self.always or self.random.choice(UNKNOWN)] if bad else FINE
        if create.key:
            self.seen.add(create.key)
        return fault


def _faults_of(post: Post | None, out: int, where: str) -> Iterator[str]:
    if post is None:
        yield f"lost: {where} has no post"
        return
    state = post.state.value
    said = f"{where} is {state}, and stands there {out} times"
    if out > 1:
        yield f"doubled: {said}"
    if still_moving(post.state):
        yield f"stuck: {said}"
    if state == "published" and (out != 1 or not post.remote_id):
        yield f"lost: {said}"
    if state not in {"published", "uncertain"} and not still_moving(post.state):
        yield f"lost: {said}"
    kind = KINDS[post.channel]
    if state == "uncertain" and (kind.keyed or (kind.readable and out)):
        yield f"needlessly uncertain: {said}"


def on_the_wire(network: Network, point: str, victim: Running, number: int = signal.SIGKILL) -> None:
    """Send a worker a signal when the network sees its request at this point, once."""

    def see(reached: str) -> None:
        if reached == point:
            network.wire = lambda _point: None
            victim.send(number)

    network.wire = see
