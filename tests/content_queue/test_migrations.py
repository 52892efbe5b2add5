"""Migrations: from nothing to this program's tables, whole or not at all, and never backwards."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from content_queue.store.database import Store, StoreError
from content_queue.store.schema import NEWEST, configuration, revision, upgrade
from content_queue.store.tables import metadata
from tests.content_queue.builders import NOW, published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "empty").mkdir()
    opened = Store(tmp_path / "empty" / "queue.db")
    yield opened
    opened.close()


def schema(tx: Connection) -> dict[str, str]:
    rows = tx.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows if name != "alembic_version"}


def test_an_empty_database_gets_every_table(empty: Store) -> None:
    assert upgrade(empty) == ""
    with empty.write() as tx:
        assert revision(tx) == NEWEST
        assert set(sa.inspect(tx).get_table_names()) == {*metadata.tables, "alembic_version"}
        published(tx)


def test_the_migrations_end_at_the_revision_that_the_program_knows(empty: Store) -> None:
    with empty.write() as tx:
        assert ScriptDirectory.from_config(configuration(tx)).get_current_head() == NEWEST


def test_the_migrations_come_to_the_same_tables_as_making_them_at_once(empty: Store, store: Store) -> None:
    with empty.write() as tx:
        command.upgrade(configuration(tx), "head")
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
        migrated = schema(tx)
    with store.read() as tx:
        made = schema(tx)
    assert set(migrated) == set(made)
    indexes = set(made) - set(metadata.tables)
    assert {name: migrated[name] for name in indexes} == {name: made[name] for name in indexes}


def test_a_migrated_database_works(empty: Store) -> None:
    with empty.write() as tx:
        command.upgrade(configuration(tx), "head")
        published(tx)
    assert upgrade(empty) is None


EARLIER = [f"{number:04}" for number in range(1, int(NEWEST))]
A_FEW = (EARLIER[0], EARLIER[len(EARLIER) // 2], EARLIER[-1])
"""The longest way to today's tables, one half as long and the last step alone; the soak goes every way."""
Rows = dict[str, list[dict[str, object]]]


def made_by(release: str, store: Store) -> Rows:
    """Make a database as the release with this schema left it, a row in each table; return its rows."""
    with store.write() as tx:
        command.upgrade(configuration(tx), release)
        then = sa.MetaData()
        then.reflect(tx)
        for table in then.sorted_tables:
            if table.name != "alembic_version":
                tx.execute(sa.insert(table).values({column.name: _some(column) for column in table.columns}))
    return rows_of(store)


def _some(column: sa.Column[object]) -> object:
    """Something that fits a column: each row is the first of its table, so what it refers to is 1."""
    kinds: dict[type, object] = {
        datetime: NOW.replace(tzinfo=None),
        date: NOW.date(),
        bool: True,
        int: 1,
        dict: {"text": "words", "args": {}},
        bytes: b"bytes",
    }
    if column.foreign_keys or (column.primary_key and column.type.python_type is int):
        return 1 if column.type.python_type is int else "words"
    return kinds.get(column.type.python_type, "words")


def rows_of(store: Store) -> Rows:
    """Every row of every table, as the database has it now."""
    with store.read() as tx:
        now = sa.MetaData()
        now.reflect(tx)
        return {
            table.name: [dict(row) for row in tx.execute(sa.select(table)).mappings()]
            for table in now.sorted_tables
            if table.name != "alembic_version"
        }


def kept(before: Rows, after: Rows) -> list[str]:
    """Name what of the earlier rows is not there any more."""
    return [
        f"{table}.{name}"
        for table, rows in before.items()
        for name, value in rows[0].items()
        if not after.get(table) or after[table][0].get(name, value) != value
    ]


@pytest.mark.parametrize("release", EARLIER)
def test_a_database_of_each_earlier_release_is_upgraded_in_place_and_keeps_its_rows(
    empty: Store, release: str
) -> None:
    before = made_by(release, empty)
    assert all(len(rows) == 1 for rows in before.values())
    assert upgrade(empty) == release
    with empty.read() as tx:
        assert revision(tx) == NEWEST
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
    assert kept(before, rows_of(empty)) == []


@pytest.mark.parametrize(
    "release",
    [release if release in A_FEW else pytest.param(release, marks=pytest.mark.slow) for release in EARLIER],
)
def test_a_kill_in_the_middle_of_an_upgrade_leaves_the_database_as_it_was(empty: Store, release: str) -> None:
    before = made_by(release, empty)
    arguments = [sys.executable, "-c", KILLED, str(empty.path), "1", "make"]
    killed = subprocess.run(arguments, cwd=ROOT, check=False, timeout=60, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert rows_of(empty) == before
    assert upgrade(empty) == release
    assert kept(before, rows_of(empty)) == []


def test_a_newer_database_is_refused_and_left_alone(store: Store) -> None:
    with store.write() as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"was written by a newer release \(schema 9999, this one knows"):
        upgrade(store)
    with store.read() as tx:
        assert revision(tx) == "9999"


KILLED = """
import os, signal, sys
from pathlib import Path
import sqlalchemy as sa
from content_queue.store.database import Store
from content_queue.store.schema import configuration, upgrade

store, left = Store(Path(sys.argv[1])), int(sys.argv[2])

@sa.event.listens_for(sa.Engine, "before_cursor_execute")
def count(connection, cursor, statement, parameters, context, many):
    global left
    if statement.lstrip().startswith(("ALTER", "CREATE", "DROP", "INSERT", "UPDATE")):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[3] == "migrate":
    from alembic import command
    with store.write() as tx:
        command.upgrade(configuration(tx), "head")
else:
    upgrade(store)
"""


@pytest.mark.parametrize("way", ["make", "migrate"])
@pytest.mark.parametrize("statement", [0, 7, 20])
def test_a_kill_in_the_middle_of_a_migration_harms_nothing(empty: Store, way: str, statement: int) -> None:
    arguments = [sys.executable, "-c", KILLED, str(empty.path), str(statement), way]
    killed = subprocess.run(arguments, cwd=ROOT, check=False, timeout=60, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with empty.read() as tx:
        assert sa.inspect(tx).get_table_names() == []
    assert upgrade(empty) == ""
    with empty.write() as tx:
        assert tx.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        published(tx)


def test_two_processes_that_start_at_once_upgrade_once(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom content_queue.store.database import Store\n"
        "from content_queue.store.schema import upgrade\nupgrade(Store(Path(sys.argv[1])))\n"
    )
    path = tmp_path / "queue.db"
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate(timeout=60)[1] for process in both] == ["", ""]
    opened = Store(path)
    assert upgrade(opened) is None
    opened.close()
