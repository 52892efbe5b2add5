"""Which database this is: its epoch, compared with what the file beside it knows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from content_queue.operations import meta, restored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

_EPOCH, _BEFORE, _BORN = "epoch", "epoch before", "born"


def begin(tx: Connection, now: datetime, filed: str, fresh: str, channels: Sequence[str] = ()) -> list[str]:
    """Take ``fresh`` for this database's epoch; ``filed`` is what the file beside it knows.

    Where the file knows neither this epoch nor the one before, the database is older than we left it:
    every channel is held, and these are returned.
    """
    known, before = meta.read(tx, _EPOCH), meta.read(tx, _BEFORE)
    older = filed not in (known, before)
    held = restored.hold(tx, now, channels) if older else []
    if not known:
        meta.write(tx, _BORN, now.isoformat())
    advance(tx, fresh)
    return held


def advance(tx: Connection, fresh: str) -> None:
    """Give the database its next epoch; the file beside it is to be written once this is durable."""
    meta.write(tx, _BEFORE, meta.read(tx, _EPOCH))
    meta.write(tx, _EPOCH, fresh)


def born(tx: Connection) -> datetime | None:
    """Return since when this database has an epoch; what accounts posted before is not our concern."""
    value = meta.read(tx, _BORN)
    return datetime.fromisoformat(value) if value else None
