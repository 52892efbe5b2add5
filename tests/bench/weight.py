"""What reading many feeds weighs: the process tree's greatest size while it runs.

`python -m tests.bench.weight PORT FEEDS` reads so many unchanged feeds once, in a process of its own, and
prints megabytes.
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import assemble
from bot.clock import FakeClock
from bot.runtime.worker import Worker
from tests.bench import machine
from tests.bench.server import feed_url

EVERY = 0.5
_BOT = '[bot]\nlanguage = "en"\n[fetch]\nallow_private = ["127.0.0.0/8"]\n'
_SOURCE = '[sources.feed-{number}]\nurl = "{url}"\nevery = "15m"\nbacklog = 0\n'


@dataclass(slots=True)
class Weight:
    """Megabytes, at most."""

    most: float = 0.0


@contextmanager
def weighing() -> Iterator[Weight]:
    """Look at the process tree now and then while the body runs."""
    found, over = Weight(), threading.Event()

    def look() -> None:
        while not over.wait(EVERY):
            try:
                found.most = max(found.most, machine.pss(os.getpid()))
            except (OSError, StopIteration):
                continue  # a process of the tree has just ended

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield found
    finally:
        over.set()
        looking.join()


def configured(home: Path, port: int, feeds: int, kind: str = "feed") -> Path:
    """Write a configuration with so many sources."""
    path = home / "technopolys.toml"
    urls = [feed_url(port, number, kind) for number in range(feeds)]
    sources = [_SOURCE.format(number=number, url=url) for number, url in enumerate(urls)]
    path.write_text(_BOT + "".join(sources), encoding="utf-8")
    return path


async def step(worker: Worker, clock: FakeClock) -> None:
    """As the clockwork does: whatever ends asks for a step."""
    await worker.step(clock.now())
    while worker.busy:
        await worker.poked.wait()
        await worker.step(clock.now())


def of_many(port: int, feeds: int) -> float:
    """Megabytes of a bot that reads so many unchanged feeds."""
    command = [sys.executable, "-m", "tests.bench.weight", str(port), str(feeds)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return float(told.stdout.splitlines()[-1])


async def _read(port: int, feeds: int) -> float:
    with TemporaryDirectory() as home:
        given = assemble.settings(configured(Path(home), port, feeds, "quiet"), {})
        opened = assemble.store(given)
        clock = FakeClock(datetime(2026, 2, 1, tzinfo=UTC))
        made = assemble.assemble(given, opened, clock)
        await made.worker.start("bench")
        with weighing() as weight:
            for _ in range(2):
                await step(made.worker, clock)
                clock.advance(timedelta(minutes=40))
            await asyncio.sleep(2 * EVERY)
        await made.worker.stop(timedelta(seconds=1))
        await made.close()
        opened.close()
    return weight.most


if __name__ == "__main__":
    print(asyncio.run(_read(int(sys.argv[1]), int(sys.argv[2]))))
