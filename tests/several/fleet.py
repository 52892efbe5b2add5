"""A fleet of workers and what befalls it: kills, stops and hands on the shoulder, as the seed says."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import sqlalchemy as sa

from content_queue.item import Post
from content_queue.operations import listing, planning, posts
from content_queue.store import tables as t
from content_queue.store.database import ServerAddress, Store, StoreError
from content_queue.store.locks import BusyError
from tests.bot.runtime.world import HOUR, lane, make_parts, new_item
from tests.several.network import Counting, shown_on
from tests.several.worker import clock_now, keyed

ROOT = Path(__file__).parents[2]
STANDS_STILL = 2.5
"""Seconds, ten times as long by the workers' clock: who stood still for so long sends nothing."""


TOGETHER = 500
"""So many items are approved in one transaction."""


@dataclass(slots=True)
class Fleet:
    """Workers by name, and what has befallen them."""

    server: ServerAddress
    folder: Path
    channels: list[str]
    chance: Random
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    befell: Counter[str] = field(default_factory=Counter)
    store: Store = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(self.server)

    def begin(self) -> None:
        """Start one more worker."""
        name = f"w{self.befell['begun']}"
        seed = str(self.chance.random())
        command = [sys.executable, "-m", "tests.several.worker", self.server.address, str(self.folder), name]
        self.workers[name] = subprocess.Popen([*command, ",".join(self.channels), seed], cwd=ROOT)
        self.befell["begun"] += 1

    def trouble(self) -> None:
        """Let something befall one of them."""
        working = self.working()
        if not working:
            return
        name = self.chance.choice(working)
        what = self.chance.choices([self.kill, self.stand_still, self.end], [5, 3, 2])[0]
        what(name)

    def working(self) -> list[str]:
        """Who has begun to work: to befall one that is still starting would only cost time."""
        with self.store.read() as tx:
            known = set(tx.execute(sa.select(t.lease.c.name)).scalars())
        return [name for name in self.workers if name in known]

    def kill(self, name: str) -> None:
        process = self.workers.pop(name)
        process.kill()
        process.wait()
        self.leases_end(name)
        self.befell["killed"] += 1
        self.begin()

    def end(self, name: str) -> None:
        """Ask it to end, as an operator does."""
        process = self.workers.pop(name)
        process.terminate()
        process.wait(60)
        self.befell["ended"] += 1
        self.begin()

    def stand_still(self, name: str) -> None:
        """Stop it beyond its lease, and wake it."""
        process = self.workers[name]
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(STANDS_STILL)
        self.leases_end(name)
        time.sleep(STANDS_STILL)  # the others take over
        os.kill(process.pid, signal.SIGCONT)
        self.befell["stopped"] += 1

    def leases_end(self, name: str) -> None:
        """Let a minute pass for what one worker holds; nobody's clock but the database's says when."""
        past = sa.func.clock_timestamp()
        for table, until in ((t.post, "lease_until"), (t.lease, "until")):
            with suppress(StoreError, BusyError), self.store.write() as tx:
                tx.execute(sa.update(table).where(table.c.owner == name).values({until: past}))

    def plan(self, count: int) -> None:
        """Plan so many posts for now, over all channels."""
        networks = [Counting(name, self.folder, self.chance, keyed(name)) for name in self.channels]
        spoken = [{network.name: lane(network).style} for network in networks]  # type: ignore[arg-type]  # a channel
        parts = [make_parts(self.store, _Standing(), styles=one) for one in spoken]  # type: ignore[arg-type]
        for begin in range(0, count, TOGETHER):
            with self.store.write() as tx:
                for number in range(begin, min(begin + TOGETHER, count)):
                    place = number % len(self.channels)
                    item = new_item(tx, parts[place], clock_now(), f"story {number}")
                    planning.post_now(tx, clock_now(), "ana", item.id, self.channels[place], HOUR)

    def answer(self) -> None:
        """Answer what is uncertain as a person does: by looking at the account, and again if it is busy."""
        with self.store.read() as tx:
            asked = [*listing.posts(tx, "uncertain"), *listing.posts(tx, "failed")]
        if not asked:
            return
        with suppress(BusyError), self.store.write() as tx:
            for post in listing.posts(tx, "uncertain"):
                self.befell["asked"] += 1
                if self.shown()[post.channel, post.message.text]:
                    posts.answer_found(tx, clock_now(), "ana", post, "https://seen.example")
                else:
                    posts.answer_resend(tx, clock_now(), "ana", post)
            for post in listing.posts(tx, "failed"):  # its claim was lost three times in a row
                posts.retry(tx, clock_now(), "ana", post)

    def shown(self) -> Counter[tuple[str, str]]:
        """How often the public sees each text on each account."""
        lines = [(name, text) for name in self.channels for _, text in shown_on(self.folder, name)]
        return Counter(lines)

    def posts(self) -> list[Post]:
        with self.store.read() as tx:
            return listing.posts(tx)

    def under_way(self) -> int:
        """How many posts are not published yet."""
        published = sa.select(sa.func.count()).select_from(t.post).where(t.post.c.state != "published")
        with self.store.read() as tx:
            return int(tx.execute(published).scalar_one())


class _Standing:
    """A clock that nobody asks for anything but the moment."""

    def now(self) -> object:
        return clock_now()


@contextmanager
def fleet(server: ServerAddress, folder: Path, channels: int, seed: int) -> Iterator[Fleet]:
    made = Fleet(server, folder, [f"c{number}" for number in range(channels)], Random(seed))
    try:
        yield made
    finally:
        for process in made.workers.values():
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
            process.kill()
            process.wait()
        made.store.close()


def live_through(made: Fleet, workers: int, posts_between: int, patience: timedelta) -> None:
    """Publish everything with so many workers; after each so many posts something befalls one of them.

    Trouble waits for posts, not for seconds: on a busy machine it would kill each worker before it began.
    """
    for _ in range(workers):
        made.begin()
    end = time.monotonic() + patience.total_seconds()
    quiet = left = made.under_way()
    while left:
        assert time.monotonic() < end, Counter(post.state.value for post in made.posts())
        time.sleep(0.2)
        if quiet - left >= posts_between:
            made.trouble()
            quiet = left
        made.answer()
        left = made.under_way()
