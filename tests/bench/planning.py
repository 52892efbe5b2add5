"""What it takes to plan a day from many candidates."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

from content_queue.operations.planning import choose
from tests.bench.figures import Figure
from tests.bench.lanes import rules
from tests.bench.seed import CHANNELS, filled, make_candidates

CANDIDATES = 20_000
AHEAD = timedelta(days=1)
TIMES = 3


def plan() -> Iterator[Figure]:
    """A channel's next day, ten slots, chosen among 20,000 approved items."""
    with filled() as store:
        make_candidates(store, CHANNELS[0], CANDIDATES)
        took = []
        for _ in range(TIMES):
            now, begun = datetime.now(UTC), time.perf_counter()
            with store.read() as tx:
                chosen = choose(tx, now, rules(CHANNELS[0], "daily 09:00-18:00 every 1h"), now + AHEAD)
            took.append(time.perf_counter() - begun)
    yield Figure(f"plan a day of {len(chosen)} slots from {CANDIDATES:,} candidates", median(took), "s")
