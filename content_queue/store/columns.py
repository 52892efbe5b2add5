"""What every table is written with: the kinds of its columns, and how its keys and indexes are named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Dialect


class _Text(sqlite.DATETIME):
    """A moment as SQLAlchemy writes it for SQLite, written ten times faster: a poll has dozens of them."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:
        """Return what writes ``2026-02-01 00:00:00.000000``."""
        del dialect
        return lambda moment: moment if moment is None else moment.isoformat(" ", "microseconds")


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware datetime, kept in UTC. A naive one is a mistake and is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """Return how this database keeps it."""
        if dialect.name != "sqlite":
            return dialect.type_descriptor(self.impl_instance)
        return dialect.type_descriptor(_Text())  # type: ignore[no-untyped-call]  # SQLAlchemy's own

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a naive time reached the store: {value!r}"
            raise ValueError(message)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every moment back in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts rowids for INTEGER alone

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def identity() -> sa.Column[int]:
    """Return a table's own number for each row."""
    return sa.Column("id", Number, primary_key=True, autoincrement=True)


def text(name: str, default: str = "") -> sa.Column[str]:
    """Return a column of words, never null."""
    return sa.Column(name, sa.Text, nullable=False, default=default, server_default=default)


def count(name: str, default: int = 0) -> sa.Column[int]:
    """Return a column of whole numbers, never null."""
    return sa.Column(name, sa.Integer, nullable=False, default=default, server_default=str(default))


def flag(name: str) -> sa.Column[bool]:
    """Return a column that says yes or no, no by default."""
    return sa.Column(name, sa.Boolean, nullable=False, default=False, server_default=sa.false())


def at(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    """Return a column of moments."""
    return sa.Column(name, Moment, nullable=nullable)
