"""The kill soak as a table: ``python -m tests.never_twice.killed --rounds 1000 [--seed N] [--on sqlite]``."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.bot.runtime.world import open_store
from tests.never_twice.killed.installation import Installation, forkserver
from tests.never_twice.killed.soak import Table, rounds

SIDE_BY_SIDE = 3
"""Installations at a time: a round waits for its processes' start most of the time."""
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


async def side_by_side(number: int, seed: int) -> Table:
    """Share the rounds out over installations that run at the same time."""
    total = Table("SQLite, one worker")

    async def one(place: int) -> None:
        with on_sqlite(seed + place) as made:
            mine = number // SIDE_BY_SIDE + (place < number % SIDE_BY_SIDE)
            total.take(await rounds(made, Random(seed + place), mine, 1, total.name))

    await asyncio.gather(*(one(place) for place in range(SIDE_BY_SIDE)))
    return total


def main() -> int:
    """Run the soak, print its table, and say with the exit status whether every promise held."""
    words = argparse.ArgumentParser(prog="python -m tests.never_twice.killed", description=__doc__)
    words.add_argument("--rounds", type=int, default=1000)
    words.add_argument("--seed", type=int, default=0)
    given = words.parse_args()
    seed = given.seed or Random().randrange(10**6)
    print(f"seed {seed}, {datetime.now(UTC):%Y-%m-%d}: make soak ROUNDS={given.rounds}")
    began = time.monotonic()
    tables = [asyncio.run(side_by_side(given.rounds, seed))]
    print(f"in {time.monotonic() - began:.0f} s; recovery is from restart to the first look\n")
    print(f"{HEAD}\n|{'---|' * HEAD.count(' | ')}---|")
    for table in tables:
        print(row(table))
    print("\ndied at " + ", ".join(f"{point} {often}" for point, often in sorted(tables[0].died_at.items())))
    for table in tables:
        for fault in table.faults:
            print(f"{table.name}: {fault}", file=sys.stderr)
    return int(any(table.faults for table in tables))


if __name__ == "__main__":
    sys.exit(main())
