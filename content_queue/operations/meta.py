"""Small things that the queue remembers about itself, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def read(tx: Connection, name: str) -> str:
    """Return what is remembered under a name, or ""."""
    return str(tx.execute(sa.select(t.meta.c.value).where(t.meta.c.name == name)).scalar() or "")


def write(tx: Connection, name: str, value: str) -> None:
    """Remember something under a name, in place of what was there."""
    known = sa.update(t.meta).where(t.meta.c.name == name).values(value=value)
    if tx.execute(known).rowcount == 0:
        tx.execute(sa.insert(t.meta).values(name=name, value=value))
