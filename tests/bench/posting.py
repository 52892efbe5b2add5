"""What posting costs us, how many a second that makes, and how late they leave."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import aiohttp

from bot.clock import SystemClock
from bot.message import Frozen
from bot.runtime import delivery
from bot.runtime.clockwork import Clockwork
from bot.runtime.worker import Worker
from content_queue.store.database import Store, best_sqlite
from tests.bench import peers
from tests.bench.figures import Aim, Figure, Spent, spent
from tests.bench.lanes import Pretend, Request, parts
from tests.bench.seed import CHANNELS, ROUNDS, filled, make_due
from tests.bench.server import rate as server_rate
from tests.bench.server import serving

FEW, MANY = 1_000, 20_000
TIMES = 7
POSTS = 60
_COMMITS = 3
"""Claim, intend and settle are one durable commit each."""


def post() -> Iterator[Figure]:
    """Own work of a post, on a small and on a large database, turn by turn."""
    took: dict[int, list[Spent]] = {FEW: [], MANY: []}
    commits = []
    with filled(FEW) as few, filled(MANY) as many:
        for _ in range(TIMES):
            commits.append(_durable_commit())
            took[FEW].append(asyncio.run(_drained(few)))
            took[MANY].append(asyncio.run(_drained(many)))
    wall = {items: _each(one.wall for one in runs) for items, runs in took.items()}
    cpu = {items: _each(one.cpu for one in runs) for items, runs in took.items()}
    beside = ("its three durable commits alone", median(commits) * _COMMITS * 1000)
    work = "own work of a post, claim to settle"
    yield Figure(f"{work}, {FEW:,} items, {FEW * ROUNDS:,} posts", wall[FEW], "ms", Aim(5), *beside)
    yield Figure(f"{work}, {MANY:,} items, {MANY * ROUNDS:,} posts", wall[MANY], "ms", Aim(5), *beside)
    ratio = Aim(1.3, of_ratio=True)
    yield Figure("the same, many beside few, on the wall", wall[MANY], "ms", ratio, "few", wall[FEW])
    yield Figure("the same, many beside few, computing", cpu[MANY], "ms", ratio, "few", cpu[FEW])


def rate() -> Iterator[Figure | str]:
    """Posts a second over HTTP to a network of 0 and 50 ms, beside feed2toot to the same server."""
    with serving() as port, filled(FEW) as store:
        for wait, aim in ((0, 0.8), (50, 1.0)):
            peer: list[float] = []
            ours: list[float] = []
            for _ in range(3):
                ours.append(asyncio.run(_rate(store, CHANNELS[:1], port, wait)))
                peer += [server_rate(port)] if peers.feed2toot(port, wait) else []
            beside = ("feed2toot", median(peer)) if peer else ("", None)
            work = f"posts a second, one channel, network of {wait} ms"
            yield Figure(work, median(ours), "/s", Aim(aim, of_ratio=True, at_least=True), *beside)
        five = [asyncio.run(_rate(store, CHANNELS[:5], port, 50)) for _ in range(3)]
        yield Figure(
            "posts a second, five channels, network of 50 ms", median(five), "/s", Aim(75, at_least=True)
        )
        if not peer:
            yield "feed2toot is left out: it cannot be installed here"


def late() -> Iterator[Figure]:
    """How long after their time 100 posts of one moment on 20 channels leave; the network takes 0 ms."""
    with filled(FEW) as store:
        runs = [sorted(asyncio.run(_late(store))) for _ in range(5)]
    middle = median(median(run) for run in runs) * 1000
    last = median(quantiles(run, n=100)[98] for run in runs) * 1000
    yield Figure("lateness, 100 posts at once over 20 channels, p50", middle, "ms")
    yield Figure("lateness, 100 posts at once over 20 channels, p99", last, "ms", Aim(250))


def _each(took: Iterable[float]) -> float:
    """Milliseconds of one post."""
    return median(took) / POSTS * 1000


async def _drained(store: Store) -> Spent:
    make_due(store, CHANNELS[:1], POSTS, datetime.now(UTC))
    channel = Pretend(CHANNELS[0])
    made = parts(store, [channel])
    with spent() as taken:
        handled = await delivery.drain(made, made.lanes[channel.name], asyncio.Event())
    assert handled == POSTS
    return taken


def _durable_commit() -> float:
    """Seconds of one-row updates that SQLite commits durably, each."""
    with (
        TemporaryDirectory() as home,
        closing(best_sqlite().connect(Path(home) / "bare.db", isolation_level=None)) as bare,
    ):
        for line in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, n)",
        ):
            bare.execute(line)
        bare.execute("INSERT INTO t VALUES (1, 0)")
        begun = time.perf_counter()
        for number in range(200):
            bare.execute("UPDATE t SET n = ? WHERE id = 1", (number,))
        return (time.perf_counter() - begun) / 200


async def _rate(store: Store, names: tuple[str, ...], port: int, wait: int) -> float:
    each = 20
    make_due(store, names, each, datetime.now(UTC))
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        channels = [Pretend(name, _posting(session, wait)) for name in names]
        made = parts(store, channels)
        lanes = made.lanes.values()
        handled = await asyncio.gather(*(delivery.drain(made, one, asyncio.Event()) for one in lanes))
    assert sum(handled) == each * len(names)
    return await asyncio.to_thread(server_rate, port)


def _posting(session: aiohttp.ClientSession, wait: int) -> Request:
    async def request(frozen: Frozen) -> str:
        headers = {"Idempotency-Key": frozen.key}
        async with session.post(
            f"/{wait}/api/v1/statuses", data={"status": frozen.body.decode()}, headers=headers
        ) as told:
            return str((await told.json())["id"])

    return request


async def _late(store: Store) -> list[float]:
    due = datetime.now(UTC) + timedelta(seconds=2)
    make_due(store, CHANNELS, 5, due)
    channels = [Pretend(name) for name in CHANNELS]
    worker = Worker(parts(store, channels))
    await worker.start("bench")
    stop = asyncio.Event()
    running = asyncio.create_task(Clockwork(worker, SystemClock()).run(stop))
    try:
        async with asyncio.timeout(30):
            while sum(len(one.begun) for one in channels) < 5 * len(CHANNELS):  # noqa: ASYNC110  no event tells
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await running
        await worker.stop(timedelta(seconds=5))
    return [begun - due.timestamp() for channel in channels for begun in channel.begun]
