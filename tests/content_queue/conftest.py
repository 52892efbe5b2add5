"""A real queue on each engine: SQLite in a temporary folder, PostgreSQL in a database of the run's server."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from content_queue.store.database import Store
from content_queue.store.schema import upgrade
from tests.postgresql import Postgres


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name; every test that stands on ``tx`` runs once on each."""
    return str(request.param)


@pytest.fixture(scope="session")
def emptied(postgres: Postgres) -> Iterator[Store]:
    """One database for all whose changes are rolled back."""
    opened = Store(postgres.fresh())
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "queue.db")
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def tx(engine: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """One write transaction for the whole test: what operations see of each other. Rolled back in the end."""
    opened: Store = request.getfixturevalue("store" if engine == "sqlite" else "emptied")
    with suppress(_Over), opened.write() as connection:
        if engine == "postgresql":
            count_anew(connection)
        yield connection
        raise _Over


def count_anew(tx: Connection) -> None:
    """Let ids begin at 1: a sequence is not rolled back with the rows that took its numbers."""
    tx.exec_driver_sql("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")


class _Over(Exception):  # noqa: N818  no error: the end of a test
    """Ends a transaction without keeping it."""
