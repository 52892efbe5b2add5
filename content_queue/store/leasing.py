"""Leases in statements: when one ends, and whether one is over.

On PostgreSQL both go by the database's own clock, the one clock that all workers share. On SQLite no lease is
kept: whoever holds the worker's lock is the only worker, so that whatever another one owned is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from content_queue.store.tables import Moment

LEASE = timedelta(seconds=60)
"""So long a worker that gives no sign of life keeps what it had in hand."""


class lease_end(sa.sql.functions.GenericFunction[datetime]):  # noqa: N801  named as SQL functions are
    """The moment at which a lease ends that is taken or renewed now."""

    type = Moment()
    inherit_cache = True


class lease_over(sa.sql.functions.GenericFunction[bool]):  # noqa: N801  the same
    """Whether a row's lease is over: ``lease_over(owner, lease_until, worker)``, asked by ``worker``."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(lease_end)
def _no_end(_element: lease_end, _compiler: SQLCompiler, **_more: object) -> str:
    return "NULL"


@compiles(lease_end, "postgresql")
def _end(_element: lease_end, _compiler: SQLCompiler, **_more: object) -> str:
    return f"(clock_timestamp() + interval '{LEASE.total_seconds():.0f} seconds')"


@compiles(lease_over)
def _another_owns_it(element: lease_over, compiler: SQLCompiler, **more: object) -> str:
    owner, _until, worker = (compiler.process(part, **more) for part in element.clauses)
    return f"({owner} <> {worker})"


@compiles(lease_over, "postgresql")
def _time_is_over(element: lease_over, compiler: SQLCompiler, **more: object) -> str:
    until = compiler.process(list(element.clauses)[1], **more)
    return f"({until} IS NULL OR {until} <= clock_timestamp())"
