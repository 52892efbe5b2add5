"""A world for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from content_queue.store.database import Store
from content_queue.store.schema import upgrade
from tests.bot.watch.world import World


@pytest.fixture(name="world")
def world_fixture(tmp_path: Path) -> Iterator[World]:
    store = Store(tmp_path / "queue.db")
    upgrade(store)
    yield World(store)
    store.close()
