"""What the API said under a key that a client may repeat: the same question, the same answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from content_queue.store import tables as t

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the digest of what was asked."""

    request: str
    status: int
    body: str


def find(tx: Connection, token: int, key: str) -> Answer | None:
    """Return what was answered under a token's key, or None."""
    mine = (t.answer.c.token == token) & (t.answer.c.key == key)
    row = tx.execute(sa.select(t.answer).where(mine)).first()
    return None if row is None else Answer(row.request, row.status, row.body)


def keep(tx: Connection, now: datetime, token: int, key: str, answer: Answer) -> None:
    """Keep an answer, in the transaction of what it tells of."""
    tx.execute(sa.insert(t.answer).values(token=token, key=key, at=now, **asdict(answer)))
