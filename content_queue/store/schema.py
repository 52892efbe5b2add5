"""Bringing a database to this program's tables, each step whole or not at all."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.schema import CreateIndex, CreateTable

from content_queue.store.database import Store, StoreError
from content_queue.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection
    from sqlalchemy.schema import ExecutableDDLElement

NEWEST = "0017"
"""The revision that this program's tables are; a test holds it against the migrations."""
MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(store: Store) -> str | None:
    """Upgrade in place and return the revision it came from, or None if nothing was to be done.

    A database of a newer program raises :class:`StoreError`: it is never touched.
    """
    with store.read() as tx:
        current = revision(tx)
    if current == NEWEST:
        return None
    if current > NEWEST:
        message = (
            f"the database {store.place} was written by a newer release (schema {current}, this one knows"
            f" {NEWEST}); install that release"
        )
        raise StoreError(message)
    with store.write() as tx:
        current = revision(tx)  # another process may have done it while we waited for our turn
        if not current:
            _make(tx)
        elif current != NEWEST:
            _migrate(tx)
    return current


def _make(tx: Connection) -> None:
    """Make an empty database's tables at once; a test holds that the migrations come to the same."""
    for statement in _statements(tx.dialect.name, tx.dialect.driver):
        tx.exec_driver_sql(statement)
    tx.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    tx.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{NEWEST}')")  # noqa: S608  a constant of ours


@cache
def _statements(engine: str, driver: str) -> tuple[str, ...]:
    """Return what makes every table and index on an engine; wording it takes longer than running it."""
    made = [statement for table in metadata.sorted_tables for statement in _of(table)]
    dialect = registry.load(f"{engine}.{driver}")()
    return tuple(str(statement.compile(dialect=dialect)) for statement in made)


def _of(table: sa.Table) -> list[ExecutableDDLElement]:
    return [
        CreateTable(table, if_not_exists=True),
        *(CreateIndex(index, if_not_exists=True) for index in sorted(table.indexes, key=str)),
    ]


def _migrate(tx: Connection) -> None:
    from alembic import command  # 8 MB and 0.2 s, wanted only when there is something to migrate

    command.upgrade(configuration(tx), "head")


def revision(tx: Connection) -> str:
    """Return the schema's revision, or "" for an empty database."""
    if not sa.inspect(tx).has_table("alembic_version"):
        return ""
    row = tx.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row is not None else ""


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for our scripts and an open transaction."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made
