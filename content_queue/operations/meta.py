"""Small things that the queue remembers about itself, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


_NAME = sa.bindparam("of", type_=sa.Text)
_READ = sa.select(t.meta.c.value).where(t.meta.c.name == _NAME)
_WRITE = sa.update(t.meta).where(t.meta.c.name == _NAME).values(value=sa.bindparam("text", type_=sa.Text))


def read(tx: Connection, name: str) -> str:
    """Return what is remembered under a name, or ""."""
    return str(tx.execute(_READ, {"of": name}).scalar() or "")


def write(tx: Connection, name: str, value: str) -> None:
    """Remember something under a name, in place of what was there."""
    if tx.execute(_WRITE, {"of": name, "text": value}).rowcount == 0:
        tx.execute(sa.insert(t.meta).values(name=name, value=value))
