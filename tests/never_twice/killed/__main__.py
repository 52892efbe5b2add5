"""The kill soak as a table: ``python -m tests.never_twice.killed --rounds 1000 [--seed N] [--on sqlite]``."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeAlias

from tests.bot.runtime.world import open_store
from tests.forking import forkserver
from tests.never_twice.killed.installation import Installation
from tests.never_twice.killed.soak import Table, rounds
from tests.postgresql import Postgres, running

SIDE_BY_SIDE = {"sqlite": 3, "postgresql": 16}
"""Installations at a time: a round waits for its processes' start most of the time, or for a lease to end."""
NAMES = {"sqlite": "SQLite, one worker", "postgresql": "PostgreSQL, two workers"}
WORKERS = {"sqlite": 1, "postgresql": 2}
HEAD = "| database, workers | rounds | posts | doubled | lost | stuck | uncertain | p50 s | p99 s |"


def row(table: Table) -> str:
    """One line of the table, in Markdown."""
    counts = [table.rounds, table.posts, *(table.many(kind) for kind in ("doubled", "lost", "stuck"))]
    times = [f"{table.percentile(share):.2f}" for share in (0.5, 0.99)]
    return f"| {table.name} | {' | '.join(map(str, [*counts, table.uncertain, *times]))} |"


@contextmanager
def on_sqlite(seed: int) -> Iterator[Installation]:
    """An installation on a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "queue.db"
        open_store(path).close()
        yield Installation(path, forkserver(), Random(seed))


@contextmanager
def on_postgresql(server: Postgres, seed: int) -> Iterator[Installation]:
    """An installation on a database of a running server."""
    place = server.fresh()
    yield Installation(place, forkserver(), Random(seed), glance=0.3)
    server.drop(place)


Opener: TypeAlias = Callable[[int], AbstractContextManager[Installation]]


@contextmanager
def opener(engine: str) -> Iterator[Opener]:
    """Return what makes an installation on the engine; its server, where it has one, runs meanwhile."""
    if engine == "sqlite":
        yield on_sqlite
        return
    with running() as server:
        yield partial(on_postgresql, server)


async def side_by_side(engine: str, installation: Opener, number: int, places: int, seed: int) -> Table:
    """Share the rounds out over installations that run at the same time."""
    total = Table(NAMES[engine])

    async def one(place: int) -> None:
        mine = number // places + (place < number % places)
        if not mine:
            return
        with installation(seed + place) as made:
            total.take(await rounds(made, Random(seed + place), mine, WORKERS[engine], total.name))

    await asyncio.gather(*(one(place) for place in range(places)))
    return total


def soaked(engine: str, number: int, places: int, seed: int) -> Table:
    """Run the soak on one engine."""
    with opener(engine) as installation:
        return asyncio.run(side_by_side(engine, installation, number, places, seed))


def main() -> int:
    """Run the soak, print its table, and say with the exit status whether every promise held."""
    words = argparse.ArgumentParser(prog="python -m tests.never_twice.killed", description=__doc__)
    words.add_argument("--rounds", type=int, default=1000)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--on", choices=NAMES, action="append")
    words.add_argument("--places", type=int, help="how many installations at a time")
    given = words.parse_args()
    seed = given.seed or Random().randrange(10**6)
    print(f"seed {seed}, {datetime.now(UTC):%Y-%m-%d}: make soak ROUNDS={given.rounds}")
    began = time.monotonic()
    tables = [
        soaked(engine, given.rounds, given.places or SIDE_BY_SIDE[engine], seed)
        for engine in given.on or NAMES
    ]
    print(f"in {time.monotonic() - began:.0f} s; recovery is from restart to the first look\n")
    print(f"{HEAD}\n|{'---|' * HEAD.count(' | ')}---|")
    for table in tables:
        print(row(table))
    for table in tables:
        ends = ", ".join(f"{point} {often}" for point, often in sorted(table.died_at.items()))
        print(f"\n{table.name}: died at {ends}")
    for table in tables:
        for fault in table.faults:
            print(f"{table.name}: {fault}", file=sys.stderr)
    return int(any(table.faults for table in tables))


if __name__ == "__main__":
    sys.exit(main())
