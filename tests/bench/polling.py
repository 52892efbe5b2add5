"""What it takes to read a thousand feeds, the first time and unchanged, beside others."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp

from bot import assemble
from bot.clock import FakeClock
from tests.bench import peers
from tests.bench.figures import Aim, Figure, Spent, spent
from tests.bench.parsing import over_the_cores
from tests.bench.server import ENTRIES, feed_url, serving
from tests.bench.weight import configured, of_many, step, weighing

FEEDS = 1000
UNCHANGED = 3
ROUNDS = 3
AT_ONCE = 50
MANY = 6000


def poll() -> Iterator[Figure | str]:
    """Our worker, from due sources to stored entries; bare fetching; feedparser alone; reader.

    In rounds, with the others between them: the machine's pace changes from minute to minute.
    """
    rounds, alone, theirs = [], [over_the_cores(FEEDS, "asked")], None
    with serving() as port:
        for number in range(ROUNDS):
            rounds.append(asyncio.run(_ours(port)))
            alone.append(over_the_cores(FEEDS, "asked"))
            if number == ROUNDS // 2:
                theirs = peers.reader(port, FEEDS)
        many = of_many(port, MANY)
    parsing, as_it_comes = median(alone), over_the_cores(FEEDS, "plain")
    first = _middle([each.first for each in rounds])
    unchanged = _middle([each.unchanged for each in rounds])
    bare = _middle([each.bare for each in rounds])
    cores = len(os.sched_getaffinity(0))
    work = f"poll {FEEDS:,} feeds of {ENTRIES} entries"
    own = f"feedparser's computing over {cores} cores"
    yield Figure(f"{work}, first time, stored", first.wall, "s", Aim(1.5, of_ratio=True), own, parsing)
    yield Figure("the same", first.wall, "s", None, f"{own}, as it comes", as_it_comes)
    computing = "feedparser's computing"
    yield Figure("the same, computing of all processes", first.cpu, "s", None, computing, parsing * cores)
    aim = Aim(2, of_ratio=True)
    yield Figure(f"{work}, all unchanged", unchanged.wall, "s", aim, "aiohttp fetching alone", bare.wall)
    yield Figure("the same, computing", unchanged.cpu, "s", None, "aiohttp fetching alone", bare.cpu)
    # of the first round: later ones hold what it has left behind
    yield Figure(f"{work}, memory of all processes at most", rounds[0].weight, "MB", Aim(200))
    yield Figure(f"{MANY:,} feeds configured and read, memory of all processes at most", many, "MB", Aim(350))
    if not theirs:
        yield "reader is left out: it cannot be installed here"
        return
    (slow, _), (again, _) = theirs
    quarter, seventh = Aim(round(1 / 4, 2), of_ratio=True), Aim(round(1 / 7, 2), of_ratio=True)
    yield Figure(f"{work}, first time, stored", first.wall, "s", quarter, "reader", slow)
    yield Figure(f"{work}, all unchanged", unchanged.wall, "s", seventh, "reader", again)


@dataclass(frozen=True, slots=True)
class _Round:
    """A first poll, an unchanged one and bare fetching, and the megabytes of the first."""

    first: Spent
    unchanged: Spent
    bare: Spent
    weight: float


async def _ours(port: int) -> _Round:
    with TemporaryDirectory() as home:
        given = assemble.settings(configured(Path(home), port, FEEDS), {})
        opened = assemble.store(given)
        clock = FakeClock(datetime(2026, 2, 1, tzinfo=UTC))
        made = assemble.assemble(given, opened, clock)
        await made.worker.start("bench")
        with weighing() as weight, spent() as first:
            await step(made.worker, clock)
            await made.close()  # so that the cage's computing counts
        again, bare = [], []
        for _ in range(UNCHANGED):
            clock.advance(
                timedelta(minutes=40)
            )  # the first wait is longer by a source's place in the interval
            with spent() as unchanged:
                await step(made.worker, clock)
            again.append(unchanged)
            bare.append(await _bare(port))
        await made.worker.stop(timedelta(seconds=1))
        await made.close()
        opened.close()
    return _Round(first, _middle(again), _middle(bare), weight.most)


async def _bare(port: int) -> Spent:
    """Ask for every feed, changed or not, and do nothing with the answer."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(session: aiohttp.ClientSession, number: int) -> None:
        async with (
            turns,
            session.get(feed_url(port, number), headers={"If-None-Match": f'"{number}"'}) as answer,
        ):
            await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
        with spent() as taken:
            await asyncio.gather(*(ask(session, number) for number in range(FEEDS)))
    return taken


def _middle(taken: list[Spent]) -> Spent:
    return Spent(median(one.wall for one in taken), median(one.cpu for one in taken))
