"""Until when each channel's consent lasts, as its network told last."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.operations import meta
from content_queue.store import tables as t

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_PREFIX = "consent of "


def keep(tx: Connection, channel: str, until: datetime | None) -> None:
    """Remember what a network told; None is for no end."""
    meta.write(tx, f"{_PREFIX}{channel}", until.isoformat() if until else "")


def told(tx: Connection) -> dict[str, datetime]:
    """Return the ends that were told, by channel."""
    rows = tx.execute(sa.select(t.meta).where(t.meta.c.name.startswith(_PREFIX, autoescape=True)))
    return {row.name.removeprefix(_PREFIX): datetime.fromisoformat(row.value) for row in rows if row.value}
