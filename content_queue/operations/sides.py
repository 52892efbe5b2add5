"""An item that is meant for one language: a decision of the team, kept by the history like every other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from content_queue.item import Reason
from content_queue.operations.history import note
from content_queue.operations.rows import reason_from
from content_queue.store import tables as t

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from content_queue.item import Item

ALONE: Final = {
    "fr": Reason("in French only", {"language": "fr"}),
    "en": Reason("in English only", {"language": "en"}),
}
BOTH: Final = Reason("in each language after all")

_SAID = (
    sa.select(t.history.c.item, t.history.c.why)
    .where(t.history.c.item.in_(sa.bindparam("items", expanding=True)), t.history.c.what == "one language")
    .order_by(t.history.c.id)
)


def only_in(tx: Connection, item: Item) -> str:
    """Return the language that an item was said to be for alone, or ""; words in another one end it."""
    return only_in_each(tx, [item])[item.id]


def only_in_each(tx: Connection, items: Sequence[Item]) -> Mapping[int, str]:
    """Return the same of several, by their number."""
    speak = {item.id: item.versions[0].language for item in items if len(item.versions) == 1}
    last = {row.item: row.why for row in tx.execute(_SAID, {"items": list(speak)})} if speak else {}
    meant = {number: reason_from(why).args.get("language", "") for number, why in last.items()}
    alone = {number for number, language in meant.items() if language == speak[number]}
    return {item.id: speak[item.id] if item.id in alone else "" for item in items}


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
