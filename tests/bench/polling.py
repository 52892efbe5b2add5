"""What it takes to read a thousand feeds, the first time and unchanged, beside others."""

import asyncio
import io
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp
import feedparser

from bot import assemble
from bot.clock import FakeClock
from bot.runtime.worker import Worker
from tests.bench import peers
from tests.bench.figures import Aim, Figure, Spent, spent
from tests.bench.server import ENTRIES, document, feed_url, serving

FEEDS = 1000
UNCHANGED = 3
AT_ONCE = 50
SAMPLE = 60
"""So many documents tell feedparser's own time; it is the same for each."""
_BOT = '[bot]\nlanguage = "en"\n[fetch]\nallow_private = ["127.0.0.0/8"]\n'
_SOURCE = '[sources.feed-{number}]\nurl = "{url}"\nevery = "15m"\nbacklog = 0\n'


def poll() -> Iterator[Figure | str]:
    """Our worker, from due sources to stored entries; bare fetching; feedparser alone; reader."""
    with serving() as port:
        first, unchanged, bare = asyncio.run(_ours(port))
        theirs = peers.reader(port, FEEDS)
    cores = len(os.sched_getaffinity(0))
    parsing = _feedparser() * FEEDS / cores
    work = f"poll {FEEDS:,} feeds of {ENTRIES} entries"
    own = f"feedparser's computing over {cores} cores"
    yield Figure(f"{work}, first time, stored", first.wall, "s", Aim(1.5, of_ratio=True), own, parsing)
    aim = Aim(2, of_ratio=True)
    yield Figure(f"{work}, all unchanged", unchanged.wall, "s", aim, "aiohttp fetching alone", bare.wall)
    yield Figure("the same, computing", unchanged.cpu, "s", None, "aiohttp fetching alone", bare.cpu)
    if not theirs:
        yield "reader is left out: it cannot be installed here"
        return
    (slow, _), (again, _) = theirs
    quarter, seventh = Aim(round(1 / 4, 2), of_ratio=True), Aim(round(1 / 7, 2), of_ratio=True)
    yield Figure(f"{work}, first time, stored", first.wall, "s", quarter, "reader", slow)
    yield Figure(f"{work}, all unchanged", unchanged.wall, "s", seventh, "reader", again)


async def _ours(port: int) -> tuple[Spent, Spent, Spent]:
    with TemporaryDirectory() as home:
        given = assemble.settings(_configuration(Path(home), port), {})
        opened = assemble.store(given)
        clock = FakeClock(datetime(2026, 2, 1, tzinfo=UTC))
        made = assemble.assemble(given, opened, clock)
        await made.worker.start("bench")
        with spent() as first:
            await _step(made.worker, clock)
            await made.close()  # so that the cage's computing counts
        again, bare = [], []
        for _ in range(UNCHANGED):
            clock.advance(timedelta(minutes=20))
            with spent() as unchanged:
                await _step(made.worker, clock)
            again.append(unchanged)
            bare.append(await _bare(port))
        await made.worker.stop(timedelta(seconds=1))
        await made.close()
        opened.close()
    return first, _middle(again), _middle(bare)


def _configuration(home: Path, port: int) -> Path:
    path = home / "technopolys.toml"
    sources = [_SOURCE.format(number=number, url=feed_url(port, number)) for number in range(FEEDS)]
    path.write_text(_BOT + "".join(sources), encoding="utf-8")
    return path


async def _step(worker: Worker, clock: FakeClock) -> None:
    """As the clockwork does: whatever ends asks for a step."""
    await worker.step(clock.now())
    while worker.busy:
        await worker.poked.wait()
        await worker.step(clock.now())


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


def _feedparser() -> float:
    """Seconds of computing that feedparser takes for one document, as the bot asks it to."""
    body = document()
    begun = time.process_time()
    for number in range(SAMPLE):
        text = body.replace("@@", str(number)).encode()
        feedparser.parse(io.BytesIO(text), sanitize_html=False, resolve_relative_uris=False)
    return (time.process_time() - begun) / SAMPLE


def _middle(taken: list[Spent]) -> Spent:
    return Spent(median(one.wall for one in taken), median(one.cpu for one in taken))
