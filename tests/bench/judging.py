"""What a page of items that wait for judgement costs the server, among few and among many."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from starlette.testclient import TestClient

from bot.desk.web.app import create_app
from content_queue.store.schema import upgrade
from tests.bench.figures import Aim, Figure
from tests.bench.seed import make_pending
from tests.bot.desk.samples import TOKEN, open_queue, parts_of

FEW, MANY = 1_000, 100_000
TIMES = 15
_HOST = "http://desk.test"
_PAGES = {
    "the items that wait, 50 on a page": "/items?state=pending",
    "\u00c0 juger, its first cards": "/pending",
}


def judge() -> Iterator[Figure]:
    """Two pages of the desk, each over 1,000 and over 100,000 items that wait."""
    with _desk(FEW) as few, _desk(MANY) as many:
        for what, path in _PAGES.items():
            small, large = _cpu(few, path), _cpu(many, path)
            peer = f"of {FEW:,}"
            yield Figure(f"{what}, of {MANY:,}: CPU", large, "ms", Aim(1.3, of_ratio=True), peer, small)
            yield Figure(f"{what}, of {MANY:,}: CPU", large, "ms", Aim(100))


@contextmanager
def _desk(waiting: int) -> Iterator[TestClient]:
    with TemporaryDirectory() as home:
        queue = open_queue(Path(home) / "technopolys.db")
        upgrade(queue.store)
        make_pending(queue.store, waiting)
        try:
            with TestClient(create_app(parts_of(queue)), _HOST) as client:
                client.get(f"/?token={TOKEN}")
                yield client
        finally:
            queue.store.close()


def _cpu(client: TestClient, path: str) -> float:
    """Return what the process computes for a page, in milliseconds; the client's own part is in it."""
    client.get(path)
    took = []
    for _ in range(TIMES):
        begun = time.process_time()
        client.get(path).raise_for_status()
        took.append(time.process_time() - begun)
    return 1000 * median(took)
