"""Which operations may be written beside each other where several workers share a database.

On SQLite every write transaction has the database alone. On PostgreSQL so has every operation that is not
marked here: nobody else writes meanwhile, so that a stop, a withdrawal or an edit is over before the next
intent asks for it. Publishing is marked: it stands on fences, leases and row locks instead, and several
workers do it at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

Operation = TypeVar("Operation", bound=Callable[..., Any])
_MARK = "beside_others"
_TRY = sa.select(sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("what"), 0)))


def beside_others(operation: Operation) -> Operation:
    """Mark an operation that is right though others write at the same time."""
    operation.__dict__[_MARK] = True
    return operation


def is_beside_others(operation: Callable[..., Any]) -> bool:
    """Say whether an operation is marked."""
    return _MARK in getattr(operation, "__dict__", {})


def mine(tx: Connection, what: str) -> bool:
    """Have ``what`` alone until this transaction is over; say no at once where somebody else has it.

    A write transaction on SQLite has everything alone.
    """
    return tx.dialect.name == "sqlite" or bool(tx.execute(_TRY, {"what": what}).scalar())
