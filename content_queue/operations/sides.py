"""An item that is meant for one language: a decision of the team, kept by the history like every other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.operations.history import note
from content_queue.operations.rows import reason_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item

ALONE: Final = {
    "fr": Reason("in French only", {"language": "fr"}),
    "en": Reason("in English only", {"language": "en"}),
}
BOTH: Final = Reason("in each language after all")

_LATEST = (
    sa.select(t.history.c.why)
    .where(t.history.c.item == sa.bindparam("item"), t.history.c.what == "one language")
    .order_by(t.history.c.id.desc())
    .limit(1)
)


def only_in(tx: Connection, item: Item) -> str:
    """Return the language that an item was said to be for alone, or ""; words in another one end it."""
    spoken = [version.language for version in item.versions]
    row = tx.execute(_LATEST, {"item": item.id}).first() if len(spoken) == 1 else None
    meant = reason_from(row.why).args.get("language", "") if row else ""
    return meant if meant in spoken else ""


def mark(tx: Connection, now: datetime, who: str, item: Item, *, alone: bool) -> None:
    """Say that an item speaks the one language it has, or that the other is wanted after all.

    Raises ValueError for an item that has words in several languages, or in none of the desk's.
    """
    language = item.versions[0].language if len(item.versions) == 1 else ""
    if language not in ALONE:
        message = f"i{item.id} does not speak one language: look at it again"
        raise ValueError(message)
    why = ALONE[language] if alone else BOTH
    note(tx, now, who, "one language", item=item.id, why=why)
