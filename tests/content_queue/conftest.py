"""A real SQLite queue in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from content_queue.store.database import Store
from content_queue.store.schema import upgrade


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "queue.db")
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def tx(store: Store) -> Iterator[Connection]:
    """One write transaction for the whole test: what operations see of each other."""
    with store.write() as connection:
        yield connection
