"""What moderators say to each other about an item. It is never published: no message is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

LONGEST = 2000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Who said what, and when."""

    at: datetime
    who: str
    text: str


def add(tx: Connection, now: datetime, who: str, item: int, text: str) -> None:
    """Keep a remark; raise ValueError for one that says nothing or too much."""
    said = text.strip()
    if not said or len(said) > LONGEST:
        raise ValueError(f"a remark has between 1 and {LONGEST} characters")
    tx.execute(sa.insert(t.remark).values(at=now, who=who, item=item, text=said))


def of_item(tx: Connection, item: int) -> list[Remark]:
    """Return what was said about an item, oldest first; what its author had erased is left out."""
    rows = tx.execute(sa.select(t.remark).where(t.remark.c.item == item).order_by(t.remark.c.id))
    return [Remark(row.at, row.who, row.text) for row in rows if row.text]
