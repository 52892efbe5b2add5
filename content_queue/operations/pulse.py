"""The pulse: a moment written durably every minute, which shows that the database takes what it is given.

It also says how old a copy of the database is, and that the machine's clock has jumped.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from content_queue.operations import meta
from content_queue.store.beside import beside_others

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_PULSE = "pulse"


@beside_others
def beat(tx: Connection, now: datetime) -> None:
    """Write ``now``; that it can be written is the point."""
    meta.write(tx, _PULSE, now.isoformat())


def last(tx: Connection) -> datetime | None:
    """Return when a worker last wrote the pulse, or None if none ever has."""
    value = meta.read(tx, _PULSE)
    return datetime.fromisoformat(value) if value else None
